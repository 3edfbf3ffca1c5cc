"""What a run's page is drawn from: where it stands, its stages, results, losses, log, and its datasets."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from app.ui import (
    charts,
    decision_table,
    markup,
    navigation,
    numbers,
    operation_queries,
    operation_view,
    queries,
    review_view,
    rows,
    run_hindrances,
    run_log,
    run_manifest,
    run_queries,
    run_steps,
    run_timeline,
    run_view,
    url,
    verdicts,
)
from app.ui.rows import Cell, Column, Row
from core.evaluation import StoredEvaluation
from core.promotion import Decision
from core.runs import EventView, RunStatus, RunView, all_steps

UNDECIDED = "Undecided"


def describe_source(run: RunView, *, now: datetime) -> str:
    """Return one line on what the run is: id, client, who and when."""
    summary = run.summary
    parts = (
        summary.id,
        summary.client_id or "all clients",
        f"started by {verdicts.name_person(summary.requested_by)}",
        numbers.moment(summary.created_at, now=now),
    )
    return " · ".join(parts)


def draw_state(run: RunView, *, left_s: float | None, now: datetime) -> None:
    """Draw the state, the progress and the figures of the run."""
    label, icon, color = run_view.STATE_LOOK[run.summary.status]
    is_final = run.summary.status.is_final
    with st.container(border=True, key="run_card"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(label, icon=icon, color=color)
            st.markdown(markup.literal(run_view.describe_state(run)), width="content")
        if not is_final:
            done = run_view.measure_progress(run)
            st.progress(done, text=f"{numbers.share(done, decimals=0)} done")
        with st.grid(4, min_column_width=140, gap="small"):
            if is_final:
                st.metric("Took", _duration(run_view.measure_time_s(run.summary, now=now)))
                st.metric("Ended", numbers.age(run.summary.finished_at or now, now))
            else:
                st.metric("Going for", _duration(run_view.measure_time_s(run.summary, now=now)))
                st.metric("Left, about", numbers.duration(left_s))
            st.metric("Candidates measured", f"{run_view.count_measured(run)} of {run_view.count_planned(run)}")
            st.metric("Records", numbers.count(run.summary.record_count))


def draw_notices(run: RunView, events: Sequence[EventView], *, now: datetime) -> None:
    """Draw what stands in the run's way, and why it ended before its time."""
    if run.summary.status is RunStatus.PENDING:
        workers, sightings = run_queries.list_workers(), run_queries.list_sightings()
        run_hindrances.show_hindrances(run_hindrances.find_hindrances(workers, sightings, now=now))
        place = operation_queries.find_place(run.summary.id)
        if place is not None:
            st.info(operation_view.describe_place(place), icon=":material/hourglass_empty:")
    budget = timedelta(seconds=queries.settings().nemo.outage_budget_s)
    for outage in run_view.list_outages(run, budget=budget):
        last = next((e.data.get("error") for e in reversed(events) if e.type == "step.outage"), None)
        st.warning(
            f"{markup.literal(outage.step)} has had no answer since {numbers.moment(outage.since, now=now)}"
            f" ({numbers.quantity(outage.attempts, 'attempt')}). The run goes on by itself when the service answers,"
            f" and gives this step up at {numbers.moment(outage.gives_up_at, now=now)}."
            + (f" Last heard: {markup.literal(str(last))}" if last else ""),
            title="A service does not answer",
            icon=":material/cloud_off:",
        )
    if reason := run_view.find_reason(run):
        is_cancelled = run.summary.status is RunStatus.CANCELLED
        draw = st.info if is_cancelled else st.error
        draw(
            markup.literal(reason), title="Why it stopped" if is_cancelled else "Why it failed", icon=":material/info:"
        )
    if run.pending_cleanup:
        st.warning(
            f"Still up, and removed as soon as the service answers: {markup.literal(', '.join(run.pending_cleanup))}."
            " A worker tries again by itself.",
            title=f"{numbers.quantity(len(run.pending_cleanup), 'deployment')} to clean up",
            icon=":material/cleaning_services:",
        )


def draw_timeline(run: RunView, *, now: datetime) -> None:
    """Draw the stages of every student with state and time."""
    st.subheader("Stages", anchor=False)
    st.html(run_timeline.render_timeline(run_view.list_lanes(run, now=now)))


def draw_results(run: RunView, results: Sequence[StoredEvaluation], decisions: Sequence[Decision]) -> None:
    """Draw one row a measured candidate; it leads to its review."""
    if not results:
        return
    st.subheader("Measured so far" if not run.summary.status.is_final else "Candidates", anchor=False)
    acts = {str(act.candidate): act for act in decisions if verdicts.is_standing(act)}
    columns = (
        Column(title="Candidate", keep=True),
        Column(title="Agrees with the teacher", keep=True),
        Column(title="95 % interval"),
        Column(title="Records", align="right"),
        Column(title="Decision"),
    )
    ranked = sorted(results, key=lambda result: result.metrics.accuracy, reverse=True)
    rows.draw_rows(
        columns,
        [_result_row(run.summary.id, result, acts.get(str(result.candidate))) for result in ranked],
        name="Measured candidates, best first",
        key="results",
        on_open=lambda candidate: _open_review(run.summary.id, candidate),
    )


def draw_training(run: RunView) -> None:
    """Draw the loss of one training; the student is chosen in the URL."""
    st.subheader("Training loss", anchor=False)
    steps = run_view.find_trained(run)
    asked = url.read_choice(st.query_params, "student", [str(step.student) for step in steps]) if steps else None
    step = run_view.choose_trained(steps, asked)
    if step is None:
        is_over = run.summary.status.is_final
        st.caption("No student was customized." if is_over else "Appears when a student is being customized.")
        return
    if len(steps) > 1:
        st.session_state["loss_student"] = step.student
        st.selectbox(
            "Student",
            [str(step.student) for step in steps],
            key="loss_student",
            label_visibility="collapsed",
            width=300,
            on_change=lambda: url.write(student=st.session_state["loss_student"]),
        )
    series = run_view.read_losses(step)
    if not series:
        st.caption("The customizer has reported no loss yet.")
        return
    told = run_view.describe_losses(series)
    st.plotly_chart(charts.loss_curve(series), key="loss", config=charts.CONFIG, alt=f"{step.student}: {told}")
    epochs = step.details.get("epochs_completed")
    done = f", {numbers.quantity(int(epochs), 'epoch')} done" if epochs is not None else ""
    st.caption(markup.literal(f"{step.student}: {told}{done}."))


def draw_log(run: RunView, events: Sequence[EventView]) -> None:
    """Draw the run's last events, and what the customizer said."""
    st.subheader("Log, newest first", anchor=False)
    st.html(run_log.render_log(run_log.write_log(events), name="Log of the run, newest first"))
    told = [(step.student, step.details["log"]) for step in run_view.find_trained(run) if step.details.get("log")]
    if told:
        with st.expander("What the customizer said", icon=":material/terminal:"):
            for student, lines in told:
                st.caption(markup.literal(str(student)))
                st.html(run_log.render_log("\n".join(map(str, lines)), name=f"Log of the customizer, {student}"))


def draw_steps(run: RunView) -> None:
    """Draw every step with its attempts and what it made outside, folded until asked for."""
    with st.expander("Steps, attempts and remote ids", icon=":material/list_alt:"):
        st.html(run_steps.render_steps(all_steps(run)))


def draw_data(run: RunView) -> None:
    """Draw what the datasets are made of, what was asked for, and the manifest to keep."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Datasets", anchor=False)
        if run.manifest is None:
            is_over = run.summary.status.is_final
            st.caption("None were built." if is_over else "Counted when they have been built.")
        else:
            _draw_manifest(run, run.manifest)
    with right:
        st.subheader("Asked for", anchor=False)
        st.html(run_timeline.render_facts(run_manifest.describe_request(run.request)))


def _draw_manifest(run: RunView, sha256: str) -> None:
    content = run_queries.load_manifest(run.summary.id, sha256)
    summary = run_manifest.summarise_manifest(content)
    facts = (
        *summary.counts,
        ("Answers are read as", summary.answer_format),
        ("Evaluation set", summary.evaluation_set),
    )
    st.html(run_timeline.render_facts(facts))
    for warning in summary.warnings:
        st.caption(f":material/info: {markup.literal(warning)}")
    st.download_button(
        "Download the manifest",
        content,
        file_name=f"manifest-{run.summary.id}.json",
        mime="application/json",
        icon=":material/download:",
        key="manifest",
        on_click="ignore",
    )


def _result_row(run_id: str, result: StoredEvaluation, act: Decision | None) -> Row:
    candidate, interval = result.candidate, result.agreement
    between = numbers.share_interval(interval.low, interval.high) if interval else numbers.UNKNOWN
    verdict = decision_table.describe_verdict(act) if act else UNDECIDED
    badge = decision_table.verdict_badge(act) if act else rows.badge(UNDECIDED, "gray")
    return Row(
        id=str(candidate),
        href=url.link("review", run=run_id, candidate=str(candidate)),
        cells=(
            Cell(text=review_view.name_candidate(candidate), tone="name", phone_note=f"{between} · {verdict}"),
            Cell(text=numbers.share(result.metrics.accuracy if interval else None)),
            Cell(text=between),
            Cell(text=numbers.count(result.metrics.n)),
            Cell(html=badge),
        ),
    )


def _open_review(run_id: str, candidate: str) -> None:
    navigation.go("review", run=run_id, candidate=candidate)
    st.rerun()  # a click in a part that follows a run reruns that part alone


def _duration(seconds: float | None) -> str:
    return "not begun" if seconds is None else numbers.duration(seconds)
