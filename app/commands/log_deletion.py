"""`flywheel logs imports` and `flywheel logs delete`: what came in, and taking records out for good."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import (
    ActorOption,
    ClientOption,
    DataOption,
    JsonOption,
    WorkloadOption,
    actor_name,
    installed_at,
    settings_for,
)
from app.commands.terminal import Meter, moment, say, say_json, say_table

if TYPE_CHECKING:
    from app.installation import Installation
    from core.logs import Deletion, DeletionView

IMPORTS_HEAD = ("import", "from", "began", "stored", "known already", "rejected", "still there")

BeforeOption = Annotated[
    str | None, typer.Option("--before", metavar="T", help="Records from before this day or instant, UTC.")
]
OlderOption = Annotated[
    int | None, typer.Option("--older-than", metavar="DAYS", min=1, help="Records of more than this many days ago.")
]
ImportOption = Annotated[
    str | None, typer.Option("--import", metavar="N", help="What this import stored; `logs imports` lists them.")
]
IdOption = Annotated[list[str] | None, typer.Option("--id", metavar="ID", help="This record; may be repeated.")]
LimitOption = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many at most.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Delete; without it, only tell how many records it would be.")]


def list_imports(*, limit: LimitOption = 50, data: DataOption = None, json: JsonOption = False) -> None:
    """List imports, newest first, with what they stored and how much of it is still there."""
    from contextlib import closing

    from core.logs import open_log_store

    with closing(open_log_store(settings_for(data))) as store:
        found = store.imports(limit=limit)
    if json:
        say_json({"imports": found})
        return
    rows = [
        (
            one.id,
            one.source or "-",
            moment(datetime.fromtimestamp(one.started_ms / 1000, UTC)),
            *(f"{number:,}" for number in (one.stored, one.duplicate, one.rejected, one.records)),
        )
        for one in found
    ]
    if rows:
        say_table(IMPORTS_HEAD, rows)
    else:
        say("Nothing has been imported yet: flywheel logs import FILE...")


def delete_logs(  # noqa: PLR0913  # one argument an option
    *,
    workload: WorkloadOption = None,
    client: ClientOption = None,
    before: BeforeOption = None,
    older_than: OlderOption = None,
    import_id: ImportOption = None,
    ids: IdOption = None,
    yes: YesOption = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Delete records to which all conditions apply; without --yes, tell how many that would be and delete nothing."""
    from core.database import utc_now
    from core.logs import Deletion, find_workloads

    deletion = Deletion(
        client_id=client,
        workload_id=workload,
        before=_read_moment(before, older_than, utc_now()),
        import_id=import_id,
        ids=None if ids is None else tuple(ids),
    )
    with installed_at(data) as installation:
        find_workloads(installation.logs, workload, client)
        if yes:
            _tell_done(_delete(installation, deletion, actor_name(actor)), json=json)
        else:
            _tell_expected(installation.logs.count_deletable(deletion), deletion, json=json)


def _delete(installation: "Installation", deletion: "Deletion", actor: str) -> "DeletionView":
    from core.database import utc_now
    from core.logs import delete_records

    with Meter("deleting") as meter:
        for view in delete_records(  # the last one is returned
            installation.database, installation.logs, deletion, requested_by=actor, clock=utc_now
        ):
            meter.show(view.deleted, max(view.expected, 1), f"{view.deleted:,} of {view.expected:,} records")
    return view


def _tell_expected(records: int, deletion: "Deletion", *, json: bool) -> None:
    if json:
        say_json({"would_delete": records, "deleted": 0, "what": str(deletion)})
    else:
        say(f"{records:,} {deletion} would be deleted. Nothing was; say --yes to delete them for good.")


def _tell_done(view: "DeletionView", *, json: bool) -> None:
    if json:
        say_json({"would_delete": view.expected, "deleted": view.deleted, "what": str(view.deletion), "id": view.id})
    else:
        say(f"{view.deleted:,} {view.deletion} deleted.")


def _read_moment(before: str | None, older_than: int | None, now: datetime) -> datetime | None:
    from core.errors import InputError
    from core.logs import timestamp_ms

    if before is not None and older_than is not None:
        raise InputError("--before and --older-than say the same; give one", field="--before")
    if older_than is not None:
        try:
            return now - timedelta(days=older_than)
        except OverflowError:
            raise InputError(f"{older_than} days ago there was no record", field="--older-than") from None
    if before is None:
        return None
    try:
        return datetime.fromtimestamp(timestamp_ms(before) / 1000, UTC)
    except ValueError as error:
        raise InputError(f"{error}; use a day such as 2026-11-25, or an instant", field="--before") from None
