"""`flywheel runs`: start a run, watch it, stop it, try it again, remove it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import (
    LARGEST_NUMBER,
    ActorOption,
    DataOption,
    JsonOption,
    RunArgument,
    WorkloadOption,
    actor_name,
    installed_at,
    split_list,
)
from app.commands.plan_text import say_plan
from app.commands.run_datasets import show_datasets
from app.commands.run_text import say_run, say_runs
from app.commands.terminal import Meter, note, say, say_json
from app.commands.waiting import follow_run

if TYPE_CHECKING:
    from app.installation import Installation
    from core.runs import LaunchRequest, RunStatus

app = typer.Typer(help="Runs: measure what students can do on a workload.", no_args_is_help=True)
app.command("datasets")(show_datasets)


@app.command("start")
def start_run(  # noqa: PLR0913  # one option each, as the design lists them
    *,
    workload: Annotated[str, typer.Option(metavar="W", help="The workload to try students on.")],
    client: Annotated[str | None, typer.Option(metavar="C", help="The client whose traffic to use.")] = None,
    students: Annotated[str | None, typer.Option(metavar="A,B", help="Students; without it, all configured.")] = None,
    variants: Annotated[str | None, typer.Option(metavar="V,V", help="base, icl, customized; without it, all.")] = None,
    eval_size: Annotated[
        int | None, typer.Option(metavar="N", max=LARGEST_NUMBER, help="Records of the evaluation set.")
    ] = None,
    evaluation_set: Annotated[
        str | None, typer.Option(metavar="V", help="A frozen evaluation set (v3), or new; without it, the newest.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(metavar="T", help="Only records from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(metavar="T", help="Only records before then (UTC).")] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", max=LARGEST_NUMBER, help="At most so many records, drawn at random.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", max=LARGEST_NUMBER, help="Seed of the split.")] = None,
    priority: Annotated[
        int, typer.Option(metavar="N", min=-100, max=100, help="A higher one is served first; 0 is usual.")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, start nothing.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the run ends; exit with 1 unless it completed.")
    ] = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Start a run. Settings, logs and services are checked first; nothing is stored when one of them refuses."""
    from core.runs import LaunchRequest

    request = LaunchRequest(
        workload_id=workload,
        client_id=client,
        students=split_list(students),
        variants=split_list(variants),
        evaluation_size=eval_size,
        evaluation_set=evaluation_set,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        limit=limit,
        seed=seed,
        priority=priority,
        requested_by=actor_name(actor),
    )
    with installed_at(data) as parts:
        if dry_run:
            _say_plan(parts, request, json=json)
            return
        run_id = _launch(parts, request)
        if wait:
            _wait(parts, run_id, json=json)
        elif json:
            say_json({"id": run_id, "status": "pending"})
        else:
            say(run_id)
            note(f"queued; `flywheel runs show {run_id}` tells how it goes")


@app.command("list")
def list_all_runs(
    *,
    workload: WorkloadOption = None,
    status: Annotated[str | None, typer.Option(metavar="S,S", help="Only runs with one of these statuses.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    from core.runs import list_runs

    statuses = _read_statuses(split_list(status))
    with installed_at(data) as parts, parts.database.read() as session:
        found = list_runs(session, workload_id=workload, statuses=statuses, limit=limit)
    if json:
        say_json({"runs": found})
    else:
        say_runs(found)


@app.command("show")
def show_run(run_id: RunArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Show one run: where it stands and what each candidate scored."""
    with installed_at(data) as parts:
        _show(parts, run_id, json=json)


@app.command("cancel")
def cancel(
    run_id: RunArgument,
    *,
    reason: Annotated[str, typer.Option(metavar="R", help="Why; kept with the run.")] = "",
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a run to stop; its worker cleans up what it created."""
    from core.database import utc_now
    from core.runs import RunStatus, cancel_run

    with installed_at(data) as parts:
        status = cancel_run(parts.database, run_id, actor=actor_name(actor), now=utc_now(), reason=reason)
    is_done = status is RunStatus.CANCELLED
    _tell(
        run_id, "cancelled" if is_done else "is being cancelled", status=status if is_done else "cancelling", json=json
    )


@app.command("retry")
def retry(
    run_id: RunArgument,
    *,
    student: Annotated[
        str | None, typer.Option(metavar="S", help="Run this student again from its deployment, whatever it did.")
    ] = None,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Queue a failed or cancelled run again; what was completed is kept."""
    from core.database import utc_now
    from core.promotion import has_decisions
    from core.runs import rerun_student, retry_run

    who = actor_name(actor)
    with installed_at(data) as parts:
        if student is None:
            retry_run(parts.database, run_id, actor=who, now=utc_now())
        else:
            rerun_student(parts.database, run_id, student, actor=who, has_decisions=has_decisions, now=utc_now())
    _tell(run_id, "is queued again", status="pending", json=json)


@app.command("delete")
def delete(
    run_id: RunArgument, *, actor: ActorOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Remove a finished run with its datasets and models; a decided run keeps its evidence."""
    from core.database import utc_now
    from core.runs import delete_run

    with installed_at(data) as parts:
        delete_run(parts.database, run_id, actor=actor_name(actor), now=utc_now())
    _tell(run_id, "will be deleted by a worker", status="deleting", json=json)


def _launch(parts: "Installation", request: "LaunchRequest") -> str:
    """Check the launch, then the services, then store it."""
    from app.connections import refuse_unreachable_services
    from core.database import utc_now
    from core.runs import launch_run, plan_launch

    plan_launch(parts.database, request, settings=parts.settings, logs=parts.logs)
    refuse_unreachable_services(parts.settings)
    return launch_run(parts.database, request, settings=parts.settings, logs=parts.logs, now=utc_now())


def _say_plan(parts: "Installation", request: "LaunchRequest", *, json: bool) -> None:
    from core.runs import compose_datasets, forecast_launch, plan_launch

    plan = plan_launch(parts.database, request, settings=parts.settings, logs=parts.logs)
    with Meter("looking at the records") as meter:
        composed = compose_datasets(
            parts.database,
            plan.request,
            settings=parts.settings,
            logs=parts.logs,
            on_progress=lambda progress: meter.show(progress.done, progress.total or progress.done, progress.stage),
        )
    with parts.database.read() as session:
        forecast = forecast_launch(session, plan, settings=parts.settings, policy=parts.policy, logs=parts.logs)
    if not json:
        say_plan(plan, forecast, composed)
        return
    say_json(
        {
            "dry_run": True,
            "request": plan.request.to_dict(),
            "records": plan.records,
            "steps": plan.steps,
            "evaluation_set": plan.evaluation_set,
            "forecast": forecast.to_dict(),
            **composed,
        }
    )


def _wait(parts: "Installation", run_id: str, *, json: bool) -> None:
    from core.runs import RunStatus

    status = follow_run(parts, run_id)
    _show(parts, run_id, json=json)
    if status is not RunStatus.COMPLETED:
        raise typer.Exit(1)


def _show(parts: "Installation", run_id: str, *, json: bool) -> None:
    from core.evaluation import list_evaluations
    from core.runs import get_run

    with parts.database.read() as session:
        run, results = get_run(session, run_id), list_evaluations(session, run_id)
    if json:
        say_json({"run": run, "results": results})
    else:
        say_run(run, results)


def _tell(run_id: str, what: str, *, status: str, json: bool) -> None:
    if json:
        say_json({"id": run_id, "status": status})
    else:
        say(f"{run_id} {what}")


def _read_statuses(names: Sequence[str] | None) -> list["RunStatus"] | None:
    from core.errors import InputError, near_miss
    from core.runs import RunStatus

    known = [str(status) for status in RunStatus]
    for name in names or ():
        if name not in known:
            hint = near_miss(name, known) or f"; choose from {', '.join(known)}"
            raise InputError(f"no status {name!r}{hint}", field="status")
    return None if names is None else [RunStatus(name) for name in names]
