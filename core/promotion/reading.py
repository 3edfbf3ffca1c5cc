"""The records of a run as a reviewer reads them: selected by one filter for page, API and export.

Brings stored samples, their base and the evaluation set together; selecting and ordering is `core.evaluation.records`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.artifacts import open_artifact
from core.evaluation import (
    Candidate,
    ExportContext,
    RecordFacts,
    RecordFilter,
    SelectedRecord,
    export_rows,
    get_evaluation,
    list_evaluations,
    load_samples,
    read_record_facts,
    select_records,
)
from core.promotion.gold import read_gold_keys
from core.runs import get_run

BASE = "base"


@dataclass(frozen=True, kw_only=True)
class ReadRecords:
    """The records of one candidate that pass a filter, in the order of the evaluation set.

    `gold` maps record keys to the answer key a person confirmed.
    """

    run_id: str
    candidate: Candidate
    records: Sequence[SelectedRecord]
    gold: dict[str, str]
    facts: Sequence[RecordFacts]


def load_facts(session: Session, run_id: str) -> tuple[RecordFacts, ...]:
    """Return what each record of a run's evaluation set is; empty before the set is built. Raises `RunNotFound`."""
    evaluation_set = get_run(session, run_id).evaluation_set
    return read_record_facts(open_artifact(session, evaluation_set)) if evaluation_set else ()


def read_records(
    session: Session, run_id: str, candidate: Candidate, record_filter: RecordFilter, *, facts: Sequence[RecordFacts]
) -> ReadRecords:
    """Return a candidate's records that pass the filter; `facts` may be empty where the filter asks for none."""
    run, evaluation = get_run(session, run_id), get_evaluation(session, run_id, candidate)
    samples, base = load_samples(session, run_id, candidate), Candidate(student=candidate.student, variant=BASE)
    # A base without a result has no samples, and then the teacher is what records are compared with.
    reference = None if candidate == base else load_samples(session, run_id, base) or None
    return ReadRecords(
        run_id=run_id,
        candidate=candidate,
        records=select_records(samples, reference, record_filter, facts=facts),
        gold=read_gold_keys(session, [evaluation], {candidate: samples}, workload_id=run.summary.workload_id),
        facts=facts,
    )


def describe_rows(session: Session, read: ReadRecords) -> Iterator[dict[str, object]]:
    """Yield a row of plain JSON values for each record, with the answers of all variants of the student."""
    results = list_evaluations(session, read.run_id)
    students = [result.candidate for result in results if result.candidate.student == read.candidate.student]
    context = ExportContext(
        candidate=read.candidate,
        variants={
            each.variant: {sample.key: sample for sample in load_samples(session, read.run_id, each)}
            for each in students
        },
        gold=read.gold,
        facts=read.facts,
    )
    return export_rows(read.records, context)
