"""What the Workloads page is drawn from: the table of all, and one workload's summary, traffic and answers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Literal

import streamlit as st

from app.ui import bars, charts, navigation, numbers, rows, url, workload_drift, workload_queries, workload_view
from app.ui.rows import Cell, Column, Row
from app.ui.workload_view import Readiness, WorkloadTotals
from core.logs import DuplicateCount, LabelCount, WorkloadSummary
from core.settings import SplitSettings
from core.statistics import compare_mixes

READINESS_LOOK: dict[Readiness, tuple[Literal["green", "orange"], str]] = {
    Readiness.READY: ("green", ":material/check_circle:"),
    Readiness.TOO_FEW: ("orange", ":material/hourglass_empty:"),
}


def draw_table(workloads: Sequence[WorkloadSummary], *, split: SplitSettings) -> None:
    """Draw one row a (workload, client) pair; it leads to the workload."""
    newest = numbers.instant(max(row.last_ms for row in workloads))
    columns = (
        Column(title="Workload", keep=True),
        Column(title="Client"),
        Column(title="Records", align="right", keep=True),
        Column(title=f"Last {workload_view.SPARK_DAYS} days", width="160px"),
        Column(title="Logged"),
        Column(title="Teacher"),
        Column(title="Ready for a run"),
    )
    rows.draw_rows(
        columns,
        [_table_row(row, newest=newest, split=split) for row in workloads],
        name="Workloads by client",
        key="workloads",
        on_open=_open,
    )


def _table_row(row: WorkloadSummary, *, newest: datetime, split: SplitSettings) -> Row:
    readiness = workload_view.judge_readiness(row.records, split)
    color, _ = READINESS_LOOK[readiness]
    days = workload_view.last_days(row.days, until=newest)
    spark = rows.spark_bars(days, name=f"{numbers.quantity(sum(days), 'record')} in {len(days)} days")
    span = numbers.span(numbers.instant(row.first_ms), numbers.instant(row.last_ms))
    return Row(
        id=json.dumps([row.workload_id, row.client_id]),
        href=url.link("workloads", workload=row.workload_id, client=row.client_id),
        cells=(
            Cell(text=row.workload_id, tone="name", phone_note=f"{row.client_id} · {readiness.value}"),
            Cell(text=row.client_id),
            Cell(text=numbers.count(row.records)),
            Cell(html=spark),
            Cell(text=span, tone="quiet"),
            Cell(text=", ".join(row.models) or numbers.UNKNOWN, tone="quiet"),
            Cell(html=rows.badge(readiness.value, color)),
        ),
    )


def draw_summary(workload: WorkloadTotals, duplicates: DuplicateCount, *, split: SplitSettings) -> None:
    """Draw the figures of one workload, its readiness, and what can be done with it."""
    readiness = workload_view.judge_readiness(workload.records, split)
    color, icon = READINESS_LOOK[readiness]
    with st.container(border=True, key="workload_card"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(readiness.value, icon=icon, color=color)
            st.markdown(workload_view.explain_readiness(workload.records, split), width="content")
        with st.grid(5, min_column_width=130, gap="small"):
            st.metric("Records", numbers.count(workload.records))
            st.metric("Tokens in", numbers.tokens(workload.prompt_tokens or None))
            st.metric("Tokens out", numbers.tokens(workload.completion_tokens or None))
            st.metric("With tool calls", numbers.share(workload.tool_call_records / workload.records, decimals=0))
            st.metric(
                "Repeated requests",
                numbers.share(1 - duplicates.requests / duplicates.records if duplicates.records else None, decimals=0),
                help=f"{numbers.count(duplicates.requests)} different requests; a dataset holds each once.",
            )
        st.html(render_facts(workload))
        with st.container(horizontal=True, gap="small"):
            if readiness is Readiness.READY:
                st.button(
                    "Launch a run",
                    icon=":material/rocket_launch:",
                    key="launch_run",
                    type="primary",
                    on_click=navigation.go,
                    args=("launch",),
                    kwargs={"workload": workload.workload_id, "client": workload.client_id},
                )
            st.button(
                "Browse its logs",
                icon=":material/forum:",
                key="browse_logs",
                on_click=navigation.go,
                args=("logs",),
                kwargs={"workload": workload.workload_id, "client": workload.client_id},
            )


def draw_evidence(workload: WorkloadTotals, labels: Sequence[LabelCount]) -> None:
    """Draw records per day and what the teacher answered."""
    left, right = st.columns([0.56, 0.44], gap="large")
    with left:
        st.subheader("Records per day", anchor=False)
        days = workload_view.every_day(workload.days)
        busiest = max(days, key=lambda day: day[1])
        st.plotly_chart(
            charts.traffic_bars(days),
            key="traffic",
            config=charts.CONFIG,
            alt=f"Records per day; the busiest day has {numbers.count(busiest[1])}",
        )
    with right:
        st.subheader("Answers of the teacher", anchor=False)
        shares = workload_view.share_answers(labels, workload.records, shown=workload_view.SHOWN_ANSWERS)
        st.html(render_answers(shares))


def draw_drift(workload: WorkloadTotals) -> None:
    """Draw whether volume and answers changed lately."""
    stretches = workload_drift.choose_stretches(workload.first, workload.last)
    st.subheader("Lately", anchor=False)
    if stretches is None:
        st.caption("Two whole days of records are needed to compare one with the other.")
        return
    before, lately = (
        workload_queries.count_answers(workload.workload_id, workload.client_id, stretch.first, stretch.last)
        for stretch in (stretches.before, stretches.lately)
    )
    st.caption(f"{_name(stretches.lately)} against the {numbers.quantity(stretches.before.days, 'day')} before, UTC.")
    days = stretches.lately.days
    shift = compare_mixes(*({label or "": records for label, records in mix.items()} for mix in (before, lately)))
    st.markdown(
        f"**Volume:** {workload_drift.describe_volume(sum(before.values()), sum(lately.values()), days)}  \n"
        f"**Answers:** {workload_drift.describe_mix(shift)}"
    )
    st.html(workload_drift.render_changes(before, lately))


def _name(stretch: workload_drift.Stretch) -> str:
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (stretch.first, stretch.last))
    return numbers.span(first, last)


def render_answers(shares: Sequence[workload_view.AnswerShare]) -> str:
    """Return the shares as bars; what stands for several answers is quiet."""
    longest = max((share.share for share in shares), default=1.0)
    collective = {workload_view.OTHER_ANSWERS, workload_view.NO_LABEL}
    return bars.render_bars(
        (
            bars.Bar(
                label=share.label,
                part=share.share / longest,
                value=numbers.count(share.records),
                note=numbers.share(share.share),
                is_quiet=share.label in collective,
            )
            for share in shares
        ),
        name="Answers of the teacher with records and share",
    )


def render_facts(workload: WorkloadTotals) -> str:
    """Return where the workload comes from as a list of terms."""
    facts = {
        "Logged": numbers.span(workload.first, workload.last),
        "Clients": ", ".join(workload.clients),
        "Teacher": ", ".join(workload.models) or numbers.UNKNOWN,
    }
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in facts.items())
    return f'<dl class="fw-facts">{rows}</dl>'


def _open(pair: str) -> None:
    workload, client = json.loads(pair)
    url.write(workload=workload, client=client)
