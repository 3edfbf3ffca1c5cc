"""Answer times: percentiles of what was measured, and a ratio that is unknown where a side is."""

import pytest

from core.evaluation import compare, compare_latency, summarise_latency
from tests.evaluation.made import result, sample


def test_percentiles_are_of_the_measured_times_alone() -> None:
    latency = summarise_latency([None, *(float(ms) for ms in range(1, 201)), None], source="probe", concurrency=8)

    assert latency is not None
    assert (latency.n, latency.p50.value, latency.p95.value) == (200, 100, 190)
    assert (latency.source, latency.concurrency) == ("probe", 8)
    assert latency.p95.low is not None
    assert latency.p95.high is not None
    assert latency.p95.low < 190 < latency.p95.high


def test_nothing_measured_is_none() -> None:
    assert summarise_latency([], source="evaluation") is None
    assert summarise_latency([None, None], source="evaluation") is None


def test_comparison_reads_the_samples_times() -> None:
    made = [sample(position, latency_ms=float(position)) for position in range(100)]

    latency = compare([result(made)], has_labels=True).candidates[0].latency

    assert latency is not None
    assert (latency.source, latency.p50.value) == ("evaluation", 49)


def test_ratio_is_of_the_95th_percentiles_with_a_wide_interval() -> None:
    ours = summarise_latency([float(ms) for ms in range(1, 501)], source="probe")
    theirs = summarise_latency([float(2 * ms) for ms in range(1, 501)], source="probe")

    found = compare_latency(ours, theirs)

    assert found.ratio == pytest.approx(0.5)
    assert found.interval is not None
    assert found.interval.low < 0.5 < found.interval.high
    assert found.unknown is None


def test_few_measurements_give_a_ratio_without_interval() -> None:
    few = summarise_latency([10.0, 12.0, 14.0], source="probe")

    found = compare_latency(few, few)

    assert (found.ratio, found.interval) == (1.0, None)


@pytest.mark.parametrize(
    ("is_ours_known", "unknown"),
    [
        (False, "the candidate's answer times were not measured"),
        (True, "the teacher's answer times are not known"),
    ],
)
def test_unknown_side_is_named(is_ours_known: bool, unknown: str) -> None:
    ours = summarise_latency([1.0], source="probe") if is_ours_known else None

    found = compare_latency(ours, None)

    assert (found.ratio, found.unknown) == (None, unknown)
