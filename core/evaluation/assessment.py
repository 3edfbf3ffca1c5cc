"""A run's candidates under a policy: everything a decision card and the comparison's API show, in one value.

Composes the comparison, the gates, the verdicts and the ranking; the numbers are those of the modules it calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.evaluation.comparability import InputDifference
from core.evaluation.comparison import CandidateComparison, CandidateSamples, compare
from core.evaluation.cost import CostComparison
from core.evaluation.gate import Approval, Gate, check_approval
from core.evaluation.gates import check_gates
from core.evaluation.latency import Latency, LatencyComparison, compare_latency
from core.evaluation.plain import to_plain
from core.evaluation.ranking import Ranking, rank_candidates
from core.evaluation.samples import Candidate
from core.evaluation.verdict import Verdict, judge_candidate
from core.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the samples do not hold. Whatever is missing makes its gate unknown.

    `leaked` counts evaluation prompts in the training data, None when nobody looked; `probes` are answer times measured
    by a probe, which win over those of the evaluation.
    """

    leaked: int | None = None
    costs: Mapping[Candidate, CostComparison] | None = None
    probes: Mapping[Candidate, Latency] | None = None
    teacher_latency: Latency | None = None


@dataclass(frozen=True, kw_only=True)
class CandidateAssessment:
    """One candidate with its gates, verdict and what they allow."""

    comparison: CandidateComparison
    gates: tuple[Gate, ...]
    approval: Approval
    verdict: Verdict
    cost: CostComparison | None
    latency: LatencyComparison

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; the comparison's fields stand at the top."""
        return {
            **to_plain(self.comparison),
            "gates": [gate.to_dict() for gate in self.gates],
            "approval": to_plain(self.approval),
            "verdict": to_plain(self.verdict),
            "cost": to_plain(self.cost),
            "latency_ratio": to_plain(self.latency),
        }


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The candidates of a run under one policy. `ranking` is None for a single candidate or differing inputs."""

    candidates: tuple[CandidateAssessment, ...]
    differences: tuple[InputDifference, ...]
    common_records: int
    is_restricted: bool
    ranking: Ranking | None
    policy_hash: str

    def find(self, candidate: Candidate) -> CandidateAssessment | None:
        """Return one candidate's part, or None."""
        return next((entry for entry in self.candidates if entry.comparison.candidate == candidate), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, for the API and stored evidence."""
        return {
            "candidates": [entry.to_dict() for entry in self.candidates],
            "differences": to_plain(self.differences),
            "is_comparable": not self.differences,
            "common_records": self.common_records,
            "is_restricted": self.is_restricted,
            "ranking": to_plain(self.ranking),
            "policy_hash": self.policy_hash,
        }


def assess(
    results: Sequence[CandidateSamples],
    *,
    policy: Policy,
    has_labels: bool,
    gold: Mapping[str, str] | None = None,
    circumstances: Circumstances | None = None,
    on_difference: Literal["refuse", "use_common_records"] = "refuse",
) -> Assessment:
    """Return the candidates compared, gated and judged. Arguments and errors are those of `compare`."""
    known = circumstances or Circumstances()
    comparison = compare(results, has_labels=has_labels, gold=gold, on_difference=on_difference)
    return Assessment(
        candidates=tuple(
            _assess_one(row, policy=policy, known=known, is_restricted=comparison.is_restricted)
            for row in comparison.candidates
        ),
        differences=comparison.differences,
        common_records=comparison.common_records,
        is_restricted=comparison.is_restricted,
        ranking=rank_candidates(results) if comparison.is_comparable or comparison.is_restricted else None,
        policy_hash=policy.hash,
    )


def _assess_one(
    row: CandidateComparison, *, policy: Policy, known: Circumstances, is_restricted: bool
) -> CandidateAssessment:
    cost = (known.costs or {}).get(row.candidate)
    latency = compare_latency((known.probes or {}).get(row.candidate) or row.latency, known.teacher_latency)
    gates = check_gates(row, policy=policy, leaked=known.leaked, cost=cost, latency=latency)
    return CandidateAssessment(
        comparison=row,
        gates=gates,
        approval=check_approval(gates, policy),
        verdict=judge_candidate(row, gates, policy=policy, is_restricted=is_restricted),
        cost=cost,
        latency=latency,
    )
