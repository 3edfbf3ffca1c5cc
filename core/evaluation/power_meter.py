"""The power meter: what an evaluation set of a chosen size can show under the policy, before anything is launched.

All of it rests on an assumed agreement, which goes with the numbers: that of the workload's earlier runs where there
are some, else a share above the policy's minimum.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.evaluation.results import StoredEvaluation
from core.policy import Policy
from core.statistics import (
    RequiredSize,
    allowed_wrong,
    chance_to_show_minimum,
    detectable_difference,
    expected_interval,
    size_to_show_minimum,
)

DISCORDANCE = 0.2
"""Assumed share of records on which only one of two compared candidates is right; stated with the difference."""
LARGEST_ASSUMED = 0.999
HEADROOM = 1 / 2
"""Without earlier runs, the agreement is assumed to lie half-way between the minimum and all."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """The agreement that a power reading assumes, and where it comes from."""

    agreement: float
    source: str


@dataclass(frozen=True, kw_only=True)
class PowerReading:
    """What `records` show about a minimum agreement, if the assumption holds.

    `lower_bound` is the lower end of the expected 95 % interval, `allowed_wrong` the most wrong answers that still show
    the minimum (None: not even none), `chance` that of showing it. `enough` is the size that shows it with 80 % chance,
    None when none does. `difference` is the smallest gain of one candidate over another seen with that chance, None
    when none is, if they differ on the share `discordance` of the records.
    """

    records: int
    minimum: float
    assumption: Assumption
    lower_bound: float
    allowed_wrong: int | None
    chance: float
    enough: RequiredSize | None
    difference: float | None
    discordance: float = DISCORDANCE

    def to_dict(self) -> dict[str, object]:
        """Return the reading as plain JSON values."""
        return asdict(self)


def assume_agreement(earlier: Sequence[StoredEvaluation], policy: Policy) -> Assumption:
    """Return the best agreement that earlier results of the workload reached, else one between the minimum and 1."""
    best = max((result for result in earlier if result.metrics.n), key=lambda each: each.metrics.accuracy, default=None)
    if best is None:
        assumed = policy.minimum_agreement + HEADROOM * (1 - policy.minimum_agreement)
        return Assumption(
            agreement=assumed, source="half-way between the policy's minimum and 1, as no run has measured it"
        )
    return Assumption(
        agreement=min(LARGEST_ASSUMED, max(1 - LARGEST_ASSUMED, best.metrics.accuracy)),
        source=f"what {best.candidate} reached in an earlier run",
    )


def read_power(records: int, policy: Policy, assumption: Assumption) -> PowerReading:
    """Return what an evaluation set of `records` can show. Raises `InputError` for an agreement outside 0 to 1."""
    minimum, assumed = policy.minimum_agreement, assumption.agreement
    return PowerReading(
        records=records,
        minimum=minimum,
        assumption=assumption,
        lower_bound=expected_interval(records, assumed=assumed).low,
        allowed_wrong=allowed_wrong(records, minimum=minimum),
        chance=chance_to_show_minimum(records, minimum=minimum, assumed=assumed),
        enough=size_to_show_minimum(minimum=minimum, assumed=assumed),
        difference=detectable_difference(records, discordance=DISCORDANCE),
    )
