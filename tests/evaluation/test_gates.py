"""The gates of the policy: each passes, needs judgement, fails or is unknown, and says why."""

import json
from typing import Any

import pytest

from core.evaluation import (
    CandidateComparison,
    CostComparison,
    Gate,
    GateStatus,
    LatencyComparison,
    Sample,
    check_approval,
    check_gates,
    compare,
)
from core.policy import CriticalClass, Policy
from core.statistics import Interval
from tests.evaluation.made import gold_for, result, sample, samples

POLICY = Policy()


def row_of(made: list[Sample], **values: Any) -> CandidateComparison:
    return compare([result(made)], has_labels=values.pop("has_labels", True), **values).candidates[0]


def gate(key: str, made: list[Sample], *, policy: Policy = POLICY, **values: Any) -> Gate:
    facts = {name: values.pop(name) for name in ("leaked", "cost", "latency") if name in values}
    gates = check_gates(row_of(made, **values), policy=policy, **{"leaked": 0, **facts})
    return next(each for each in gates if each.key == key)


def test_every_rule_of_the_policy_has_its_gate() -> None:
    policy = Policy(critical_classes=(CriticalClass(label="card_fraud"),))

    gates = check_gates(row_of(samples(100)), policy=policy, leaked=0)

    assert [each.key for each in gates] == [
        "agreement",
        "gold",
        "recall:card_fraud",
        "records",
        "unanswered",
        "unreadable",
        "leakage",
        "cost",
        "latency",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "status", "observed", "reason"),
    [
        (490, 10, GateStatus.PASSES, "98.0 % (96.3 to 99.0 %)", "the whole interval is within the limit"),
        (460, 40, GateStatus.NEEDS_JUDGEMENT, "92.0 % (89.2 to 94.1 %)", "the interval straddles the limit"),
        (350, 150, GateStatus.FAILS, "70.0 % (65.8 to 73.9 %)", "the whole interval is beyond the limit"),
        (
            10,
            0,
            GateStatus.UNKNOWN,
            "100.0 % (72.2 to 100.0 %)",
            "not enough data: 10 records, at least 35 are needed",
        ),
        (0, 0, GateStatus.UNKNOWN, "unknown", "not enough data: 0 records, at least 35 are needed"),
    ],
)
def test_agreement_is_judged_by_its_interval(
    right: int, wrong: int, status: GateStatus, observed: str, reason: str
) -> None:
    found = gate("agreement", samples(right, wrong))

    assert (found.status, found.observed_text, found.limit_text, found.reason) == (status, observed, "≥ 90.0 %", reason)


@pytest.mark.parametrize(
    ("counts", "status", "observed", "reason"),
    [
        ((280, 10, 3), GateStatus.PASSES, "+2.4 pp (−0.1 to +5.3)", "the whole interval is within the limit"),
        ((280, 5, 10), GateStatus.NEEDS_JUDGEMENT, "−1.7 pp (−4.7 to +1.0)", "the interval straddles the limit"),
        ((200, 2, 40), GateStatus.FAILS, "−15.7 pp (−21.1 to −11.2)", "the whole interval is beyond the limit"),
        (
            (30, 1, 1),
            GateStatus.UNKNOWN,
            "0.0 pp (−13.3 to +13.3)",
            "not enough data: 32 records with gold, at least 189 are needed",
        ),
        ((0, 0, 0), GateStatus.UNKNOWN, "unknown", "no record has gold"),
    ],
)
def test_gold_is_judged_against_the_teacher_with_the_margin(
    counts: tuple[int, int, int], status: GateStatus, observed: str, reason: str
) -> None:
    made = samples(300, 60)
    gold = gold_for(made, both_right=counts[0], newly_right=counts[1], newly_wrong=counts[2])

    found = gate("gold", made, gold=gold)

    assert (found.status, found.observed_text, found.limit_text, found.reason) == (
        status,
        observed,
        "≥ −2.0 pp",
        reason,
    )


def test_policy_may_require_gold() -> None:
    found = gate("gold", samples(100), policy=Policy(require_gold=True))

    assert (found.status, found.reason) == (GateStatus.FAILS, "the policy requires gold, but no record has gold")


def test_critical_class_needs_its_own_recall_whatever_the_mean() -> None:
    policy = Policy(critical_classes=(CriticalClass(label="Card_Fraud", minimum_recall=0.9),))
    made = [sample(position, label="refund") for position in range(900)]
    made += [sample(position, label="card_fraud", answer_label="refund") for position in range(900, 950)]
    made += [sample(position, label="card_fraud") for position in range(950, 1000)]

    overall, recall = gate("agreement", made, policy=policy), gate("recall:Card_Fraud", made, policy=policy)

    assert overall.status is GateStatus.PASSES
    assert (recall.status, recall.observed, recall.limit_text) == (GateStatus.FAILS, 0.5, "≥ 90.0 %")


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("card_frod", "no record has this class; did you mean 'card_fraud'?"),
        ("card_fraud", "not enough data: 25 records of this class, at least 35 are needed"),
    ],
)
def test_critical_class_without_enough_records_is_unknown(label: str, reason: str) -> None:
    policy = Policy(critical_classes=(CriticalClass(label=label),))

    found = gate(f"recall:{label}", samples(100), policy=policy)

    assert (found.status, found.reason) == (GateStatus.UNKNOWN, reason)


def test_critical_class_of_free_text_is_unknown() -> None:
    policy = Policy(critical_classes=(CriticalClass(label="refund"),))

    found = gate("recall:refund", samples(100), policy=policy, has_labels=False)

    assert (found.status, found.reason) == (GateStatus.UNKNOWN, "there are no classes")


def test_too_few_records_fail() -> None:
    few, enough = gate("records", samples(99)), gate("records", samples(100))

    assert (few.status, few.observed_text, few.limit_text, few.reason) == (
        GateStatus.FAILS,
        "99",
        "≥ 100",
        "1 record too few",
    )
    assert enough.status is GateStatus.PASSES


def test_unanswered_record_fails_unless_the_policy_lets_it() -> None:
    made = samples(197, missing=2, errors=1)

    strict = gate("unanswered", made)
    lenient = gate("unanswered", made, policy=Policy(require_complete_samples=False))

    assert (strict.status, strict.observed, strict.limit_text) == (GateStatus.FAILS, 3, "≤ 0")
    assert strict.reason == "3 records got no answer and count as wrong"
    assert lenient.status is GateStatus.PASSES


@pytest.mark.parametrize(
    ("invalid", "truncated", "n", "status"),
    [
        (0, 0, 100, GateStatus.PASSES),
        (1, 0, 100, GateStatus.NEEDS_JUDGEMENT),
        (2, 2, 500, GateStatus.PASSES),
        (40, 20, 500, GateStatus.FAILS),
        (0, 0, 50, GateStatus.UNKNOWN),  # 73 readable answers are the fewest that show at most 5 %
    ],
)
def test_unreadable_and_cut_off_answers_have_a_largest_share(
    invalid: int, truncated: int, n: int, status: GateStatus
) -> None:
    found = gate("unreadable", samples(n - invalid - truncated, invalid=invalid, truncated=truncated))

    assert (found.status, found.limit_text, found.observed) == (status, "≤ 5.0 %", (invalid + truncated) / n)


@pytest.mark.parametrize(
    ("leaked", "required", "status"),
    [
        (0, True, GateStatus.PASSES),
        (3, True, GateStatus.FAILS),
        (3, False, GateStatus.NEEDS_JUDGEMENT),
        (None, True, GateStatus.UNKNOWN),
    ],
)
def test_leakage_is_judged_by_its_count(leaked: int | None, required: bool, status: GateStatus) -> None:
    found = gate("leakage", samples(100), policy=Policy(require_no_leakage=required), leaked=leaked)

    assert found.status is status


@pytest.mark.parametrize(
    ("ratio", "interval", "status"),
    [
        (0.3, Interval(0.2, 0.4), GateStatus.PASSES),
        (0.45, Interval(0.4, 0.6), GateStatus.NEEDS_JUDGEMENT),
        (0.9, Interval(0.8, 1.0), GateStatus.FAILS),
        (0.3, None, GateStatus.UNKNOWN),
    ],
)
def test_cost_is_judged_as_a_share_of_the_teachers(ratio: float, interval: Interval | None, status: GateStatus) -> None:
    found = gate("cost", samples(100), cost=CostComparison(ratio=ratio, ratio_interval=interval))

    assert (found.status, found.limit_text) == (status, "≤ 0.50×")


def test_unknown_cost_and_latency_say_what_is_missing() -> None:
    cost = CostComparison(unknown=("the student has no price", "the teacher gpt has no price"))
    latency = LatencyComparison(
        candidate=None, teacher=None, ratio=None, interval=None, unknown="the teacher's answer times are not known"
    )

    gates = check_gates(row_of(samples(100)), policy=POLICY, leaked=0, cost=cost, latency=latency)

    reasons = {each.key: (each.status, each.observed_text, each.reason) for each in gates[-2:]}
    assert reasons == {
        "cost": (GateStatus.UNKNOWN, "unknown", "the student has no price; the teacher gpt has no price"),
        "latency": (GateStatus.UNKNOWN, "unknown", "the teacher's answer times are not known"),
    }


def test_latency_is_judged_as_a_multiple_of_the_teachers() -> None:
    latency = LatencyComparison(candidate=None, teacher=None, ratio=1.8, interval=Interval(1.52, 2.104), unknown=None)

    found = gate("latency", samples(100), latency=latency)

    assert (found.status, found.observed_text, found.limit_text) == (
        GateStatus.FAILS,
        "1.80× (1.52 to 2.11×)",
        "≤ 1.00×",
    )


def test_failing_gate_blocks_an_approval_and_open_ones_do_not() -> None:
    gates = check_gates(row_of(samples(50, 50)), policy=POLICY, leaked=None)

    approval = check_approval(gates, POLICY)

    assert approval.is_blocked
    assert not approval.may_override
    assert approval.failing == ("agreement",)
    assert approval.open == ("gold", "leakage", "cost", "latency")


def test_policy_may_let_a_person_override() -> None:
    policy = Policy(allow_override=True)
    failing = check_approval(check_gates(row_of(samples(50, 50)), policy=policy, leaked=0), policy)
    passing = check_approval(check_gates(row_of(samples(100)), policy=policy, leaked=0), policy)

    assert (failing.is_blocked, failing.may_override) == (False, True)
    assert (passing.is_blocked, passing.may_override, passing.failing) == (False, False, ())


def test_gates_are_plain_json_with_both_texts() -> None:
    found = gate("agreement", samples(96, 4))

    assert json.loads(json.dumps(found.to_dict())) == {
        "key": "agreement",
        "title": "Agreement with the teacher",
        "status": "passes",
        "unit": "share",
        "observed": 0.96,
        "interval": {"low": pytest.approx(0.9016, abs=1e-4), "high": pytest.approx(0.9843, abs=1e-4)},
        "limit": 0.9,
        "is_minimum": True,
        "reason": "the whole interval is within the limit",
        "observed_text": "96.0 % (90.1 to 98.5 %)",
        "limit_text": "≥ 90.0 %",
    }
