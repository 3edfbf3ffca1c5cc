"""A finished run as the Review page shows it: values only, made from the evidence that `core` gathered. Pure.

Every number and every sentence comes from `core.evaluation`; this module chooses, orders and words them for the screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.ui import numbers
from core.evaluation import Candidate, CandidateAssessment, Gate, GateStatus, Metrics, ResultsBasis, StoredEvaluation
from core.promotion import Decision, Evidence, Verdict
from core.statistics import Interval

VARIANT_ORDER = ("base", "icl", "customized")
VARIANT_NAMES = {"base": "base", "icl": "in-context", "customized": "customized"}
STATUS_ORDER = (GateStatus.FAILS, GateStatus.NEEDS_JUDGEMENT, GateStatus.UNKNOWN, GateStatus.PASSES)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One headline figure; `note` says its interval or what it is compared with."""

    title: str
    value: str
    note: str
    help: str


@dataclass(frozen=True, kw_only=True)
class CandidateView:
    """One candidate as assessed, what a decision on it binds to, and the last act on it."""

    assessed: CandidateAssessment
    evaluation: StoredEvaluation
    basis: ResultsBasis
    decision: Decision | None

    @property
    def candidate(self) -> Candidate:
        """The student and its variant."""
        return self.evaluation.candidate

    @property
    def id(self) -> str:
        """The candidate as links write it."""
        return str(self.candidate)

    @property
    def name(self) -> str:
        """The candidate as people read it."""
        return name_candidate(self.candidate)

    @property
    def metrics(self) -> Metrics:
        """Its scores."""
        return self.evaluation.metrics

    @property
    def agreement(self) -> Interval | None:
        """The interval of its agreement with the teacher; None without records."""
        return self.assessed.comparison.agreement.interval

    @property
    def cost_per_1k_usd(self) -> float | None:
        """What 1,000 requests cost with the student, in US dollars; None where unknown."""
        cost = self.assessed.cost
        return None if cost is None or cost.student_request_usd is None else cost.student_request_usd * 1_000

    @property
    def standing_decision(self) -> Decision | None:
        """The decision that holds now; None before any, and after a withdrawal."""
        is_withdrawn = self.decision is not None and self.decision.verdict is Verdict.WITHDRAWN
        return None if is_withdrawn else self.decision

    @property
    def sequence(self) -> int:
        """How many acts there were: what the next act must have seen."""
        return self.decision.sequence if self.decision else 0

    def list_gates(self, *statuses: GateStatus) -> tuple[Gate, ...]:
        """Return the gates of these statuses, in the order of the card."""
        return tuple(gate for gate in self.assessed.gates if gate.status in statuses)


@dataclass(frozen=True, kw_only=True)
class ReviewView:
    """Everything the Review page shows of one run except single records."""

    evidence: Evidence
    teachers: tuple[str, ...]
    evaluation_records: int
    training_records: int | None
    candidates: tuple[CandidateView, ...]

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.evidence.run.summary.id

    @property
    def workload_id(self) -> str:
        """The workload that was evaluated."""
        return self.evidence.run.summary.workload_id

    @property
    def evaluation_set(self) -> str:
        """The SHA-256 of the evaluation file; empty before it is built."""
        return self.evidence.run.evaluation_set or ""

    @property
    def finished_at(self) -> datetime | None:
        """When the run ended."""
        return self.evidence.run.summary.finished_at

    @property
    def teacher(self) -> str:
        """What answers in production, in words."""
        return ", ".join(self.teachers) or "the teacher"

    @property
    def has_gold(self) -> bool:
        """Whether any record has an answer that a person confirmed."""
        return bool(self.evidence.gold)

    def find(self, candidate_id: str) -> CandidateView | None:
        """Return one candidate, or None."""
        return next((view for view in self.candidates if view.id == candidate_id), None)

    def list_variants(self, view: CandidateView) -> tuple[CandidateView, ...]:
        """Return all variants of the same student, base first."""
        return tuple(each for each in self.candidates if each.candidate.student == view.candidate.student)


def name_candidate(candidate: Candidate) -> str:
    """Return a candidate as people read it: local/linear-large · customized."""
    return f"{candidate.student} · {VARIANT_NAMES.get(candidate.variant, candidate.variant)}"


def build_candidates(evidence: Evidence, decisions: Sequence[Decision]) -> tuple[CandidateView, ...]:
    """Return the candidates by student, then base before in-context before customized.

    `decisions` are the run's acts, in any order.
    """
    newest = find_newest(decisions)
    views = [
        CandidateView(
            assessed=assessed,
            evaluation=evidence.evaluations[assessed.comparison.candidate],
            basis=evidence.bases[assessed.comparison.candidate],
            decision=newest.get(assessed.comparison.candidate),
        )
        for assessed in evidence.assessment.candidates
    ]
    return tuple(sorted(views, key=lambda view: (view.candidate.student, _place(view.candidate.variant))))


def find_newest(decisions: Sequence[Decision]) -> Mapping[Candidate, Decision]:
    """Return the last act on each candidate."""
    newest: dict[Candidate, Decision] = {}
    for decision in decisions:
        known = newest.get(decision.candidate)
        if known is None or decision.sequence > known.sequence:
            newest[decision.candidate] = decision
    return newest


def choose_candidate(candidates: Sequence[CandidateView]) -> CandidateView | None:
    """Return whom to look at first: the highest lower bound among the undecided that are no base, else among all."""
    trained = [view for view in candidates if view.candidate.variant != "base"]
    waiting = [view for view in trained if view.standing_decision is None]
    pool = waiting or trained or list(candidates)
    return max(pool, key=lambda view: view.agreement.low if view.agreement else -1.0, default=None)


def list_figures(view: CandidateView) -> tuple[Figure, ...]:
    """Return the three headline figures: agreement, cost of 1,000 requests, 95th percentile of the answer time."""
    agreement, cost, latency = view.assessed.comparison.agreement, view.assessed.cost, view.assessed.latency
    measured = latency.candidate
    return (
        Figure(
            title="Agreement",
            value=numbers.share(agreement.value),
            note=describe_interval(agreement.interval),
            help=f"How often the candidate answers as the teacher, of {numbers.quantity(agreement.n, 'record')}, with"
            " Wilson's 95 % interval.",
        ),
        Figure(
            title="Cost per 1k",
            value=numbers.money(view.cost_per_1k_usd),
            note="teacher unknown"
            if cost is None or cost.teacher_request_usd is None
            else f"teacher {numbers.money(cost.teacher_request_usd * 1_000)}",
            help="What 1,000 requests cost, from measured tokens and the prices in the settings.",
        ),
        Figure(
            title="p95 answer time",
            value=numbers.milliseconds(measured.p95.value if measured is not None else None),
            note="not measured" if measured is None else f"{numbers.quantity(measured.n, 'answer')}, {measured.source}",
            help="Nineteen of twenty answers came at least as fast, where the note says.",
        ),
    )


def describe_interval(interval: Interval | None) -> str:
    """Return a share's interval; "not enough records" where there is none."""
    return numbers.share_interval(interval.low, interval.high) if interval is not None else "not enough records"


def count_statuses(view: CandidateView) -> Mapping[GateStatus, int]:
    """Return how many gates stand how, the worst first; statuses without a gate are left out."""
    counts = {status: len(view.list_gates(status)) for status in STATUS_ORDER}
    return {status: count for status, count in counts.items() if count}


def describe_provenance(view: ReviewView) -> str:
    """Return one line on what the results rest on."""
    parts = [f"run {view.run_id}", numbers.quantity(view.evaluation_records, "evaluation record")]
    if view.training_records is not None:
        parts.append(numbers.quantity(view.training_records, "training record"))
    if view.finished_at is not None:
        parts.append(f"finished {numbers.moment(view.finished_at)}")
    parts.append(f"evaluation set {numbers.short_hash(view.evaluation_set)}")
    parts.append(f"policy {numbers.short_hash(view.evidence.policy.hash)}")
    return " · ".join(parts)


def _place(variant: str) -> int:
    return VARIANT_ORDER.index(variant) if variant in VARIANT_ORDER else len(VARIANT_ORDER)
