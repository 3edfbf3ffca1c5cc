"""`flywheel runs datasets`: what a run's datasets were built from, and building them again to hold against it."""

import json as json_text
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import DataOption, JsonOption, RunArgument, installed_at
from app.commands.terminal import Meter, note, say, say_json, say_table
from app.failures import EXIT_FAILED

if TYPE_CHECKING:
    from app.installation import Installation
    from core.datasets import DatasetFile, Difference

FILES_HEAD = ("dataset", "file", "records", "bytes", "SHA-256")


def show_datasets(
    run_id: RunArgument,
    *,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the datasets again from the log.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="With --rebuild: exit with 1 unless they are identical.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="With --rebuild: write the files into this folder.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a run's datasets, or build them again from its manifest and say whether they are the same."""
    from core.runs import get_manifest

    with installed_at(data) as parts:
        with parts.database.read() as session:
            manifest: dict[str, Any] = json_text.loads(get_manifest(session, run_id))
        if not (rebuild or verify or to):
            _show(manifest, json=json)
            return
        files, differences = _rebuild(parts, manifest)
        if to is not None:
            _write(files, to)
    _tell(run_id, files, differences, json=json)
    if verify and differences:
        raise typer.Exit(EXIT_FAILED)


def _show(manifest: Mapping[str, Any], *, json: bool) -> None:
    if json:
        say_json(manifest)
        return
    counts = manifest["datasets"]["counts"]
    say(f"{counts['total']:,} records selected, {counts['selected']:,} used")
    if chosen := manifest.get("evaluation_set"):
        say(f"evaluation set v{chosen['version']} ({chosen['sha256'][:12]})")
    for warning in manifest["datasets"]["warnings"]:
        say(f"warning: {warning['message']}")
    entries = [
        *manifest["datasets"]["files"],
        *(each["file"] for each in (manifest.get("icl") or {}).get("datasets", ())),
    ]
    say_table(FILES_HEAD, [_cells(entry) for entry in entries])


def _rebuild(
    parts: "Installation", manifest: Mapping[str, Any]
) -> tuple[list["DatasetFile"], tuple["Difference", ...]]:
    from core.datasets import rebuild_and_verify, rebuild_icl
    from core.datasets.verification import find_differences
    from core.runs import open_similarity

    with Meter("building the datasets") as meter, parts.database.read() as session:
        rebuilt = rebuild_and_verify(
            session,
            parts.logs,
            manifest["datasets"],
            on_progress=lambda progress: meter.show(progress.done, progress.total or progress.done, progress.stage),
        )
    built, differences = rebuilt.built, rebuilt.differences
    files = [built.evaluation, built.training, built.validation]
    if section := manifest.get("icl"):
        with open_similarity(parts.settings) as similarity:
            icl = rebuild_icl(built, section, similarity=similarity)
        files += [dataset.file for dataset in icl.datasets]
        again = [dataset.to_dict() for dataset in icl.datasets]
        differences += tuple(find_differences(section["datasets"], again, path="icl.datasets"))
    return files, differences


def _write(files: list["DatasetFile"], folder: Path) -> None:
    for file in files:
        path = folder / file.dataset / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        note(f"wrote {path}")


def _tell(run_id: str, files: list["DatasetFile"], differences: tuple["Difference", ...], *, json: bool) -> None:
    from core.datasets.manifest import describe_file

    entries = [describe_file(file) for file in files]
    if json:
        say_json({"run": run_id, "is_identical": not differences, "differences": differences, "files": entries})
        return
    say_table(FILES_HEAD, [_cells(entry) for entry in entries])
    if not differences:
        say("identical to what the run used")
        return
    say(f"{len(differences)} facts differ from the manifest; records may have been added or removed since:")
    for difference in differences:
        say(f"  {difference.path}: was {difference.recorded!r}, is now {difference.rebuilt!r}")


def _cells(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (entry["dataset"], entry["path"], f"{entry['records']:,}", f"{entry['size_bytes']:,}", entry["sha256"][:12])
