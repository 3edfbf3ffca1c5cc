"""The rules: each turns a candidate's numbers and the policy into a gate.

A gate judges the whole interval. What cannot be known, or not from so few records, is unknown and never passed.
"""

from core.errors import near_miss
from core.evaluation import wording
from core.evaluation.comparison import CandidateComparison
from core.evaluation.cost import CostComparison
from core.evaluation.gate import Gate, GateStatus, GateUnit
from core.evaluation.latency import LatencyComparison
from core.policy import CriticalClass, Policy
from core.scoring import fold_answer
from core.statistics import Conclusion, Interval, judge_minimum, judge_non_inferiority

_STATUS = {
    Conclusion.PASSES: GateStatus.PASSES,
    Conclusion.NEEDS_JUDGEMENT: GateStatus.NEEDS_JUDGEMENT,
    Conclusion.FAILS: GateStatus.FAILS,
    Conclusion.NOT_ENOUGH_DATA: GateStatus.UNKNOWN,
}
_REASON = {
    Conclusion.PASSES: "the whole interval is within the limit",
    Conclusion.NEEDS_JUDGEMENT: "the interval straddles the limit",
    Conclusion.FAILS: "the whole interval is beyond the limit",
}


def check_gates(
    candidate: CandidateComparison,
    *,
    policy: Policy,
    leaked: int | None,
    cost: CostComparison | None = None,
    latency: LatencyComparison | None = None,
) -> tuple[Gate, ...]:
    """Return all gates of the policy for one candidate, in the order of a decision card.

    `leaked` is the number of evaluation prompts found in the training data, None when nobody looked.
    """
    return (
        _agreement(candidate, policy),
        _gold(candidate, policy),
        *(_recall(candidate, critical) for critical in policy.critical_classes),
        _records(candidate, policy),
        _unanswered(candidate, policy),
        _unreadable(candidate, policy),
        _leakage(leaked, policy),
        _cost(cost, policy),
        _latency(latency, policy),
    )


def _agreement(candidate: CandidateComparison, policy: Policy) -> Gate:
    judgement = judge_minimum(candidate.agreement.count, candidate.n, minimum=policy.minimum_agreement)
    return Gate(
        key="agreement",
        title="Agreement with the teacher",
        status=_STATUS[judgement.conclusion],
        unit=GateUnit.SHARE,
        observed=judgement.share,
        interval=judgement.interval,
        limit=policy.minimum_agreement,
        is_minimum=True,
        reason=_REASON.get(judgement.conclusion) or _too_few(candidate.n, judgement.needed),
    )


def _gold(candidate: CandidateComparison, policy: Policy) -> Gate:
    gold = candidate.gold
    judgement = judge_non_inferiority(gold.counts, margin=policy.gold_margin, needed=policy.minimum_gold_records)
    status = _STATUS[judgement.conclusion]
    reason = _REASON.get(judgement.conclusion)
    if reason is None:
        reason = "no record has gold" if gold.counts.n == 0 else _too_few(gold.counts.n, judgement.needed, "with gold")
        if policy.require_gold:
            status, reason = GateStatus.FAILS, f"the policy requires gold, but {reason}"
    return Gate(
        key="gold",
        title="Correctness on gold against the teacher",
        status=status,
        unit=GateUnit.POINTS,
        observed=judgement.difference,
        interval=judgement.interval,
        limit=-policy.gold_margin,
        is_minimum=True,
        reason=reason,
    )


def _recall(candidate: CandidateComparison, critical: CriticalClass) -> Gate:
    wanted = fold_answer(critical.label)
    row = next((row for row in candidate.classes if fold_answer(row.label) == wanted), None)
    successes, n = (row.recall.count, row.recall.n) if row is not None else (0, 0)
    judgement = judge_minimum(successes, n, minimum=critical.minimum_recall)
    reason = _REASON.get(judgement.conclusion) or _too_few(n, judgement.needed, "of this class")
    if row is None:
        labels = [row.label for row in candidate.classes]
        reason = f"no record has this class{near_miss(critical.label, labels)}" if labels else "there are no classes"
    return Gate(
        key=f"recall:{critical.label}",
        title=f"Recall of {critical.label}",
        status=_STATUS[judgement.conclusion],
        unit=GateUnit.SHARE,
        observed=judgement.share,
        interval=judgement.interval,
        limit=critical.minimum_recall,
        is_minimum=True,
        reason=reason,
    )


def _records(candidate: CandidateComparison, policy: Policy) -> Gate:
    is_enough = candidate.n >= policy.minimum_records
    return Gate(
        key="records",
        title="Records judged on",
        status=GateStatus.PASSES if is_enough else GateStatus.FAILS,
        unit=GateUnit.RECORDS,
        observed=candidate.n,
        interval=None,
        limit=policy.minimum_records,
        is_minimum=True,
        reason="there are enough"
        if is_enough
        else f"{wording.quantity(policy.minimum_records - candidate.n, 'record')} too few",
    )


def _unanswered(candidate: CandidateComparison, policy: Policy) -> Gate:
    count = candidate.unanswered
    may_pass = count == 0 or not policy.require_complete_samples
    return Gate(
        key="unanswered",
        title="Records without an answer",
        status=GateStatus.PASSES if may_pass else GateStatus.FAILS,
        unit=GateUnit.RECORDS,
        observed=count,
        interval=None,
        limit=0 if policy.require_complete_samples else candidate.n,
        is_minimum=False,
        reason="every record was answered"
        if count == 0
        else f"{wording.quantity(count, 'record')} got no answer and count as wrong",
    )


def _unreadable(candidate: CandidateComparison, policy: Policy) -> Gate:
    # The share of readable answers against its minimum is the same question, and Wilson's interval mirrors.
    unreadable = candidate.unreadable
    minimum = 1 - policy.maximum_invalid_rate
    judgement = judge_minimum(unreadable.n - unreadable.count, unreadable.n, minimum=minimum)
    return Gate(
        key="unreadable",
        title="Unreadable or cut-off answers",
        status=_STATUS[judgement.conclusion],
        unit=GateUnit.SHARE,
        observed=unreadable.value,
        interval=unreadable.interval,
        limit=policy.maximum_invalid_rate,
        is_minimum=False,
        reason=_REASON.get(judgement.conclusion) or _too_few(candidate.n, judgement.needed),
    )


def _leakage(leaked: int | None, policy: Policy) -> Gate:
    if leaked is None:
        status, reason = GateStatus.UNKNOWN, "nobody looked for evaluation prompts in the training data"
    elif leaked == 0:
        status, reason = GateStatus.PASSES, "no evaluation prompt is in the training data"
    else:
        status = GateStatus.FAILS if policy.require_no_leakage else GateStatus.NEEDS_JUDGEMENT
        reason = f"{wording.quantity(leaked, 'evaluation prompt')} also stood in the training data"
    return Gate(
        key="leakage",
        title="Leaked records",
        status=status,
        unit=GateUnit.RECORDS,
        observed=leaked,
        interval=None,
        limit=0,
        is_minimum=False,
        reason=reason,
    )


def _cost(cost: CostComparison | None, policy: Policy) -> Gate:
    unknown = "prices and tokens were not compared" if cost is None else "; ".join(cost.unknown)
    return _ratio_gate(
        "cost",
        "Cost of a request against the teacher",
        ratio=cost.ratio if cost is not None else None,
        interval=cost.ratio_interval if cost is not None else None,
        limit=policy.maximum_cost_ratio,
        unknown=unknown,
    )


def _latency(latency: LatencyComparison | None, policy: Policy) -> Gate:
    return _ratio_gate(
        "latency",
        "95th percentile of the answer time against the teacher",
        ratio=latency.ratio if latency is not None else None,
        interval=latency.interval if latency is not None else None,
        limit=policy.maximum_latency_ratio,
        unknown=(latency.unknown if latency is not None else None) or "answer times were not compared",
    )


def _ratio_gate(
    key: str, title: str, *, ratio: float | None, interval: Interval | None, limit: float, unknown: str
) -> Gate:
    if ratio is None:
        status, reason = GateStatus.UNKNOWN, unknown
    elif interval is None:
        status, reason = GateStatus.UNKNOWN, "not enough data: too few measurements for an interval"
    elif interval.high <= limit:
        status, reason = GateStatus.PASSES, _REASON[Conclusion.PASSES]
    elif interval.low > limit:
        status, reason = GateStatus.FAILS, _REASON[Conclusion.FAILS]
    else:
        status, reason = GateStatus.NEEDS_JUDGEMENT, _REASON[Conclusion.NEEDS_JUDGEMENT]
    return Gate(
        key=key,
        title=title,
        status=status,
        unit=GateUnit.RATIO,
        observed=ratio,
        interval=interval if ratio is not None else None,
        limit=limit,
        is_minimum=False,
        reason=reason,
    )


def _too_few(n: int, needed: int, which: str = "") -> str:
    records = f"records {which}".strip()
    return f"not enough data: {n:,} {records}, at least {needed:,} are needed"
