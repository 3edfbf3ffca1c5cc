"""The gold of a run's records: what people confirmed, as the answer keys that scores compare with."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import column, func, select, table
from sqlmodel import Session

from core.datasets import gold_keys, load_gold
from core.evaluation import Candidate, Sample, StoredEvaluation

_GOLD = table("gold", column("id"), column("workload_id"))


def read_gold_keys(
    session: Session,
    evaluations: Iterable[StoredEvaluation],
    samples: Mapping[Candidate, Sequence[Sample]],
    *,
    workload_id: str,
) -> dict[str, str]:
    """Return the gold answer key of each sampled record that has one, by record key, as the results' format reads it.

    Gold that the format cannot read is left out: nothing could be compared with it.
    """
    stated = load_gold(session, workload_id)
    if not stated:
        return {}
    sampled = {sample.key for each in samples.values() for sample in each}
    known = {key: answer for key, answer in stated.items() if key in sampled}
    formats = [result.answer_format for result in evaluations]
    return gold_keys(known, formats[0]) if formats else {}


def gold_version(session: Session, workload_id: str) -> int:
    """Return a number that grows with every statement about a workload's gold: for caches."""
    return session.execute(select(func.max(_GOLD.c.id)).where(_GOLD.c.workload_id == workload_id)).scalar() or 0
