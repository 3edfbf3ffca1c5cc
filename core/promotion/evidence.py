"""Everything a decision on a run rests on, gathered in one place for page, API and decision alike.

The candidates are compared, gated and judged by `core.evaluation`; this module brings together what that needs: samples
and results from the state, the policy, gold, prices, the workload's traffic and what the manifest says about leakage.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.errors import UnavailableError
from core.evaluation import (
    Assessment,
    Candidate,
    CandidateSamples,
    Circumstances,
    CostComparison,
    Latency,
    Price,
    ResultsBasis,
    Sample,
    StoredEvaluation,
    assess,
    compare_cost,
    find_traffic,
    hash_gold,
    hash_samples,
    list_evaluations,
    load_samples,
    student_price,
)
from core.logs import LogStore
from core.policy import Policy
from core.promotion.gold import gold_version, read_gold_keys
from core.runs import RunNotFound, RunView, get_manifest, get_run
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class EvidenceSources:
    """What evidence rests on beside the state: the rules, the prices and the logged traffic of an installation."""

    policy: Policy
    settings: Settings
    logs: LogStore


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A run's candidates as judged now. `gold` maps record keys to the answer key a person confirmed.

    `bases` are what each candidate's results hash binds, with the samples as they were stored when they were measured.
    """

    run: RunView
    policy: Policy
    assessment: Assessment
    evaluations: Mapping[Candidate, StoredEvaluation]
    samples: Mapping[Candidate, Sequence[Sample]]
    gold: Mapping[str, str]
    bases: Mapping[Candidate, ResultsBasis]

    @property
    def has_labels(self) -> bool:
        """Whether classes mean anything for this workload."""
        return _has_labels(self.evaluations.values())

    def find_base(self, candidate: Candidate) -> Sequence[Sample] | None:
        """Return the samples of the same student's base; None for a base and without one."""
        base = Candidate(student=candidate.student, variant="base")
        return None if candidate == base else self.samples.get(base)


def gather_evidence(session: Session, run_id: str, *, sources: EvidenceSources) -> Evidence:
    """Return the evidence of a run; without candidates while no evaluation has ended. Raises `RunNotFound`.

    A log store that does not answer leaves the cost unknown; nothing else depends on it.
    """
    run = get_run(session, run_id)
    evaluations = {result.candidate: result for result in list_evaluations(session, run_id)}
    samples = {candidate: load_samples(session, run_id, candidate) for candidate in evaluations}
    gold = read_gold_keys(session, evaluations.values(), samples, workload_id=run.summary.workload_id)
    assessment = assess(
        [
            CandidateSamples(candidate=candidate, samples=samples[candidate], inputs=result.inputs)
            for candidate, result in evaluations.items()
        ],
        policy=sources.policy,
        has_labels=_has_labels(evaluations.values()),
        gold=gold,
        circumstances=Circumstances(
            leaked=_count_leaked(session, run_id),
            costs=_compare_costs(run, samples, sources=sources),
            probes={candidate: times for candidate, result in evaluations.items() if (times := _probed(result))},
        ),
    )
    return Evidence(
        run=run,
        policy=sources.policy,
        assessment=assessment,
        evaluations=evaluations,
        samples=samples,
        gold=gold,
        bases={
            candidate: _bind(result, result.samples_hash, policy=sources.policy, gold=gold)
            for candidate, result in evaluations.items()
        },
    )


def evidence_version(session: Session, run_id: str) -> str:
    """Return a text that changes when results or gold of a run change, without reading samples: for caches."""
    gold = gold_version(session, get_run(session, run_id).summary.workload_id)
    results = (
        f"{result.candidate}={result.samples_hash}{'+probe' if result.probe else ''}"
        for result in list_evaluations(session, run_id)
    )
    return "/".join([str(gold), *results])


def reread_basis(session: Session, evaluation: StoredEvaluation, *, workload_id: str, policy: Policy) -> ResultsBasis:
    """Return what a candidate's results hash binds at this moment, its samples read and hashed again."""
    candidate = evaluation.candidate
    samples = load_samples(session, evaluation.run_id, candidate)
    gold = read_gold_keys(session, [evaluation], {candidate: samples}, workload_id=workload_id)
    return _bind(evaluation, hash_samples(samples), policy=policy, gold=gold)


def _bind(result: StoredEvaluation, samples_hash: str, *, policy: Policy, gold: Mapping[str, str]) -> ResultsBasis:
    return ResultsBasis(
        candidate=result.candidate,
        evaluation_set=result.evaluation_set,
        scorer_version=result.scorer_version,
        policy=policy.hash,
        gold=hash_gold(gold),
        samples=samples_hash,
    )


def _probed(result: StoredEvaluation) -> Latency | None:
    return result.probe.latency if result.probe is not None else None


def _has_labels(evaluations: Iterable[StoredEvaluation]) -> bool:
    return any(result.metrics.macro_f1 is not None for result in evaluations)


def _count_leaked(session: Session, run_id: str) -> int | None:
    """Return 0 when the build of the datasets took leaks out of the training data; None when nobody looked."""
    try:
        manifest = json.loads(get_manifest(session, run_id))
    except RunNotFound:
        return None
    return 0 if "leaked" in manifest.get("datasets", {}).get("counts", {}) else None


def _compare_costs(
    run: RunView, samples: Mapping[Candidate, Sequence[Sample]], *, sources: EvidenceSources
) -> dict[Candidate, CostComparison]:
    try:
        traffic = find_traffic(sources.logs, run.summary.workload_id, run.summary.client_id)
    except UnavailableError:
        return dict.fromkeys(samples, CostComparison(unknown=("the log store does not answer",)))
    students = {student.name: student for student in sources.settings.students}
    teachers = {
        teacher.name: Price(input_usd=teacher.price_input_usd, output_usd=teacher.price_output_usd)
        for teacher in sources.settings.teachers
    }
    costs = {}
    for candidate, measured in samples.items():
        student = students.get(candidate.student)
        price = student_price(student) if student else None
        costs[candidate] = compare_cost(measured, traffic, student_price=price, teacher_prices=teachers)
    return costs
