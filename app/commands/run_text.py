"""Runs as text for a terminal: short lines, every score with its n and interval."""

from typing import TYPE_CHECKING

from app.commands.terminal import moment, say, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.evaluation import StoredEvaluation
    from core.runs import RunSummary, RunView

LIST_HEAD = ("run", "workload", "client", "status", "done", "students", "created (UTC)", "by")
RESULT_HEAD = (
    "candidate",
    "agreement with the teacher",
    "n",
    "95 % interval",
    "wrong format",
    "failed",
    "results hash",
)


def say_runs(runs: "Sequence[RunSummary]") -> None:
    """Print a list of runs."""
    if not runs:
        say("No runs yet. Start one: flywheel runs start --workload W")
        return
    rows = [
        (
            run.id,
            run.workload_id,
            run.client_id or "all",
            run.status,
            f"{run.progress:.0%}",
            str(len(run.students)),
            moment(run.created_at),
            run.requested_by,
        )
        for run in runs
    ]
    say_table(LIST_HEAD, rows)


def say_run(run: "RunView", results: "Sequence[StoredEvaluation]") -> None:
    """Print one run: where it stands, what went wrong, what each candidate scored."""
    summary = run.summary
    say(f"{summary.id}  {summary.status}, {summary.progress:.0%} of its steps done")
    say(f"workload {summary.workload_id}, client {summary.client_id or 'all'}, asked for by {summary.requested_by}")
    say(f"created {moment(summary.created_at)}, finished {moment(summary.finished_at)} UTC")
    if summary.error:
        say(f"error: {summary.error}")
    for step in (*run.shared_steps, *(step for student in run.students for step in student.steps)):
        if step.error and step.error != summary.error:
            say(f"{step.key}: {step.error}")
    for deployment in run.pending_cleanup:
        say(f"deployment {deployment} is still up and will be removed")
    if results:
        say()
        say_table(RESULT_HEAD, [_result_cells(result) for result in results])


def _result_cells(result: "StoredEvaluation") -> tuple[str, ...]:
    metrics, interval = result.metrics, result.agreement
    return (
        str(result.candidate),
        f"{metrics.accuracy:.1%}",
        f"{metrics.n:,}",
        f"{interval.low:.1%} to {interval.high:.1%}" if interval else "not enough records",
        str(metrics.invalid_format),
        str(metrics.errors + metrics.missing + metrics.truncated),
        result.samples_hash[:12],
    )
