"""`flywheel schedules`: what launches runs by itself."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import ActorOption, DataOption, JsonOption, actor_name, installed_at, split_list
from app.commands.terminal import moment, say, say_json, say_table

if TYPE_CHECKING:
    from core.runs import Schedule, Timing

HEAD = ("id", "name", "fires", "workload", "state", "next (UTC)", "last run", "problem")

app = typer.Typer(help="Schedules: launch runs by calendar, interval or new records.", no_args_is_help=True)

ScheduleArgument = Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's id.")]


@app.command("list")
def list_all(*, data: DataOption = None, json: JsonOption = False) -> None:
    """List the schedules with their next firings."""
    from core.runs import list_schedules

    with installed_at(data) as parts, parts.database.read() as session:
        found = list_schedules(session)
    if json:
        say_json({"schedules": found})
    elif not found:
        say("There is no schedule.")
    else:
        say_table(HEAD, [_cells(schedule) for schedule in found])


@app.command("add")
def add(  # noqa: PLR0913  # one option each
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    *,
    workload: Annotated[str, typer.Option(metavar="W", help="The workload to try students on.")],
    client: Annotated[str | None, typer.Option(metavar="C", help="The client whose traffic to use.")] = None,
    students: Annotated[str | None, typer.Option(metavar="A,B", help="Students; without it, all configured.")] = None,
    variants: Annotated[str | None, typer.Option(metavar="V,V", help="base, icl, customized; without it, all.")] = None,
    cron: Annotated[str | None, typer.Option(metavar="TEXT", help="Five fields, or a word such as @daily.")] = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of --cron.")] = "UTC",
    every_hours: Annotated[float | None, typer.Option(metavar="N", help="Hours after the last firing.")] = None,
    every_records: Annotated[int | None, typer.Option(metavar="N", help="When so many new records arrived.")] = None,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Add a schedule; one of --cron, --every-hours and --every-records says when."""
    from core.database import utc_now
    from core.runs import LaunchRequest, add_schedule

    timing = _read_timing(cron, timezone, every_hours, every_records)
    request = LaunchRequest(
        workload_id=workload,
        client_id=client,
        students=split_list(students),
        variants=split_list(variants),
        requested_by=actor_name(actor),
    )
    with installed_at(data) as parts:
        schedule_id = add_schedule(
            parts.database, name, timing, request, settings=parts.settings, logs=parts.logs, now=utc_now()
        )
    _tell(schedule_id, "is on", json=json)


@app.command("pause")
def pause(schedule: ScheduleArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a schedule launch nothing until it is resumed."""
    from core.runs import pause_schedule

    with installed_at(data) as parts:
        pause_schedule(parts.database, schedule)
    _tell(schedule, "is paused", json=json)


@app.command("resume")
def resume(schedule: ScheduleArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Let a schedule launch runs again from now on."""
    from core.database import utc_now
    from core.runs import resume_schedule

    with installed_at(data) as parts:
        resume_schedule(parts.database, schedule, logs=parts.logs, now=utc_now())
    _tell(schedule, "is on again", json=json)


@app.command("run-now")
def run_now(
    schedule: ScheduleArgument, *, actor: ActorOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Launch a schedule's run at once and print its id."""
    from core.database import utc_now
    from core.runs import run_schedule_now

    with installed_at(data) as parts:
        run_id = run_schedule_now(
            parts.database, schedule, actor=actor_name(actor), settings=parts.settings, logs=parts.logs, now=utc_now()
        )
    if json:
        say_json({"id": schedule, "run": run_id})
    else:
        say(run_id)


@app.command("delete")
def delete(schedule: ScheduleArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Remove a schedule; the runs it launched stay."""
    from core.runs import delete_schedule

    with installed_at(data) as parts:
        delete_schedule(parts.database, schedule)
    _tell(schedule, "is deleted", json=json)


def _read_timing(cron: str | None, timezone: str, every_hours: float | None, every_records: int | None) -> "Timing":
    from core.errors import InputError
    from core.runs import Timing, TimingKind

    given = [value for value in (cron, every_hours, every_records) if value is not None]
    if len(given) != 1:
        raise InputError("say when it fires by one of --cron, --every-hours and --every-records", field="cron")
    if cron is not None:
        return Timing(kind=TimingKind.CRON, cron=cron, timezone=timezone)
    if every_hours is not None:
        return Timing(kind=TimingKind.INTERVAL, interval_s=round(every_hours * 3600))
    return Timing(kind=TimingKind.RECORDS, every_records=every_records)


def _cells(schedule: "Schedule") -> tuple[str, ...]:
    from core.runs import describe_timing

    return (
        schedule.id,
        schedule.name,
        describe_timing(schedule.timing),
        schedule.request.workload_id,
        "on" if schedule.is_enabled else "paused",
        moment(schedule.fires[0]) if schedule.fires else "",
        schedule.last_run_id or "",
        schedule.last_error or "",
    )


def _tell(schedule_id: str, what: str, *, json: bool) -> None:
    if json:
        say_json({"id": schedule_id})
    else:
        say(f"{schedule_id} {what}")
