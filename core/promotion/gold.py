"""The gold of a run's records: what people confirmed, as the answer keys that scores compare with."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from core.evaluation import Candidate, Sample, StoredEvaluation


def load_gold(
    session: Session,  # noqa: ARG001
    evaluations: Iterable[StoredEvaluation],  # noqa: ARG001
    samples: Mapping[Candidate, Sequence[Sample]],  # noqa: ARG001
    *,
    workload_id: str,  # noqa: ARG001
) -> dict[str, str]:
    """Return the gold answer key of each sampled record that has one, by record key."""
    return {}
