"""Bootstrap estimates that the worker stores with a result: what they hold, and that they come back as stored."""

import json

import pytest

from core.evaluation import Outcome, ScoreEstimates, estimate_scores, measure
from tests.evaluation.made import paired, sample, samples


def test_estimates_are_of_the_measured_scores() -> None:
    base, customized = paired(60, 25, 5, 10)

    estimates = estimate_scores(customized.samples, base=base.samples, has_labels=True, seed=7, resamples=999)

    ours, theirs = (measure(each.samples, has_labels=True) for each in (customized, base))
    assert estimates.macro_f1 is not None
    assert estimates.macro_f1.value == pytest.approx(ours.macro_f1)
    assert estimates.macro_f1_gain is not None
    assert ours.macro_f1 is not None
    assert theirs.macro_f1 is not None
    assert estimates.macro_f1_gain.value == pytest.approx(ours.macro_f1 - theirs.macro_f1)
    assert estimates.macro_f1_gain.interval is not None
    assert estimates.macro_f1_gain.interval.low > 0
    assert estimates.token_overlap_f1 is not None
    assert estimates.token_overlap_f1.value == pytest.approx(0.85)
    assert estimates.token_overlap_f1_gain is not None
    assert estimates.token_overlap_f1_gain.value == pytest.approx(0.2)


def test_gain_is_of_the_records_both_have() -> None:
    base, customized = paired(10, 10, 0)

    estimates = estimate_scores(customized.samples, base=base.samples[10:], has_labels=True, seed=1, resamples=99)

    assert estimates.token_overlap_f1_gain is not None
    assert estimates.token_overlap_f1_gain.value == pytest.approx(1.0)


def test_scores_that_do_not_apply_are_none() -> None:
    tool_calls = [sample(position, token_overlap=None) for position in range(4)]

    without_base = estimate_scores(tool_calls, base=None, has_labels=True, seed=1, resamples=99)
    free_text = estimate_scores(samples(3, 1), base=None, has_labels=False, seed=1, resamples=99)

    assert (without_base.token_overlap_f1, without_base.token_overlap_f1_gain) == (None, None)
    assert without_base.macro_f1 is not None
    assert without_base.macro_f1_gain is None
    assert (free_text.macro_f1, free_text.macro_f1_gain) == (None, None)
    assert free_text.token_overlap_f1 is not None


def test_missing_answer_scores_nothing() -> None:
    made = [sample(0), sample(1, Outcome.MISSING, token_overlap=None)]

    estimates = estimate_scores(made, base=None, has_labels=True, seed=1, resamples=99)

    assert estimates.token_overlap_f1 is not None
    assert estimates.token_overlap_f1.value == 0.5


def test_stored_estimates_come_back_equal() -> None:
    base, customized = paired(20, 8, 2, 4)
    estimates = estimate_scores(customized.samples, base=base.samples, has_labels=True, seed=3, resamples=199)

    stored = json.loads(json.dumps(estimates.to_dict(), allow_nan=False))

    assert ScoreEstimates.from_dict(stored) == estimates
    assert stored["macro_f1"]["seed"] == 3
