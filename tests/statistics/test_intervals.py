"""Wilson's interval against statsmodels, and its edges."""

import subprocess
import sys

import pytest
from statsmodels.stats.proportion import proportion_confint

from core.errors import InputError
from core.statistics import wilson_interval


@pytest.mark.parametrize("n", [1, 2, 3, 10, 50, 100, 500, 9_999])
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.5, 0.873, 1])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_interval_equals_statsmodels(n: int, share: float, confidence: float) -> None:
    successes = round(share * n)

    interval = wilson_interval(successes, n, confidence=confidence)

    expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert interval is not None
    assert interval == pytest.approx(expected, abs=1e-12)


def test_published_example_of_81_out_of_263_is_met() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I: method 3 gives 0.2553, 0.3662.
    interval = wilson_interval(81, 263)

    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


def test_no_records_have_no_interval() -> None:
    assert wilson_interval(0, 0) is None


def test_ends_are_exact_when_all_or_none_succeed() -> None:
    nothing, everything = wilson_interval(0, 20), wilson_interval(20, 20)

    assert nothing is not None
    assert everything is not None
    assert (nothing.low, everything.high) == (0.0, 1.0)
    assert nothing.high > 0
    assert everything.low < 1


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (1, 0), (0, -1)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(InputError, match="check the counts"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95])
def test_confidence_outside_zero_to_one_is_refused(confidence: float) -> None:
    with pytest.raises(InputError) as caught:
        wilson_interval(5, 10, confidence=confidence)

    assert caught.value.field == "confidence"


def test_importing_statistics_and_scoring_loads_no_numerics() -> None:
    code = (
        "import sys, core.statistics, core.scoring; "
        "assert not {'numpy', 'scipy', 'sklearn', 'statsmodels'} & set(sys.modules), sorted(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
