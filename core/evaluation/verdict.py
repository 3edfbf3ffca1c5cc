"""The verdict in words: what the samples show about a candidate, and no more than the tests behind it.

Every clause names its comparator and its number of records. "Shown" is what an interval excludes; the opposite of shown
is not shown, never "equal". Agreement with the teacher and correctness on gold are two clauses, never one number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation import wording
from core.evaluation.comparison import BASE, CandidateComparison
from core.evaluation.gate import Gate, GateStatus
from core.evaluation.pairing import Lead, PairedComparison
from core.evaluation.samples import Candidate
from core.policy import Policy
from core.statistics import Conclusion, judge_minimum, judge_non_inferiority

VARIANTS = {BASE: "Base", "icl": "In-context", "customized": "Customized"}
IN_SENTENCE = ("agreement", "gold")  # gates that the sentence already puts into words


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a decision card says. `status` sums up the gates: unknown when the agreement is.

    `sentence` is about replacing the teacher, `training` about what the variant gained over its base (None for a base):
    a candidate can gain much and still not be fit to replace anything.
    """

    status: GateStatus
    sentence: str
    training: str | None


def judge_candidate(
    candidate: CandidateComparison, gates: Sequence[Gate], *, policy: Policy, is_restricted: bool = False
) -> Verdict:
    """Return the verdict on a candidate whose gates were checked under the same policy.

    `is_restricted` says that only the records common to several results were used.
    """
    return Verdict(
        status=_sum_up(gates),
        sentence=verdict_sentence(candidate, gates, policy=policy, is_restricted=is_restricted),
        training=training_sentence(candidate),
    )


def verdict_sentence(
    candidate: CandidateComparison, gates: Sequence[Gate], *, policy: Policy, is_restricted: bool = False
) -> str:
    """Return one sentence: agreement, correctness on gold, what counted as wrong, and which further gates fail."""
    clauses = [
        _agreement_clause(candidate, policy, is_restricted=is_restricted),
        _gold_clause(candidate, policy),
        _wrong_clause(candidate),
        _failing_clause(gates),
    ]
    return "; ".join(clause for clause in clauses if clause) + "."


def training_sentence(candidate: CandidateComparison) -> str | None:
    """Return what the variant shows against its base, by agreement with the teacher; None for a base."""
    if candidate.candidate.variant == BASE:
        return None
    pair = candidate.against_base
    name = describe_candidate(candidate.candidate)
    if pair is None or pair.interval is None or pair.difference is None:
        return f"{name} is not compared with its base: {candidate.not_compared or 'they share no record'}."
    counts = pair.counts
    if counts.newly_right == counts.newly_wrong == 0:
        return (
            f"{name} is not shown to differ from its base: on {_records(counts.n)} no agreement with the teacher "
            "was gained or lost."
        )
    claim = {
        Lead.BETTER: "agrees with the teacher more often than its base",
        Lead.WORSE: "agrees with the teacher less often than its base",
        Lead.NOT_SHOWN: "is not shown to differ from its base in agreement with the teacher",
    }[pair.lead]
    return (
        f"{name} {claim}: {counts.newly_right:,} newly right, {counts.newly_wrong:,} newly wrong of "
        f"{_records(counts.n)} ({wording.points(pair.difference)}, 95 % interval "
        f"{wording.points_interval(pair.interval)}; {_p_text(pair)})."
    )


def describe_candidate(candidate: Candidate) -> str:
    """Return "Customized local/linear-large", to begin a sentence with."""
    return f"{VARIANTS.get(candidate.variant, candidate.variant)} {candidate.student}"


def _sum_up(gates: Sequence[Gate]) -> GateStatus:
    statuses = {gate.status for gate in gates}
    if GateStatus.FAILS in statuses:
        return GateStatus.FAILS
    if any(gate.key == "agreement" and gate.status is GateStatus.UNKNOWN for gate in gates):
        return GateStatus.UNKNOWN
    return GateStatus.NEEDS_JUDGEMENT if GateStatus.NEEDS_JUDGEMENT in statuses else GateStatus.PASSES


def _agreement_clause(candidate: CandidateComparison, policy: Policy, *, is_restricted: bool) -> str:
    judgement = judge_minimum(candidate.agreement.count, candidate.n, minimum=policy.minimum_agreement)
    name, minimum = describe_candidate(candidate.candidate), wording.share(policy.minimum_agreement)
    if judgement.share is None or judgement.interval is None:
        return f"{name} was judged on no record: nothing is known about its agreement with the teacher"
    finding = {
        Conclusion.PASSES: f"the minimum of {minimum} is shown",
        Conclusion.NEEDS_JUDGEMENT: f"the minimum of {minimum} is neither shown nor ruled out",
        Conclusion.FAILS: f"the minimum of {minimum} is missed",
        Conclusion.NOT_ENOUGH_DATA: f"not enough data, {judgement.needed:,} records are the fewest that can show the "
        f"minimum of {minimum}",
    }[judgement.conclusion]
    records = _records(candidate.n, "common record") if is_restricted else _records(candidate.n)
    return (
        f"{name} agrees with the teacher on {wording.share(judgement.share)} of {records} "
        f"(95 % interval {wording.share_interval(judgement.interval)}): {finding}"
    )


def _gold_clause(candidate: CandidateComparison, policy: Policy) -> str:
    gold = candidate.gold
    judgement = judge_non_inferiority(gold.counts, margin=policy.gold_margin, needed=policy.minimum_gold_records)
    ours, theirs = gold.candidate.value, gold.teacher.value
    if ours is None or theirs is None or judgement.interval is None or judgement.difference is None:
        required = ", which the policy requires" if policy.require_gold else ""
        return f"its correctness is unknown, as no record has gold{required}"
    margin = wording.margin(policy.gold_margin)
    finding = {
        Conclusion.PASSES: f"shown not to be worse than the teacher by more than {margin}",
        Conclusion.NEEDS_JUDGEMENT: f"being worse than the teacher by over {margin} is neither shown nor ruled out",
        Conclusion.FAILS: f"shown to be worse than the teacher by more than {margin}",
        Conclusion.NOT_ENOUGH_DATA: f"not enough gold, {_gold_needed(gold.counts.n, judgement.needed, policy)}",
    }[judgement.conclusion]
    return (
        f"on {_records(gold.counts.n)} with gold it is right on {wording.share(ours)} and the teacher on "
        f"{wording.share(theirs)} ({wording.points(judgement.difference)}, 95 % interval "
        f"{wording.points_interval(judgement.interval)}): {finding}"
    )


def _gold_needed(n: int, needed: int, policy: Policy) -> str:
    if n < policy.minimum_gold_records:
        return f"the policy asks for at least {policy.minimum_gold_records:,} records"
    required = ", and the policy requires gold" if policy.require_gold else ""
    return f"{needed:,} records would do if both answered them alike{required}"


def _wrong_clause(candidate: CandidateComparison) -> str:
    parts = []
    if candidate.unanswered:
        parts.append(f"{_records(candidate.unanswered)} without an answer")
    if candidate.unreadable.count:
        parts.append(wording.quantity(candidate.unreadable.count, "unreadable or cut-off answer"))
    if not parts:
        return ""
    verb = "counts" if candidate.unanswered + candidate.unreadable.count == 1 else "count"
    return f"{' and '.join(parts)} {verb} as wrong"


def _failing_clause(gates: Sequence[Gate]) -> str:
    failing = [gate.title for gate in gates if gate.status is GateStatus.FAILS and gate.key not in IN_SENTENCE]
    if not failing:
        return ""
    quoted = " and ".join(f'"{title}"' for title in failing)
    return f"the gate {quoted} fails" if len(failing) == 1 else f"the gates {quoted} fail"


def _records(count: int, noun: str = "record") -> str:
    return wording.quantity(count, noun)


def _p_text(pair: PairedComparison) -> str:
    text = f"exact McNemar {wording.p_value(pair.adjusted_p_value)}"
    return text if pair.compared == 1 else f"{text}, Holm over {pair.compared} comparisons"
