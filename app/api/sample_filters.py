"""Which samples a call asks for, read from its query: the same filters as the Records tab of the Review page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from sqlmodel import Session

from core.evaluation import (
    Candidate,
    Length,
    Outcome,
    OutcomePair,
    RecordFilter,
    get_evaluation,
    list_evaluations,
    parse_candidate,
)

PairQuery = Annotated[
    list[OutcomePair] | None,
    Query(description="what became of the record from the base to the candidate; without a base, from the teacher"),
]
LabelQuery = Annotated[str | None, Query(max_length=256, description="the class or tool of the teacher's answer")]
TextQuery = Annotated[
    str | None, Query(min_length=1, max_length=300, description="looked for in the conversation and in both answers")
]
SinceQuery = Annotated[datetime | None, Query(description="logged at or after this instant; UTC without a zone")]
UntilQuery = Annotated[datetime | None, Query(description="logged before this instant")]


@dataclass(frozen=True, kw_only=True)
class SampleQuery:
    """The candidates and records asked for."""

    candidate: str | None
    student: str | None
    variant: str | None
    records: RecordFilter

    def choose(self, session: Session, job_id: str) -> list[Candidate]:
        """Return the run's candidates asked for, by student and variant. Raises `NotFoundError` for an unknown one."""
        if self.candidate is not None:
            return [get_evaluation(session, job_id, parse_candidate(self.candidate)).candidate]
        known = [result.candidate for result in list_evaluations(session, job_id)]
        chosen = [c for c in known if self.student in (None, c.student) and self.variant in (None, c.variant)]
        return sorted(chosen, key=lambda c: (c.student, c.variant))


def read_query(  # noqa: PLR0913 - one argument a query parameter, as the schema shows them
    *,
    candidate: Annotated[str | None, Query(description="`student:variant`")] = None,
    student: str | None = None,
    variant: str | None = None,
    pair: PairQuery = None,
    outcome: Outcome | None = None,
    label: LabelQuery = None,
    text: TextQuery = None,
    client: Annotated[str | None, Query(description="the record's `client_id`")] = None,
    length: Annotated[Length | None, Query(description="of the prompt, by thirds of the set")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> SampleQuery:
    """Return what the query asks for."""
    return SampleQuery(
        candidate=candidate,
        student=student,
        variant=variant,
        records=RecordFilter(
            pairs=frozenset(pair or ()),
            outcome=outcome,
            label=label,
            client_id=client,
            length=length,
            since_ms=_milliseconds(since),
            until_ms=_milliseconds(until),
            text=text,
        ),
    )


Wanted = Annotated[SampleQuery, Depends(read_query)]


def _milliseconds(instant: datetime | None) -> int | None:
    if instant is None:
        return None
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
