"""Building a run's datasets again from its manifest, and holding the result against what was recorded.

Everything that decides is in the manifest or stored under an address it names: options, seed, the frozen evaluation
set, gold and vetoes. What is not, is the log: records added or deleted since make a difference, and it is shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlmodel import Session

from core.artifacts import open_artifact
from core.datasets.build import BuiltDatasets, build_datasets
from core.datasets.corrections import open_corrections
from core.datasets.errors import DatasetError
from core.datasets.example_selection import ExampleSelection
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections
from core.datasets.icl import BuiltIcl, IclOptions, build_icl
from core.datasets.manifest import read_options
from core.datasets.options import WorkloadType
from core.datasets.progress import OnProgress
from core.datasets.selection import selection_filter
from core.datasets.similarity import NgramSimilarity, Similarity
from core.logs import LogStore
from core.scoring import AnswerFormat

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One fact of a manifest that came out otherwise; `path` names it with dots, None means it was not there."""

    path: str
    recorded: object
    rebuilt: object


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """Datasets built again, and every fact in which they differ from the manifest: none when they are identical."""

    built: BuiltDatasets
    differences: tuple[Difference, ...]

    @property
    def is_identical(self) -> bool:
        """Tell whether files and all other facts are the recorded ones."""
        return not self.differences


def rebuild_and_verify(
    session: Session, logs: LogStore, manifest: Manifest, *, on_progress: OnProgress | None = None
) -> Rebuilt:
    """Build the datasets of a manifest again and compare. Stores nothing.

    Raises `DatasetError` for a manifest that cannot be read or records that do not suffice any more, and
    `NotFoundError` when the evaluation set, gold or vetoes of that time are gone.
    """
    options = read_options(manifest)
    built = build_datasets(
        logs.stream(selection_filter(options)),
        options,
        name_suffix=manifest["name_suffix"],
        evaluation_set=_open_frozen(session, manifest),
        corrections=_open_corrections(session, manifest),
        on_progress=on_progress,
    )
    return Rebuilt(built=built, differences=tuple(find_differences(manifest, built.manifest)))


def rebuild_icl(built: BuiltDatasets, section: Manifest, *, similarity: Similarity | None = None) -> BuiltIcl:
    """Build the in-context datasets of a manifest's section again, on datasets that were rebuilt.

    Raises `DatasetError` when they were chosen by embeddings and `similarity` does not give the same ones.
    """
    chosen = similarity or NgramSimilarity()
    if section["similarity"] not in (None, chosen.name):
        raise DatasetError(
            f"The examples were chosen by {section['similarity']}, and {chosen.name} would choose others; configure "
            "that endpoint to build them again.",
            field="icl.similarity",
        )
    values = {**section["options"], "selection": ExampleSelection(section["options"]["selection"])}
    lengths = {student: entry["context_length"] for entry in section["datasets"] for student in entry["students"]}
    selection = cast("Manifest", built.manifest["selection"])
    return build_icl(
        built,
        lengths,
        IclOptions(**values),
        workload_id=selection["workload_id"],
        name_suffix=str(built.manifest["name_suffix"]),
        similarity=chosen,
    )


def find_differences(recorded: object, rebuilt: object, *, path: str = "") -> Iterator[Difference]:
    """Yield every value that is not the same in two manifests, in the order of the recorded one."""
    if isinstance(recorded, Mapping) and isinstance(rebuilt, Mapping):
        for key in (*recorded, *(key for key in rebuilt if key not in recorded)):
            inner = f"{path}.{key}" if path else str(key)
            yield from find_differences(recorded.get(key), rebuilt.get(key), path=inner)
    elif isinstance(recorded, list) and isinstance(rebuilt, list) and len(recorded) == len(rebuilt):
        for place, (one, other) in enumerate(zip(recorded, rebuilt, strict=True)):
            yield from find_differences(one, other, path=f"{path}[{place}]")
    elif recorded != rebuilt:
        yield Difference(path=path, recorded=recorded, rebuilt=rebuilt)


def _open_frozen(session: Session, manifest: Manifest) -> FrozenEvaluationSet | None:
    version = manifest["evaluation_set_version"]
    if version is None:
        return None
    return FrozenEvaluationSet(
        version=version,
        content=open_artifact(session, manifest["evaluation_set"]),
        answer_format=AnswerFormat.from_dict(manifest["answer_format"]),
        workload_type=WorkloadType(manifest["workload_type"]),
    )


def _open_corrections(session: Session, manifest: Manifest) -> Corrections:
    gold, vetoes = manifest["gold"]["version"], manifest["vetoes"]["version"]
    if (gold, vetoes) == (NO_CORRECTIONS.gold_version, NO_CORRECTIONS.veto_version):
        return NO_CORRECTIONS
    return open_corrections(session, gold_version=gold, veto_version=vetoes)
