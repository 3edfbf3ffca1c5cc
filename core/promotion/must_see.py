"""The records a reviewer should read before approving: what went wrong where it hurts, and a fair draw of the rest.

All records of the policy's critical classes that the candidate gets wrong, then a random stratum of the others by what
became of them. The draw is seeded by the samples, so that everybody gets the same list and nobody can choose it.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import select
from sqlmodel import Session, col

from core.evaluation import Candidate, OutcomePair, Sample, pair_outcomes
from core.policy import Policy
from core.promotion.evidence import Evidence
from core.promotion.tables import SampleSeenRow
from core.scoring import fold_answer

DRAWN = MappingProxyType(
    {
        OutcomePair.NEWLY_WRONG: 10,
        OutcomePair.BOTH_WRONG: 4,
        OutcomePair.NEWLY_RIGHT: 3,
        OutcomePair.BOTH_RIGHT: 3,
    }
)
"""How many records the random stratum takes of each kind, where there are as many."""


class MustSeeReason(StrEnum):
    """Why a record is on the list."""

    CRITICAL = "critical class"  # the candidate gets a record of a critical class wrong
    DRAWN = "drawn at random"


@dataclass(frozen=True, kw_only=True)
class MustSeeRecord:
    """One record of the list."""

    position: int
    reason: MustSeeReason
    pair: OutcomePair


@dataclass(frozen=True, kw_only=True)
class MustSeeProgress:
    """How much of the list has been opened by anybody who may review. `is_required` says that the policy demands it."""

    total: int
    seen: int
    critical: int
    is_required: bool

    @property
    def is_complete(self) -> bool:
        """Whether every record was opened."""
        return self.seen >= self.total

    def to_dict(self) -> dict[str, int | bool]:
        """Return the progress as plain JSON values, as a decision stores it."""
        return {
            "total": self.total,
            "seen": self.seen,
            "critical": self.critical,
            "is_required": self.is_required,
            "is_complete": self.is_complete,
        }


@dataclass(frozen=True, kw_only=True)
class MustSee:
    """A candidate's list with the positions that have been opened, on the list or not."""

    records: Sequence[MustSeeRecord]
    seen: frozenset[int]
    progress: MustSeeProgress

    @property
    def positions(self) -> tuple[int, ...]:
        """The places of the list's records in the evaluation set, in the list's order."""
        return tuple(record.position for record in self.records)


def read_must_see(session: Session, evidence: Evidence, candidate: Candidate) -> MustSee:
    """Return a candidate's must-see list and how much of it has been opened."""
    records = list_must_see(
        evidence.samples[candidate],
        evidence.find_base(candidate),
        policy=evidence.policy,
        seed=evidence.bases[candidate].samples,
    )
    seen = list_seen(session, evidence.run.summary.id, candidate)
    return MustSee(records=records, seen=seen, progress=measure_progress(records, seen, policy=evidence.policy))


def list_must_see(
    samples: Sequence[Sample], base: Sequence[Sample] | None, *, policy: Policy, seed: str
) -> tuple[MustSeeRecord, ...]:
    """Return the list, critical classes first, each part in the order of the evaluation set.

    Without a base the teacher is what records are compared with: what differs from it is newly wrong. `seed` is
    hexadecimal text, such as the hash of the samples.
    """
    pairs = pair_outcomes(samples, base)
    critical_labels = {fold_answer(entry.label) for entry in policy.critical_classes}
    critical: list[tuple[int, OutcomePair]] = []
    others: list[tuple[int, OutcomePair]] = []
    for sample in samples:
        pair = pairs.get(sample.key)
        if pair is None:
            continue
        is_wrong = pair in (OutcomePair.NEWLY_WRONG, OutcomePair.BOTH_WRONG)
        is_critical = is_wrong and fold_answer(sample.expected_label or "") in critical_labels
        (critical if is_critical else others).append((sample.position, pair))
    rng = random.Random(int(seed[:16] or "0", 16))
    drawn: list[tuple[int, OutcomePair]] = []
    for kind, wanted in DRAWN.items():
        pool = [entry for entry in others if entry[1] is kind]
        drawn += rng.sample(pool, min(wanted, len(pool)))
    return tuple(
        MustSeeRecord(position=position, reason=reason, pair=pair)
        for reason, entries in ((MustSeeReason.CRITICAL, critical), (MustSeeReason.DRAWN, sorted(drawn)))
        for position, pair in entries
    )


def measure_progress(records: Sequence[MustSeeRecord], seen: Collection[int], *, policy: Policy) -> MustSeeProgress:
    """Return how much of a list has been opened; `seen` are positions."""
    return MustSeeProgress(
        total=len(records),
        seen=sum(record.position in seen for record in records),
        critical=sum(record.reason is MustSeeReason.CRITICAL for record in records),
        is_required=policy.require_must_see,
    )


def note_seen(
    session: Session, run_id: str, candidate: Candidate, position: int, *, seen_by: str, now: datetime
) -> None:
    """Remember that a person opened a record; only the first time is kept."""
    identity = (run_id, candidate.student, candidate.variant, position, seen_by)
    if session.get(SampleSeenRow, identity) is None:
        session.add(
            SampleSeenRow(
                run_id=run_id,
                student=candidate.student,
                variant=candidate.variant,
                position=position,
                seen_by=seen_by,
                seen_at=now,
            )
        )


def list_seen(session: Session, run_id: str, candidate: Candidate) -> frozenset[int]:
    """Return the positions of the records that anybody opened."""
    rows = select(col(SampleSeenRow.position)).where(
        col(SampleSeenRow.run_id) == run_id,
        col(SampleSeenRow.student) == candidate.student,
        col(SampleSeenRow.variant) == candidate.variant,
    )
    return frozenset(session.execute(rows).scalars())
