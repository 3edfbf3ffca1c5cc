"""Samples read back from the state: by columns, because rows as objects take twice the time of a page."""

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from core.evaluation.samples import Candidate, Outcome, Sample
from core.evaluation.tables import SampleRow

FIELDS = tuple(Sample.__dataclass_fields__)
OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def load_samples(session: Session, run_id: str, candidate: Candidate) -> list[Sample]:
    """Return a candidate's samples in the order of the evaluation set."""
    table = SQLModel.metadata.tables[str(SampleRow.__tablename__)]
    rows = session.execute(
        select(*(table.c[name] for name in FIELDS))
        .where(
            table.c.run_id == run_id,
            table.c.student == candidate.student,
            table.c.variant == candidate.variant,
        )
        .order_by(table.c.position)
    )
    return [_sample(dict(zip(FIELDS, row, strict=True))) for row in rows]


def _sample(values: dict[str, object]) -> Sample:
    values["outcome"] = OUTCOMES[str(values["outcome"])]
    return Sample(**values)  # type: ignore[arg-type]  # the columns are named and typed like the fields
