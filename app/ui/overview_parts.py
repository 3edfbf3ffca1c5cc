"""What the Overview page is drawn from: what needs a person, what runs, what arrives, what was decided."""

import json
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from app.ui import (
    decision_table,
    frame,
    navigation,
    numbers,
    review_view,
    rows,
    run_queries,
    run_table,
    run_view,
    url,
    verdicts,
    workload_view,
)
from app.ui.overview_view import Need, Task
from app.ui.rows import Cell, Column, Row
from core.database import utc_now
from core.logs import WorkloadSummary
from core.promotion import Decision
from core.runs import RunSummary

SHOWN_TASKS = 8
NEED_COLOR: dict[Need, verdicts.Color] = {Need.REVIEW: "blue", Need.LOOK: "red"}


def draw_tasks(tasks: Sequence[Task], *, now: datetime) -> None:
    """Draw what waits for a person, newest first; each row leads to where it is done."""
    st.subheader("Needs you", anchor=False)
    if not tasks:
        st.caption("Nothing waits for a person: no run to review, none that failed.")
        return
    rows.draw_rows(
        (
            Column(title="Workload", keep=True),
            Column(title="Needs", keep=True),
            Column(title="Why", width="44%"),
            _age_column(),
        ),
        [_task_row(task, now=now) for task in tasks[:SHOWN_TASKS]],
        name="What needs you, newest first",
        key="tasks",
        on_open=_open_task,
    )
    if len(tasks) > SHOWN_TASKS:
        frame.draw_link("runs", f"{len(tasks) - SHOWN_TASKS} more among all runs", icon=":material/cycle:")


def draw_running() -> Sequence[RunSummary]:
    """Draw the runs that have not ended, as they stand now; return them."""
    st.subheader("Running now", anchor=False)
    runs, now = run_queries.list_runs(statuses=run_queries.OPEN).runs, utc_now()
    if not runs:
        st.caption("No run is under way.")
        return runs
    rows.draw_rows(
        (Column(title="Workload", keep=True), Column(title="Progress", keep=True, width="110px"), _age_column()),
        [_run_row(run, now=now) for run in runs],
        name="Runs under way, newest first",
        key="running",
        on_open=_open_run,
    )
    return runs


def draw_traffic(workloads: Sequence[WorkloadSummary], *, now: datetime) -> None:
    """Draw one row a workload with how long ago its last record was logged, and how long after that it was stored."""
    st.subheader("Traffic", anchor=False)
    newest = numbers.instant(max(row.last_ms for row in workloads))
    names = dict.fromkeys(row.workload_id for row in workloads)
    totals = [workload_view.select_workload(workloads, name, None) for name in names]
    columns = (
        Column(title="Workload", keep=True),
        Column(title="Records", align="right", keep=True),
        Column(title=f"Last {workload_view.SPARK_DAYS} days", width="160px"),
        Column(title="Last record", align="right"),
    )
    rows.draw_rows(
        columns,
        [_traffic_row(total, newest=newest, now=now) for total in totals],
        name="Traffic by workload",
        key="traffic",
        on_open=lambda workload: navigation.go("workloads", workload=workload),
    )


def draw_decisions(decisions: Sequence[Decision], *, now: datetime) -> None:
    """Draw the last acts, newest first; each row leads to the act on record."""
    st.subheader("Decided lately", anchor=False)
    if not decisions:
        st.caption("No decision yet. They are made on a finished run's review.")
        return
    rows.draw_rows(
        (Column(title="Candidate", keep=True), Column(title="Decision", keep=True), _age_column()),
        [_decision_row(one, now=now) for one in decisions],
        name="Decisions, newest first",
        key="decisions",
        on_open=lambda decision: navigation.go("decisions", decision=decision),
    )


def _age_column() -> Column:
    return Column(title="Age", align="right")


def _task_row(task: Task, *, now: datetime) -> Row:
    age, is_review = numbers.age(task.since, now), task.need is Need.REVIEW
    return Row(
        id=json.dumps([task.need, task.run_id]),
        href=url.link("review", run=task.run_id) if is_review else url.link("run", id=task.run_id),
        cells=(
            Cell(text=task.workload_id, note=task.client_id or "all clients", phone_note=age, tone="name"),
            Cell(html=rows.badge(task.need, NEED_COLOR[task.need])),
            Cell(text=task.detail),
            Cell(text=age, tone="quiet"),
        ),
    )


def _run_row(run: RunSummary, *, now: datetime) -> Row:
    label, age = run_view.STATE_LOOK[run.status][0], numbers.age(run.created_at, now)
    return Row(
        id=run.id,
        href=url.link("run", id=run.id),
        cells=(
            Cell(
                text=run.workload_id,
                note=f"{label.lower()}, {verdicts.name_person(run.requested_by)}",
                phone_note=age,
                tone="name",
            ),
            Cell(html=run_table.render_progress(run)),
            Cell(text=age, tone="quiet"),
        ),
    )


def _traffic_row(total: workload_view.WorkloadTotals, *, newest: datetime, now: datetime) -> Row:
    days = workload_view.last_days(total.days, until=newest)
    spark = rows.spark_bars(days, name=f"{numbers.quantity(sum(days), 'record')} in {len(days)} days")
    age, lag = numbers.age(total.last, now), workload_view.word_lag(total)
    clients = numbers.quantity(len(total.clients), "client") if len(total.clients) > 1 else total.clients[0]
    return Row(
        id=total.workload_id,
        href=url.link("workloads", workload=total.workload_id),
        cells=(
            Cell(
                text=total.workload_id,
                note=clients,
                phone_note=", ".join(filter(None, (f"last record {age}", lag))),
                tone="name",
            ),
            Cell(text=numbers.count(total.records)),
            Cell(html=spark),
            Cell(text=age, note=lag, tone="quiet"),
        ),
    )


def _decision_row(one: Decision, *, now: datetime) -> Row:
    age, who = numbers.age(one.decided_at, now), verdicts.name_person(one.decided_by)
    return Row(
        id=one.id,
        href=url.link("decisions", decision=one.id),
        cells=(
            Cell(
                text=review_view.name_candidate(one.candidate),
                note=f"{one.workload_id} · {who}",
                phone_note=age,
                tone="name",
            ),
            Cell(html=decision_table.verdict_badge(one)),
            Cell(text=age, tone="quiet"),
        ),
    )


def _open_task(task: str) -> None:
    need, run_id = json.loads(task)
    if need == Need.REVIEW:
        navigation.go("review", run=run_id)
    else:
        navigation.go("run", id=run_id)


def _open_run(run_id: str) -> None:
    navigation.go("run", id=run_id)
    st.rerun()  # what runs now is followed in a part of its own
