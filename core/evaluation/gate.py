"""What a gate is: one rule applied to one candidate, with texts for tables; and what all gates together allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.evaluation import wording
from core.evaluation.plain import to_plain
from core.policy import Policy
from core.statistics import Interval


class GateStatus(StrEnum):
    """How a gate stands."""

    PASSES = "passes"  # the whole interval is on the good side of the limit
    NEEDS_JUDGEMENT = "needs judgement"  # the interval straddles the limit
    FAILS = "fails"  # the whole interval is on the bad side
    UNKNOWN = "unknown"  # there is nothing, or not enough, to judge by


class GateUnit(StrEnum):
    """What a gate's numbers count."""

    SHARE = "share"  # from 0 to 1
    POINTS = "points"  # a difference of shares, from -1 to 1
    RECORDS = "records"
    RATIO = "ratio"  # a multiple of the teacher's


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One rule applied to one candidate.

    `key` is stable (`agreement`, `recall:card_fraud`); `observed` and its 95 % `interval` are None where unknown, the
    interval also for counts. `limit` is the least (`is_minimum`) or the most allowed. `reason` is a clause for people.
    """

    key: str
    title: str
    status: GateStatus
    unit: GateUnit
    observed: float | None
    interval: Interval | None
    limit: float
    is_minimum: bool
    reason: str

    @property
    def observed_text(self) -> str:
        """What was observed with its interval, as a gate table shows it."""
        if self.observed is None:
            return "unknown"
        if self.unit is GateUnit.RECORDS:
            return f"{self.observed:,.0f}"
        show, span = _TEXTS[self.unit]
        return show(self.observed) + (f" ({span(self.interval)})" if self.interval is not None else "")

    @property
    def limit_text(self) -> str:
        """The limit with its sign, such as "≥ 90.0 %"."""
        sign = "≥" if self.is_minimum else "≤"
        return (
            f"{sign} {self.limit:,.0f}"
            if self.unit is GateUnit.RECORDS
            else f"{sign} {_TEXTS[self.unit][0](self.limit)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the gate as plain JSON values, with both texts."""
        return {**to_plain(self), "observed_text": self.observed_text, "limit_text": self.limit_text}


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Whether the gates let a person approve. `failing` and `open` hold gate keys; open ones leave it to the person.

    With failing gates, approving needs `may_override` and a reason.
    """

    is_blocked: bool
    failing: tuple[str, ...]
    open: tuple[str, ...]
    may_override: bool


def check_approval(gates: Sequence[Gate], policy: Policy) -> Approval:
    """Return whether the gates allow an approval under the policy; must-see records are not asked here."""
    failing = tuple(gate.key for gate in gates if gate.status is GateStatus.FAILS)
    waiting = (GateStatus.NEEDS_JUDGEMENT, GateStatus.UNKNOWN)
    return Approval(
        is_blocked=bool(failing) and not policy.allow_override,
        failing=failing,
        open=tuple(gate.key for gate in gates if gate.status in waiting),
        may_override=bool(failing) and policy.allow_override,
    )


_TEXTS = {
    GateUnit.SHARE: (wording.share, wording.share_interval),
    GateUnit.POINTS: (wording.points, wording.points_interval),
    GateUnit.RATIO: (wording.ratio, wording.ratio_interval),
}
