"""What clients get about a run's candidates side by side: every number of the Review page, under stable names.

Shares and their differences go from 0 to 1; money is US dollars; times are milliseconds. Intervals are two-sided 95 %
intervals. What is not known is null, and a list says why.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.evaluation import GateStatus, GateUnit, Lead


class IntervalReply(BaseModel):
    """A two-sided 95 % interval."""

    low: float
    high: float


class CandidateName(BaseModel):
    """A student in one variant; `name` is `student:variant`."""

    name: str
    student: str
    variant: str


class ShareReply(BaseModel):
    """A count of `n` records; `interval` is Wilson's. Null without records."""

    count: int
    n: int
    value: float | None
    interval: IntervalReply | None


class ClassReply(BaseModel):
    """One class, the teacher's answers being the truth. `predicted` counts the answers that name it."""

    label: str
    support: int
    predicted: int
    precision: ShareReply
    recall: ShareReply
    f1: float


class ConfusionReply(BaseModel):
    """Counts by expected class (row) and answered class (column); `foreign` name no expected class."""

    labels: list[str]
    counts: list[list[int]]
    foreign: list[int]
    unreadable: list[int]


class PairCountsReply(BaseModel):
    """Records by what became of them from the reference to the candidate."""

    both_right: int
    newly_right: int
    newly_wrong: int
    both_wrong: int


class GoldReply(BaseModel):
    """Candidate and teacher on the records with gold. `interval` is Tango's, of candidate minus teacher."""

    candidate: ShareReply
    teacher: ShareReply
    counts: PairCountsReply
    difference: float | None
    interval: IntervalReply | None


class PairedReply(BaseModel):
    """The candidate against its base. `difference` of right shares with Tango's interval; exact McNemar p-values.

    A `lead` needs a p-value, adjusted by Holm for `compared` pairs, of at most 0.05, and an interval without 0.
    """

    reference: CandidateName
    counts: PairCountsReply
    difference: float | None
    interval: IntervalReply | None
    p_value: float
    adjusted_p_value: float
    compared: int
    lead: Lead


class GateReply(BaseModel):
    """One rule of the policy; the texts are those of the page."""

    key: str
    title: str
    status: GateStatus
    unit: GateUnit
    observed: float | None
    interval: IntervalReply | None
    limit: float
    is_minimum: bool
    reason: str
    observed_text: str
    limit_text: str


class ApprovalReply(BaseModel):
    """What the gates allow; `failing` and `open` are keys of gates."""

    is_blocked: bool
    failing: list[str]
    open: list[str]
    may_override: bool


class VerdictReply(BaseModel):
    """The verdict in words; `training` is about the gain over the base, null for a base."""

    status: GateStatus
    sentence: str
    training: str | None


class CostReply(BaseModel):
    """Costs of a request and the saving of a month in US dollars; `unknown` says what is missing."""

    student_request_usd: float | None
    teacher_request_usd: float | None
    ratio: float | None
    ratio_interval: IntervalReply | None
    requests_a_month: float | None
    requests_interval: IntervalReply | None
    monthly_saving_usd: float | None
    saving_interval: IntervalReply | None
    assumptions: list[str]
    unknown: list[str]


class QuantileReply(BaseModel):
    """A percentile with its order-statistic interval; an end is null when there are too few times for it."""

    value: float
    low: float | None
    high: float | None


class LatencyReply(BaseModel):
    """Answer times in milliseconds, and where they were measured."""

    n: int
    p50: QuantileReply
    p95: QuantileReply
    source: Literal["evaluation", "probe", "logs"]
    concurrency: int | None


class LatencyRatioReply(BaseModel):
    """The 95th percentiles of candidate and teacher."""

    candidate: LatencyReply | None
    teacher: LatencyReply | None
    ratio: float | None
    interval: IntervalReply | None
    unknown: str | None


class EstimateReply(BaseModel):
    """A graded score with its BCa bootstrap interval and the seed it was drawn with; null where nothing varies."""

    value: float
    interval: IntervalReply | None
    resamples: int
    seed: int


class EstimatesReply(BaseModel):
    """Graded scores; the gains are over the base, drawn as pairs."""

    macro_f1: EstimateReply | None
    token_overlap_f1: EstimateReply | None
    macro_f1_gain: EstimateReply | None
    token_overlap_f1_gain: EstimateReply | None


class MustSeeReply(BaseModel):
    """How much of the must-see list was opened; `positions` are its records in their order."""

    total: int
    seen: int
    critical: int
    is_required: bool
    is_complete: bool
    positions: list[int]


class CandidateReply(BaseModel):
    """One candidate: its numbers, gates and verdict. `agreement` is with the teacher, over all records."""

    candidate: CandidateName
    n: int
    agreement: ShareReply
    metrics: dict[str, float | int | None]
    estimates: EstimatesReply | None
    service_scores: dict[str, float] = Field(description="the service's own numbers, under its names")
    outcomes: dict[str, int]
    unanswered: int
    unreadable: ShareReply
    tool_name: ShareReply | None
    tool_arguments: ShareReply | None
    classes: list[ClassReply]
    confusion: ConfusionReply | None
    gold: GoldReply
    against_base: PairedReply | None
    not_compared: str | None
    gates: list[GateReply]
    approval: ApprovalReply
    verdict: VerdictReply
    cost: CostReply | None
    latency: LatencyRatioReply
    must_see: MustSeeReply
    acts: int = Field(description="how many decisions there were: the `expected_sequence` of the next")
    results_hash: str = Field(description="what a decision binds to: the `expected_results_hash` of the next")
    basis: dict[str, str] = Field(description="the parts of the results hash: the `expected_basis` of the next")
    finished_at: datetime


class RankingReply(BaseModel):
    """All candidates by agreement; leads are named where Holm's adjustment over all pairs lets them."""

    order: list[str]
    shown_over: list[str]
    not_shown_over: list[str]
    pairs: int
    sentence: str


class DifferenceReply(BaseModel):
    """An input that is not the same for all candidates, with its value for each."""

    name: str
    values: dict[str, str]


class ComparisonReply(BaseModel):
    """A run's candidates side by side under the policy in force. Candidates are empty while nothing was evaluated."""

    job_id: str
    workload_id: str
    client_id: str | None
    evaluation_set: str | None
    policy: dict[str, Any]
    policy_hash: str
    candidates: list[CandidateReply]
    is_comparable: bool
    differences: list[DifferenceReply]
    common_records: int
    ranking: RankingReply | None
