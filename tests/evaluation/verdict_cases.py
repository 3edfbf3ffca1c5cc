"""Constructed results, each with the sentence it must give: no more than the test behind it shows.

Where `training` is left out, the result has no base to be compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict

from core.evaluation import CandidateSamples, GateStatus, Outcome
from core.policy import CriticalClass, Policy
from tests.evaluation.made import INPUTS, candidate, gold_for, paired, result, sample, samples

NO_BASE = (
    "Customized local/linear-large is not compared with its base: there is no result of the base local/linear-large."
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One situation; what is said is about the last of the results."""

    name: str
    results: list[CandidateSamples]
    sentence: str
    training: str | None = NO_BASE
    status: GateStatus = GateStatus.PASSES
    gold: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    leaked: int = 0
    use_common_records: bool = False


class _GoldCase(TypedDict):
    results: list[CandidateSamples]
    gold: Mapping[str, str]


def with_gold(right: int, wrong: int, counts: tuple[int, int, int, int]) -> _GoldCase:
    """So many answers like and unlike the teacher's; gold with (both right, newly right, newly wrong, both wrong)."""
    made = samples(right, wrong)
    both_right, newly_right, newly_wrong, both_wrong = counts
    gold = gold_for(
        made, both_right=both_right, newly_right=newly_right, newly_wrong=newly_wrong, both_wrong=both_wrong
    )
    return {"results": [result(made)], "gold": gold}


CASES = [
    Case(
        name="clear pass",
        results=[result(samples(490, 10))],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="clear fail",
        results=[result(samples(350, 150))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 70.0 % of 500 records (95 % interval 65.8 to "
            "73.9 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="the interval straddles the minimum",
        results=[result(samples(460, 40))],
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 92.0 % of 500 records (95 % interval 89.2 to "
            "94.1 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
    ),
    Case(
        name="just enough of a hundred",
        results=[result(samples(96, 4))],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 96.0 % of 100 records (95 % interval 90.1 to "
            "98.5 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="one too few of a hundred",
        results=[result(samples(95, 5))],
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 95.0 % of 100 records (95 % interval 88.8 to "
            "97.9 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
    ),
    Case(
        name="tiny, mostly right",
        results=[result(samples(9, 1))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 90.0 % of 10 records (95 % interval 59.5 to "
            "98.3 %): not enough data, 35 records are the fewest that can show the minimum of 90.0 %; its "
            'correctness is unknown, as no record has gold; the gate "Records judged on" fails.'
        ),
    ),
    Case(
        name="tiny, all right",
        results=[result(samples(10))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 100.0 % of 10 records (95 % interval 72.2 to "
            "100.0 %): not enough data, 35 records are the fewest that can show the minimum of 90.0 %; its "
            'correctness is unknown, as no record has gold; the gate "Records judged on" fails.'
        ),
    ),
    Case(
        name="tiny, but clearly wrong",
        results=[result(samples(2, 8))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 20.0 % of 10 records (95 % interval 5.6 to "
            "51.0 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold; the gate "
            '"Records judged on" fails.'
        ),
    ),
    Case(
        name="a single record",
        results=[result(samples(1))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 100.0 % of 1 record (95 % interval 20.6 to "
            "100.0 %): not enough data, 35 records are the fewest that can show the minimum of 90.0 %; its "
            'correctness is unknown, as no record has gold; the gate "Records judged on" fails.'
        ),
    ),
    Case(
        name="no records",
        results=[result([])],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large was judged on no record: nothing is known about its agreement with the "
            'teacher; its correctness is unknown, as no record has gold; the gate "Records judged on" fails.'
        ),
    ),
    Case(
        name="fewer records than the policy asks for",
        results=[result(samples(60))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 100.0 % of 60 records (95 % interval 93.9 to "
            "100.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; the gate "
            '"Records judged on" fails.'
        ),
    ),
    Case(
        name="all equal",
        results=[result(samples(500))],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 100.0 % of 500 records (95 % interval 99.2 to"
            " 100.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="all but one equal",
        results=[result(samples(1999, 1))],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 99.9 % of 2,000 records (95 % interval 99.7 "
            "to 100.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="all wrong",
        results=[result(samples(0, 200))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 0.0 % of 200 records (95 % interval 0.0 to "
            "1.9 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="one class",
        results=[result([sample(position, label="refund") for position in range(200)])],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 100.0 % of 200 records (95 % interval 98.1 to"
            " 100.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
    ),
    Case(
        name="missing and failed answers",
        results=[result(samples(480, 5, missing=14, errors=1))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 96.0 % of 500 records (95 % interval 93.9 to "
            "97.4 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; 15 records"
            ' without an answer count as wrong; the gate "Records without an answer" fails.'
        ),
    ),
    Case(
        name="a single missing answer",
        results=[result(samples(499, missing=1))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 99.8 % of 500 records (95 % interval 98.8 to "
            "100.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; 1 record "
            'without an answer counts as wrong; the gate "Records without an answer" fails.'
        ),
    ),
    Case(
        name="unreadable and cut-off answers",
        results=[result(samples(480, 5, invalid=3, truncated=12))],
        sentence=(
            "Customized local/linear-large agrees with the teacher on 96.0 % of 500 records (95 % interval 93.9 to "
            "97.4 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; 15 "
            "unreadable or cut-off answers count as wrong."
        ),
    ),
    Case(
        name="everything unreadable",
        results=[result(samples(0, invalid=100))],
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 0.0 % of 100 records (95 % interval 0.0 to "
            "3.7 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold; 100 "
            'unreadable or cut-off answers count as wrong; the gate "Unreadable or cut-off answers" fails.'
        ),
    ),
    Case(
        name="gold: not worse than the teacher",
        **with_gold(490, 30, (440, 20, 10, 30)),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 94.2 % of 520 records (95 % interval 91.8 to "
            "96.0 %): the minimum of 90.0 % is shown; on 500 records with gold it is right on 92.0 % and the "
            "teacher on 90.0 % (+2.0 pp, 95 % interval −0.2 to +4.4): shown not to be worse than the teacher by "
            "more than 2.0 pp."
        ),
    ),
    Case(
        name="gold: neither shown nor ruled out",
        **with_gold(490, 30, (440, 5, 15, 30)),
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 94.2 % of 520 records (95 % interval 91.8 to "
            "96.0 %): the minimum of 90.0 % is shown; on 490 records with gold it is right on 90.8 % and the "
            "teacher on 92.9 % (−2.0 pp, 95 % interval −4.1 to −0.2): being worse than the teacher by over 2.0 pp "
            "is neither shown nor ruled out."
        ),
    ),
    Case(
        name="gold: worse than the teacher although it agrees",
        **with_gold(800, 60, (400, 0, 60, 0)),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 93.0 % of 860 records (95 % interval 91.1 to "
            "94.6 %): the minimum of 90.0 % is shown; on 460 records with gold it is right on 87.0 % and the "
            "teacher on 100.0 % (−13.0 pp, 95 % interval −16.5 to −10.2): shown to be worse than the teacher by "
            "more than 2.0 pp."
        ),
    ),
    Case(
        name="gold: too few records for the policy",
        **with_gold(490, 10, (10, 1, 1, 0)),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; on 12 records with gold it is right on 91.7 % and the teacher"
            " on 91.7 % (0.0 pp, 95 % interval −30.0 to +30.0): not enough gold, the policy asks for at least 50 "
            "records."
        ),
    ),
    Case(
        name="gold: too few records even for identical answers",
        **with_gold(490, 10, (95, 3, 3, 0)),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; on 101 records with gold it is right on 97.0 % and the "
            "teacher on 97.0 % (0.0 pp, 95 % interval −5.9 to +5.9): not enough gold, 189 records would do if both "
            "answered them alike."
        ),
    ),
    Case(
        name="gold: required and not there",
        results=[result(samples(490, 10))],
        policy=Policy(require_gold=True),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold, which the "
            "policy requires."
        ),
    ),
    Case(
        name="gold: required and too little",
        **with_gold(490, 10, (95, 3, 3, 0)),
        policy=Policy(require_gold=True),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; on 101 records with gold it is right on 97.0 % and the "
            "teacher on 97.0 % (0.0 pp, 95 % interval −5.9 to +5.9): not enough gold, 189 records would do if both "
            "answered them alike, and the policy requires gold."
        ),
    ),
    Case(
        name="gold: the teacher is wrong and agreement is high",
        **with_gold(490, 10, (100, 5, 0, 380)),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; on 485 records with gold it is right on 21.6 % and the "
            "teacher on 20.6 % (+1.0 pp, 95 % interval +0.2 to +2.4): shown not to be worse than the teacher by "
            "more than 2.0 pp."
        ),
    ),
    Case(
        name="training helped",
        results=paired(350, 120, 5, 25),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 94.0 % of 500 records (95 % interval 91.5 to "
            "95.8 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
        training=(
            "Customized local/linear-large agrees with the teacher more often than its base: 120 newly right, 5 "
            "newly wrong of 500 records (+23.0 pp, 95 % interval +19.2 to +27.1; exact McNemar p < 0.001)."
        ),
    ),
    Case(
        name="training harmed",
        results=paired(350, 5, 120, 25),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 71.0 % of 500 records (95 % interval 66.8 to "
            "74.9 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold."
        ),
        training=(
            "Customized local/linear-large agrees with the teacher less often than its base: 5 newly right, 120 "
            "newly wrong of 500 records (−23.0 pp, 95 % interval −27.1 to −19.2; exact McNemar p < 0.001)."
        ),
    ),
    Case(
        name="training is not shown to help",
        results=paired(450, 12, 6, 32),
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 92.4 % of 500 records (95 % interval 89.7 to "
            "94.5 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
        training=(
            "Customized local/linear-large is not shown to differ from its base in agreement with the teacher: 12 "
            "newly right, 6 newly wrong of 500 records (+1.2 pp, 95 % interval −0.6 to +3.1; exact McNemar p = "
            "0.238)."
        ),
    ),
    Case(
        name="training changed nothing",
        results=paired(480, 0, 0, 20),
        sentence=(
            "Customized local/linear-large agrees with the teacher on 96.0 % of 500 records (95 % interval 93.9 to "
            "97.4 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold."
        ),
        training=(
            "Customized local/linear-large is not shown to differ from its base: on 500 records no agreement with "
            "the teacher was gained or lost."
        ),
    ),
    Case(
        name="the interval excludes zero, the exact test does not reject",
        results=paired(59, 16, 6, 80),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 46.6 % of 161 records (95 % interval 39.0 to "
            "54.3 %): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold."
        ),
        training=(
            "Customized local/linear-large is not shown to differ from its base in agreement with the teacher: 16 "
            "newly right, 6 newly wrong of 161 records (+6.2 pp, 95 % interval +0.5 to +12.5; exact McNemar p = "
            "0.0525)."
        ),
    ),
    Case(
        name="a lead alone that is none among two",
        results=[*paired(80, 10, 2, 8), replace(paired(80, 10, 2, 8)[1], candidate=candidate("icl"))],
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "In-context local/linear-large agrees with the teacher on 90.0 % of 100 records (95 % interval 82.5 to "
            "94.5 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
        training=(
            "In-context local/linear-large is not shown to differ from its base in agreement with the teacher: 10 "
            "newly right, 2 newly wrong of 100 records (+8.0 pp, 95 % interval +1.4 to +15.9; exact McNemar p = "
            "0.0771, Holm over 2 comparisons)."
        ),
    ),
    Case(
        name="the base itself",
        results=[result(samples(60, 40), "base")],
        status=GateStatus.FAILS,
        sentence=(
            "Base local/linear-large agrees with the teacher on 60.0 % of 100 records (95 % interval 50.2 to 69.1 "
            "%): the minimum of 90.0 % is missed; its correctness is unknown, as no record has gold."
        ),
        training=None,
    ),
    Case(
        name="in-context examples helped",
        results=[
            replace(each, candidate=candidate(variant))
            for each, variant in zip(paired(60, 30, 2, 8), ("base", "icl"), strict=True)
        ],
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "In-context local/linear-large agrees with the teacher on 90.0 % of 100 records (95 % interval 82.5 to "
            "94.5 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
        training=(
            "In-context local/linear-large agrees with the teacher more often than its base: 30 newly right, 2 "
            "newly wrong of 100 records (+28.0 pp, 95 % interval +18.6 to +38.1; exact McNemar p < 0.001)."
        ),
    ),
    Case(
        name="another scorer version",
        results=[paired(80, 12, 3, 5)[0], replace(paired(80, 12, 3, 5)[1], inputs=replace(INPUTS, scorer_version="2"))],
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 92.0 % of 100 records (95 % interval 85.0 to "
            "95.9 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as no "
            "record has gold."
        ),
        training=(
            "Customized local/linear-large is not compared with its base: different scorer version (2 for this "
            "candidate; 1 for its base)."
        ),
    ),
    Case(
        name="common records of two evaluation sets",
        results=[
            paired(80, 12, 3, 5)[0],
            replace(paired(80, 12, 3, 5)[1], inputs=replace(INPUTS, evaluation_set="77a")),
        ],
        use_common_records=True,
        status=GateStatus.NEEDS_JUDGEMENT,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 92.0 % of 100 common records (95 % interval "
            "85.0 to 95.9 %): the minimum of 90.0 % is neither shown nor ruled out; its correctness is unknown, as "
            "no record has gold."
        ),
        training=(
            "Customized local/linear-large agrees with the teacher more often than its base: 12 newly right, 3 "
            "newly wrong of 100 records (+9.0 pp, 95 % interval +1.5 to +17.4; exact McNemar p = 0.0352)."
        ),
    ),
    Case(
        name="leaked records",
        results=[result(samples(490, 10))],
        leaked=3,
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 98.0 % of 500 records (95 % interval 96.3 to "
            "99.0 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; the gate "
            '"Leaked records" fails.'
        ),
    ),
    Case(
        name="a critical class is lost",
        results=[
            result(
                [
                    *(sample(position, label="refund") for position in range(900)),
                    *(sample(position, Outcome.WRONG, label="card_fraud") for position in range(900, 960)),
                ]
            )
        ],
        policy=Policy(critical_classes=(CriticalClass(label="card_fraud"),)),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 93.8 % of 960 records (95 % interval 92.0 to "
            "95.2 %): the minimum of 90.0 % is shown; its correctness is unknown, as no record has gold; the gate "
            '"Recall of card_fraud" fails.'
        ),
    ),
    Case(
        name="two further gates fail",
        results=[result(samples(88, 4, missing=8))],
        leaked=1,
        policy=Policy(minimum_agreement=0.8),
        status=GateStatus.FAILS,
        sentence=(
            "Customized local/linear-large agrees with the teacher on 88.0 % of 100 records (95 % interval 80.1 to "
            "93.1 %): the minimum of 80.0 % is shown; its correctness is unknown, as no record has gold; 8 records "
            'without an answer count as wrong; the gates "Records without an answer" and "Leaked records" fail.'
        ),
    ),
]
