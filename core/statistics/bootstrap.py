"""Bootstrap intervals (BCa) of graded scores: seeded, and None where resampling can say nothing.

Source: Efron 1987, "Better bootstrap confidence intervals", JASA 82: 171-185. Means and paired differences of means go
through `scipy.stats.bootstrap`; `bca_interval` is the same formula for statistics that are resampled elsewhere
(`core.statistics.macro_f1`). numpy and scipy are loaded when a function is called: for the worker, not for a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InputError
from core.statistics.intervals import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 9_999
BATCH = 2_000_000  # drawn numbers held at once


@dataclass(frozen=True, kw_only=True)
class BootstrapEstimate:
    """A statistic with its BCa interval; with the same data, `seed` and `resamples` it comes out the same.

    `interval` is None where resampling shows no variation: fewer than two records, or all of them alike.
    """

    value: float
    interval: Interval | None
    confidence: float
    resamples: int
    seed: int


def bootstrap_mean(
    scores: Sequence[float], *, seed: int, resamples: int = RESAMPLES, confidence: float = 0.95
) -> BootstrapEstimate | None:
    """Return the mean of graded scores, one a record, with its BCa interval; None without records."""
    if not scores:
        return None
    value = sum(scores) / len(scores)
    interval = _scipy_interval(scores, seed=seed, resamples=resamples, confidence=confidence)
    return BootstrapEstimate(value=value, interval=interval, confidence=confidence, resamples=resamples, seed=seed)


def bootstrap_mean_difference(
    scores: Sequence[float],
    reference: Sequence[float],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> BootstrapEstimate | None:
    """Return the mean of `scores` minus that of `reference` on the same records; None without records.

    Records are drawn as pairs. Raises `InputError` when the sides differ in length.
    """
    if len(scores) != len(reference):
        raise InputError(
            f"There are {len(scores)} scores but {len(reference)} of the reference; give both for the same records.",
            field="reference",
        )
    return bootstrap_mean(
        [score - other for score, other in zip(scores, reference, strict=True)],
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )


def bca_interval(
    value: float,
    resampled: "NDArray[np.float64]",
    *,
    left_out: "NDArray[np.float64]",
    weights: "NDArray[np.float64]",
    confidence: float = 0.95,
) -> Interval | None:
    """Return the BCa interval from a statistic, its resampled values and its values with one record left out.

    `weights` says how many records share each value of `left_out`. None where one of the two shows no variation.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    centred = np.average(left_out, weights=weights) - left_out
    spread = float((weights * centred**2).sum())
    if spread == 0 or np.ptp(resampled) == 0:
        return None
    acceleration = float((weights * centred**3).sum()) / (6 * spread**1.5)
    bias = ndtri(((resampled < value).sum() + (resampled <= value).sum()) / (2 * len(resampled)))
    if not np.isfinite(bias):
        return None
    shifted = bias + ndtri(np.array([(1 - confidence) / 2, (1 + confidence) / 2]))
    low, high = np.quantile(resampled, ndtr(bias + shifted / (1 - acceleration * shifted)))
    return Interval(low=float(low), high=float(high))


def _scipy_interval(scores: Sequence[float], *, seed: int, resamples: int, confidence: float) -> Interval | None:
    import warnings

    import numpy as np
    from scipy import stats

    values = np.asarray(scores, dtype=np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # it says what the missing interval says
        low, high = stats.bootstrap(
            (values,),
            np.mean,
            vectorized=True,
            n_resamples=resamples,
            batch=max(1, BATCH // len(values)),
            confidence_level=confidence,
            method="BCa",
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return Interval(low=float(low), high=float(high)) if np.isfinite([low, high]).all() else None
