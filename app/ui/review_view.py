"""A finished run as the Review page shows it: values only, made from what `core` stored. Pure.

A candidate is judged against the teacher's answers and nothing else here; gates and gold come from `core.evaluation`
when a policy is checked, and fill the same lines of evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.ui import numbers
from core.evaluation import Candidate, Metrics, Outcome, ResultsBasis, Sample, StoredEvaluation
from core.promotion import Decision, Verdict
from core.settings import Student
from core.statistics import Interval, count_pairs, tango_interval

VARIANT_ORDER = ("base", "icl", "customized")
VARIANT_NAMES = {"base": "base", "icl": "in-context", "customized": "customized"}


class Standing(StrEnum):
    """How a line of evidence stands; the values are read out beside its sign."""

    PASSES = "passes"
    NEEDS_JUDGEMENT = "needs judgement"
    FAILS = "fails"
    UNKNOWN = "unknown"
    STATED = "stated"  # a fact without a limit


@dataclass(frozen=True, kw_only=True)
class EvidenceLine:
    """One line beside the verdict; `limit` is empty where nothing is demanded."""

    title: str
    observed: str
    limit: str = ""
    standing: Standing = Standing.STATED


@dataclass(frozen=True, kw_only=True)
class Gain:
    """A variant's share of right answers minus its base's on the same records, -1 to 1, with Tango's interval."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class CandidateView:
    """One candidate: its scores, what they rest on, and the last act on it."""

    candidate: Candidate
    model: str
    metrics: Metrics
    agreement: Interval | None
    results_hash: str
    cost_per_1k_usd: float | None
    service_scores: Mapping[str, float]
    decision: Decision | None

    @property
    def id(self) -> str:
        """The candidate as links write it."""
        return str(self.candidate)

    @property
    def name(self) -> str:
        """The candidate as people read it."""
        return name_candidate(self.candidate)

    @property
    def standing_decision(self) -> Decision | None:
        """The decision that holds now; None before any, and after a withdrawal."""
        is_withdrawn = self.decision is not None and self.decision.verdict is Verdict.WITHDRAWN
        return None if is_withdrawn else self.decision

    @property
    def sequence(self) -> int:
        """How many acts there were: what the next act must have seen."""
        return self.decision.sequence if self.decision else 0


@dataclass(frozen=True, kw_only=True)
class ReviewView:
    """Everything the Review page shows of one run except single records."""

    run_id: str
    workload_id: str
    client_id: str | None
    teachers: tuple[str, ...]
    evaluation_set: str
    evaluation_records: int
    training_records: int | None
    finished_at: datetime | None
    candidates: tuple[CandidateView, ...]

    @property
    def teacher(self) -> str:
        """What answers in production, in words."""
        return ", ".join(self.teachers) or "the teacher"

    def find(self, candidate_id: str) -> CandidateView | None:
        """Return one candidate, or None."""
        return next((view for view in self.candidates if view.id == candidate_id), None)

    def find_base(self, view: CandidateView) -> CandidateView | None:
        """Return the base of the same student, or None for a base and without one."""
        base = Candidate(student=view.candidate.student, variant="base")
        return None if view.candidate == base else self.find(str(base))


def name_candidate(candidate: Candidate) -> str:
    """Return a candidate as people read it: local/linear-large · customized."""
    return f"{candidate.student} · {VARIANT_NAMES.get(candidate.variant, candidate.variant)}"


def build_candidates(
    evaluations: Sequence[StoredEvaluation],
    decisions: Sequence[Decision],
    *,
    costs: Mapping[str, float | None],
    bases: Mapping[Candidate, ResultsBasis],
) -> tuple[CandidateView, ...]:
    """Return the candidates by student, then base before in-context before customized.

    `decisions` are the run's acts, newest first; `costs` are US dollars per 1,000 requests by candidate id.
    """
    newest: dict[Candidate, Decision] = {}
    for decision in decisions:
        known = newest.get(decision.candidate)
        if known is None or decision.sequence > known.sequence:
            newest[decision.candidate] = decision
    views = [
        CandidateView(
            candidate=result.candidate,
            model=result.model,
            metrics=result.metrics,
            agreement=result.agreement,
            results_hash=bases[result.candidate].hash,
            cost_per_1k_usd=costs.get(str(result.candidate)),
            service_scores=result.service_scores,
            decision=newest.get(result.candidate),
        )
        for result in evaluations
    ]
    return tuple(sorted(views, key=lambda view: (view.candidate.student, _place(view.candidate.variant))))


def price_per_1k(metrics: Metrics, student: Student | None) -> float | None:
    """Return what 1,000 such requests cost with the student, in US dollars; None without prices or token counts."""
    if student is None or student.price_input_usd is None or student.price_output_usd is None:
        return None
    if metrics.prompt_tokens is None or metrics.completion_tokens is None or metrics.n == 0:
        return None
    total = metrics.prompt_tokens * student.price_input_usd + metrics.completion_tokens * student.price_output_usd
    return total / 1_000_000 / metrics.n * 1_000


def choose_candidate(candidates: Sequence[CandidateView]) -> CandidateView | None:
    """Return whom to look at first: the highest lower bound among the undecided that are no base, else among all."""
    trained = [view for view in candidates if view.candidate.variant != "base"]
    waiting = [view for view in trained if view.standing_decision is None]
    pool = waiting or trained or list(candidates)
    return max(pool, key=lambda view: view.agreement.low if view.agreement else -1.0, default=None)


def measure_gain(samples: Sequence[Sample], base: Sequence[Sample]) -> Gain | None:
    """Return what a variant gained over its base on the records both have; None without any."""
    base_right = {sample.key: sample.outcome is Outcome.CORRECT for sample in base}
    counts = count_pairs(
        (sample.outcome is Outcome.CORRECT, base_right[sample.key]) for sample in samples if sample.key in base_right
    )
    if counts.difference is None:
        return None
    return Gain(value=counts.difference, interval=tango_interval(counts))


def state_verdict(view: CandidateView) -> str:
    """Return the verdict in one sentence, with comparator, interval and n; never more than the numbers say."""
    metrics = view.metrics
    if view.agreement is None:
        return "No record was judged, so nothing is known about this candidate."
    share = numbers.share(metrics.accuracy)
    interval = numbers.share_interval(view.agreement.low, view.agreement.high)
    records = f"{numbers.count(metrics.correct)} of {numbers.quantity(metrics.n, 'record')}"
    return f"Agrees with the teacher on {share} of answers: {records}, 95{numbers.NBSP}% interval {interval}."


def list_evidence(view: CandidateView, gain: Gain | None) -> tuple[EvidenceLine, ...]:
    """Return what is known about a candidate, line by line; unknown where it was not measured."""
    metrics = view.metrics
    lines = [
        EvidenceLine(title="Agreement with the teacher", observed=describe_agreement(view)),
        EvidenceLine(title="Against its base", observed=describe_gain(gain)),
        EvidenceLine(title="Records judged on", observed=numbers.count(metrics.n)),
        EvidenceLine(title="Without an answer", observed=numbers.count(metrics.missing + metrics.errors)),
        EvidenceLine(title="Unreadable or cut off", observed=numbers.count(metrics.invalid_format + metrics.truncated)),
        EvidenceLine(title="Cost per 1,000 requests", observed=numbers.money(view.cost_per_1k_usd)),
        EvidenceLine(title="Mean answer time", observed=numbers.milliseconds(metrics.mean_latency_ms)),
    ]
    return tuple(lines)


def describe_agreement(view: CandidateView) -> str:
    """Return the share of agreement with its interval."""
    if view.agreement is None:
        return numbers.UNKNOWN
    interval = numbers.share_interval(view.agreement.low, view.agreement.high)
    return f"{numbers.share(view.metrics.accuracy)} ({interval})"


def describe_gain(gain: Gain | None) -> str:
    """Return the gain over the base with its interval; "no base" where there is nothing to compare with."""
    if gain is None:
        return "no base to compare with"
    if gain.interval is None:
        return numbers.points(gain.value)
    low, high = numbers.points(gain.interval.low), numbers.points(gain.interval.high)
    return f"{numbers.points(gain.value)} ({low.removesuffix(f'{numbers.NBSP}pp')} to {high})"


def describe_provenance(view: ReviewView) -> str:
    """Return one line on what the results rest on."""
    parts = [f"run {view.run_id}", numbers.quantity(view.evaluation_records, "evaluation record")]
    if view.training_records is not None:
        parts.append(numbers.quantity(view.training_records, "training record"))
    if view.finished_at is not None:
        parts.append(f"finished {numbers.moment(view.finished_at)}")
    parts.append(f"evaluation set {numbers.short_hash(view.evaluation_set)}")
    return " · ".join(parts)


def _place(variant: str) -> int:
    return VARIANT_ORDER.index(variant) if variant in VARIANT_ORDER else len(VARIANT_ORDER)
