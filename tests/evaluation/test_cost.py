"""Costs: measured tokens times prices, a month from the workload's own traffic, and unknown where one is missing."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from core.evaluation import CostComparison, Price, Sample, Traffic, compare_cost, sum_traffic
from core.logs import WorkloadSummary
from tests.evaluation.made import sample

STUDENT = Price(input_usd=0.1, output_usd=0.2)
TEACHER = {"big": Price(input_usd=2.0, output_usd=8.0)}
FIRST = date(2026, 10, 14)


def traffic(counts: list[int], *, models: tuple[str, ...] = ("big",), usage_records: int = 1000) -> Traffic:
    days = {(FIRST + timedelta(days=ahead)).isoformat(): count for ahead, count in enumerate(counts) if count}
    return Traffic(
        records=sum(counts),
        days=days,
        usage_records=usage_records,
        prompt_tokens=300 * usage_records,
        completion_tokens=20 * usage_records,
        models=models,
    )


def answers(n: int = 50, *, prompt: int = 310, completion: int = 5) -> list[Sample]:
    return [
        sample(position, prompt_tokens=prompt + position % 3, completion_tokens=completion) for position in range(n)
    ]


def cost_of(made: list[Sample], workload: Traffic) -> CostComparison:
    return compare_cost(made, workload, student_price=STUDENT, teacher_prices=TEACHER)


def test_request_costs_its_tokens_times_the_prices() -> None:
    cost = cost_of(answers(51), traffic([100] * 30))

    # Student: mean of 310, 311, 312 prompt tokens and 5 completion tokens; teacher: 300 and 20.
    assert cost.student_request_usd == pytest.approx((311 * 0.1 + 5 * 0.2) / 1e6)
    assert cost.teacher_request_usd == pytest.approx((300 * 2 + 20 * 8) / 1e6)
    assert cost.ratio is not None
    assert cost.ratio_interval is not None
    assert cost.ratio == pytest.approx(32.1 / 760)
    assert cost.ratio_interval.low < cost.ratio < cost.ratio_interval.high
    assert cost.unknown == ()


def test_month_is_projected_from_the_whole_days_with_an_interval() -> None:
    counts = [40, *[120, 80, 100, 110, 90, 0, 100] * 4, 30]

    cost = cost_of(answers(), traffic(counts))

    whole = np.array(counts[1:-1])
    month = 365.25 / 12
    assert cost.requests_a_month == pytest.approx(whole.mean() * month)
    assert cost.requests_interval is not None
    half = 2.0518 * whole.std(ddof=1) / np.sqrt(28) * month  # Student's t, 27 degrees of freedom
    assert cost.requests_interval.low == pytest.approx(whole.mean() * month - half, rel=1e-3)
    assert cost.student_request_usd is not None
    assert cost.teacher_request_usd is not None
    assert cost.monthly_saving_usd is not None
    assert cost.monthly_saving_usd == pytest.approx(
        whole.mean() * month * (cost.teacher_request_usd - cost.student_request_usd)
    )
    assert cost.saving_interval is not None
    assert 0 < cost.saving_interval.low < cost.monthly_saving_usd < cost.saving_interval.high


def test_assumptions_are_listed() -> None:
    student, teacher, volume, left_out = cost_of(answers(), traffic([100] * 30)).assumptions

    assert student == (
        "A request to the student takes the tokens measured on 50 evaluation records, at $0.1 per million prompt "
        "tokens and $0.2 per million completion tokens."
    )
    assert teacher == (
        "A request to the teacher takes the mean tokens of 1,000 logged requests, at $2 per million prompt tokens and "
        "$8 per million completion tokens."
    )
    assert volume == (
        "Traffic goes on as on the 28 whole days from 2026-10-15 to 2026-11-11: 100 requests a day; the interval takes "
        "days as independent."
    )
    assert left_out == "Running the student's hardware, training it and reviewing it are not included."


def test_saving_can_be_a_loss() -> None:
    cost = compare_cost(
        answers(), traffic([100] * 30), student_price=Price(input_usd=9, output_usd=9), teacher_prices=TEACHER
    )

    assert cost.monthly_saving_usd is not None
    assert cost.monthly_saving_usd < 0
    assert cost.ratio is not None
    assert cost.ratio > 1


@pytest.mark.parametrize(
    ("cost", "unknown"),
    [
        (
            compare_cost(answers(), traffic([100] * 30), student_price=None, teacher_prices=TEACHER),
            "the student has no price",
        ),
        (cost_of([sample(1)], traffic([100] * 30)), "no answer of the student reports its tokens"),
        (
            cost_of(answers(), traffic([100] * 30, usage_records=0)),
            "no logged answer of the teacher reports its tokens",
        ),
        (cost_of(answers(), traffic([100] * 30, models=("bigger",))), "the teacher bigger has no price"),
        (cost_of(answers(), traffic([100] * 30, models=())), "the teacher (not named in the logs) has no price"),
    ],
)
def test_missing_price_or_tokens_are_unknown_never_zero(cost: CostComparison, unknown: str) -> None:
    assert unknown in cost.unknown
    assert (cost.ratio, cost.ratio_interval, cost.monthly_saving_usd, cost.saving_interval) == (None,) * 4


def test_teachers_with_different_prices_are_unknown_and_with_equal_ones_not() -> None:
    prices = {**TEACHER, "big-2": Price(input_usd=1, output_usd=1), "big-alias": TEACHER["big"]}
    different, equal = (
        compare_cost(answers(), traffic([100] * 30, models=models), student_price=STUDENT, teacher_prices=prices)
        for models in (("big", "big-2"), ("big", "big-alias"))
    )

    assert different.unknown == ("the teachers big, big-2 have different prices",)
    assert equal.unknown == ()


@pytest.mark.parametrize(
    ("counts", "unknown"),
    [
        ([], "no traffic is logged"),
        ([500], "the log holds 0 whole days of traffic, 7 are needed for a month's"),
        ([100] * 8, "the log holds 6 whole days of traffic, 7 are needed for a month's"),
    ],
)
def test_few_days_of_traffic_give_no_month_but_a_ratio(counts: list[int], unknown: str) -> None:
    cost = cost_of(answers(), traffic(counts))

    assert cost.unknown == (unknown,)
    assert cost.ratio is not None
    assert (cost.requests_a_month, cost.monthly_saving_usd) == (None, None)


def test_traffic_of_several_clients_adds_up() -> None:
    one, two = (
        WorkloadSummary(
            client_id=client,
            workload_id="support",
            records=records,
            first_ms=0,
            last_ms=1,
            usage_records=records - 1,
            prompt_tokens=10,
            completion_tokens=2,
            models=models,
            days=days,
            tool_call_records=0,
        )
        for client, records, models, days in (
            ("app", 5, ("big",), {"2026-10-14": 3, "2026-10-15": 2}),
            ("bot", 4, ("big", "small"), {"2026-10-15": 4}),
        )
    )

    assert sum_traffic([one, two]) == Traffic(
        records=9,
        days={"2026-10-14": 3, "2026-10-15": 6},
        usage_records=7,
        prompt_tokens=20,
        completion_tokens=4,
        models=("big", "small"),
    )


def test_cost_is_plain_json() -> None:
    values = json.loads(json.dumps(cost_of(answers(), traffic([100] * 30)).to_dict()))

    assert values["saving_interval"].keys() == {"low", "high"}
    assert values["unknown"] == []
