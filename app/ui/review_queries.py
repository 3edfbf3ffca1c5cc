"""What the Review page asks `core`: evidence, must-see records and marks of a run, and the records of its set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from sqlmodel import Session

from app.ui import queries, review_view
from app.ui.evaluation_set import EvaluationSet
from app.ui.review_view import CandidateView, ReviewView
from core import promotion
from core.artifacts import open_artifact
from core.database import utc_now
from core.evaluation import Candidate, RecordFacts, RecordFilter, read_record_facts, write_json_lines
from core.logs import write_csv
from core.promotion import (
    Evidence,
    Mark,
    MarkRequest,
    MustSee,
    PastResult,
    SideBySide,
    describe_rows,
    read_records,
)


def get_review(run_id: str) -> ReviewView:
    """Return a run's candidates with their evidence and decisions. Raises `RunNotFound`."""
    version, decisions = queries.read(
        lambda session: (
            promotion.evidence_version(session, run_id),
            promotion.list_decisions(session, run_id=run_id),
        )
    )
    evidence = _gather_evidence(run_id, version)
    rows = load_evaluation_set(evidence.run.evaluation_set)
    datasets = evidence.run.summary.datasets
    return ReviewView(
        evidence=evidence,
        teachers=rows.teachers,
        evaluation_records=len(rows.requests),
        training_records=next((int(entry["records"]) for entry in datasets if entry["kind"] == "training"), None),
        candidates=review_view.build_candidates(evidence, decisions),
    )


def get_must_see(review: ReviewView, view: CandidateView) -> MustSee:
    """Return a candidate's must-see list and how much of it was opened."""
    return queries.read(lambda session: promotion.read_must_see(session, review.evidence, view.candidate))


def list_marks(run_id: str, candidate: Candidate) -> Mapping[int, Mark]:
    """Return the mark that stands on each record of a candidate, by position."""
    return queries.read(lambda session: promotion.list_marks(session, run_id, candidate))


def list_record_marks(run_id: str, candidate: Candidate, position: int) -> Sequence[Mark]:
    """Return every mark on one record, newest first."""
    return queries.read(lambda session: promotion.list_record_marks(session, run_id, candidate, position))


def mark_record(request: MarkRequest) -> Mark:
    """Store a mark. Raises what `core.promotion.mark_record` raises."""
    return queries.ask(queries.DATABASE, lambda: promotion.mark_record(queries.database(), request, now=utc_now()))


def note_seen(run_id: str, candidate: Candidate, position: int, *, seen_by: str) -> None:
    """Remember that a person opened a record; a process writes each one once."""
    seen = (run_id, str(candidate), position, seen_by)
    if seen in _noted():
        return

    def write() -> None:
        with queries.database().write() as session:
            promotion.note_seen(session, run_id, candidate, position, seen_by=seen_by, now=utc_now())

    queries.ask(queries.DATABASE, write)
    _noted().add(seen)


def list_history(review: ReviewView, view: CandidateView) -> Sequence[PastResult]:
    """Return the workload's results of the last runs, newest run first, with what keeps each from being compared."""
    return queries.read(lambda session: promotion.list_history(session, review.workload_id, against=view.evaluation))


def compare_across_runs(view: CandidateView, other: PastResult) -> SideBySide:
    """Return a candidate beside another run's result, on the records both hold."""
    return queries.read(
        lambda session: promotion.compare_across_runs(session, view.evaluation, other.run_id, other.candidate)
    )


def export_records(
    run_id: str, candidate: Candidate, record_filter: RecordFilter, keep: Sequence[int], ending: str
) -> str:
    """Return a file (`csv` or `jsonl`) of the candidate's records that pass the filter and stand in `keep`."""
    wanted = set(keep)

    def read(session: Session) -> str:
        facts = promotion.load_facts(session, run_id)
        found = read_records(session, run_id, candidate, record_filter, facts=facts)
        kept = [record for record in found.records if record.sample.position in wanted]
        rows = describe_rows(session, replace(found, records=kept))
        return "".join(write_csv(rows) if ending == "csv" else write_json_lines(rows))

    return queries.read(read)


@st.cache_resource(max_entries=20, show_spinner=False)
def load_evaluation_set(sha256: str | None) -> EvaluationSet:
    """Return the requests and answers of an evaluation set, in its order; the name is the content's hash."""
    if sha256 is None:
        return EvaluationSet()
    return EvaluationSet.parse(queries.read(lambda session: open_artifact(session, sha256)))


@st.cache_resource(max_entries=20, show_spinner=False)
def load_facts(sha256: str | None) -> tuple[RecordFacts, ...]:
    """Return what each record of an evaluation set is, in its order."""
    if sha256 is None:
        return ()
    return read_record_facts(queries.read(lambda session: open_artifact(session, sha256)))


@st.cache_resource(ttl=60, max_entries=6, show_spinner=False)
def _gather_evidence(run_id: str, version: str) -> Evidence:  # noqa: ARG001 - cache key
    """Gather a run's evidence, shared by all sessions: change nothing in it. Costs follow the log within a minute."""
    return queries.read(lambda session: promotion.gather_evidence(session, run_id, sources=queries.evidence_sources()))


@st.cache_resource(show_spinner=False)
def _noted() -> set[tuple[str, str, int, str]]:
    return set()
