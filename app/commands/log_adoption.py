"""`flywheel logs adopt`: an index of the blueprint copied into months of our own, once or for as long as it grows."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import Meter, note, say, say_json
from app.failures import EXIT_WRONG_INPUT

if TYPE_CHECKING:
    from core.logs import IngestReport
    from core.settings import ElasticsearchSettings, Settings

FOLLOW_S = 5.0
LINES_SHOWN = 20


def adopt_index(
    index: Annotated[
        str | None, typer.Argument(metavar="INDEX", help="The blueprint's index; else that of the settings.")
    ] = None,
    *,
    into: Annotated[str | None, typer.Option(metavar="PREFIX", help="What the names of the months begin with.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is still written to it.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Copy an index of the blueprint into months that can be searched; calling it again goes on where it stopped."""
    from core.logs.elasticsearch import COPIES

    chosen = _check_store(settings_for(data))
    source = index or chosen.index
    target = into or (COPIES if source == chosen.index else chosen.index)
    totals: dict[str, Any] = {"index": source, "into": target, "stored": 0, "duplicate": 0, "rejected": 0, "lines": []}
    with suppress(KeyboardInterrupt):
        for report in _copies(chosen, source, target, is_followed=follow):
            _add(totals, report)
            if follow and not json and (report.stored or report.rejected):
                say(f"{report.stored:,} stored, {report.duplicate:,} already there, {len(report.rejected):,} rejected")
    if json:
        say_json(totals)
    else:
        _tell(totals, chosen)
    if totals["rejected"]:
        raise typer.Exit(EXIT_WRONG_INPUT)


def _copies(
    chosen: "ElasticsearchSettings", source: str, target: str, *, is_followed: bool
) -> Iterator["IngestReport"]:
    """Yield what became of each copy; there is one, or one every few seconds until Ctrl-C."""
    from core.errors import InputError, NotFoundError
    from core.logs import IngestReport
    from core.logs.elasticsearch import ElasticsearchLogStore, adopt, connect, is_blueprint_index

    if source == target:
        raise InputError(f"{source} cannot be copied into itself; name another prefix", field="--into")
    server = connect(chosen)
    with closing(ElasticsearchLogStore(server, prefix=target, replicas=chosen.replicas)) as store:
        if not is_blueprint_index(server, source):
            raise NotFoundError(f"there is no index {source!r} at {chosen.url}", field="INDEX")
        if is_followed:
            note(f"following the index {source}; Ctrl-C stops it")
        while True:
            report = IngestReport(stored=0, duplicate=0, rejected=())
            with Meter(source) as meter:
                for progress in adopt(server, index=source, store=store, prefix=target):
                    meter.show(progress.done, progress.total, f"{progress.done:,} of {progress.total:,} records")
                    report = progress.report
            yield report
            if not is_followed:
                return
            time.sleep(FOLLOW_S)


def _check_store(settings: "Settings") -> "ElasticsearchSettings":
    from core.errors import InputError

    if settings.logs.store != "elasticsearch":
        raise InputError(
            'the log store is SQLite; set logs.store = "elasticsearch" and logs.elasticsearch.url', field="logs.store"
        )
    return settings.logs.elasticsearch


def _add(totals: dict[str, Any], report: "IngestReport") -> None:
    totals["stored"] += report.stored
    totals["duplicate"] += report.duplicate
    totals["rejected"] += len(report.rejected)
    totals["lines"] += [{"line": one.line, "reason": one.reason} for one in report.rejected]


def _tell(totals: dict[str, Any], chosen: "ElasticsearchSettings") -> None:
    for line in totals["lines"][:LINES_SHOWN]:
        note(f"{totals['index']}, document {line['line']}: {line['reason']}")
    if len(totals["lines"]) > LINES_SHOWN:
        note(f"and {len(totals['lines']) - LINES_SHOWN:,} more")
    say(f"{totals['stored']:,} stored, {totals['duplicate']:,} already there, {totals['rejected']:,} rejected")
    if chosen.index != totals["into"]:
        say(f'Set logs.elasticsearch.index = "{totals["into"]}" to read the copy.')
