"""The bootstrap of macro F1: records drawn again, pairs of expected and predicted label together.

Drawing records is drawing counts of the cells of the confusion matrix (one multinomial draw a resample), which is what
makes it fast; leaving one record out gives the same value for all records of a cell. The statistic is the macro F1 of
the drawn records: the mean over the classes that they expect. numpy is loaded when a function is called.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InputError
from core.statistics.bootstrap import BATCH, RESAMPLES, BootstrapEstimate, bca_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def bootstrap_macro_f1(
    expected: Sequence[str],
    predicted: Sequence[str | None],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> BootstrapEstimate | None:
    """Return macro F1 with its BCa interval; None without records, `interval` None when nothing varies."""
    return _bootstrap(expected, [predicted], seed=seed, resamples=resamples, confidence=confidence)


def bootstrap_macro_f1_difference(
    expected: Sequence[str],
    predicted: Sequence[str | None],
    reference: Sequence[str | None],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> BootstrapEstimate | None:
    """Return the macro F1 of `predicted` minus that of `reference` on the same records, drawn together."""
    return _bootstrap(expected, [predicted, reference], seed=seed, resamples=resamples, confidence=confidence)


def _bootstrap(
    expected: Sequence[str],
    answers: Sequence[Sequence[str | None]],
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> BootstrapEstimate | None:
    import numpy as np

    if any(len(side) != len(expected) for side in answers):
        raise InputError("Give one prediction per record, None where there is none.", field="predicted")
    if not expected:
        return None
    table = _tabulate(expected, answers)
    counts = table.counts
    value = float(table.measure(counts[None, :])[0])
    interval = None
    if len(expected) > 1:
        rng = np.random.default_rng(seed)
        batch = max(1, BATCH // (len(counts) + len(table.labels)))
        resampled = np.concatenate(
            [
                table.measure(rng.multinomial(len(expected), counts / counts.sum(), size=min(batch, resamples - start)))
                for start in range(0, resamples, batch)
            ]
        )
        interval = bca_interval(
            value,
            resampled,
            left_out=table.measure(counts[None, :] - np.eye(len(counts), dtype=np.int64)),
            weights=counts.astype(np.float64),
            confidence=confidence,
        )
    return BootstrapEstimate(value=value, interval=interval, confidence=confidence, resamples=resamples, seed=seed)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The distinct records (expected label and every side's prediction) with how often each occurs."""

    labels: tuple[str, ...]
    counts: "NDArray[np.int64]"
    expected: "NDArray[np.float64]"  # a row per distinct record, a column per label, 1 where it is the record's
    predicted: tuple["NDArray[np.float64]", ...]  # the same for each side; a foreign or missing label is a row of zeros

    def measure(self, drawn: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """Return, for each row of counts, macro F1 of the first side, less that of the second where there is one."""
        first, *others = (self._macro_f1(drawn, side) for side in self.predicted)
        return first - others[0] if others else first

    def _macro_f1(self, drawn: "NDArray[np.int64]", predicted: "NDArray[np.float64]") -> "NDArray[np.float64]":
        import numpy as np

        support, named = drawn @ self.expected, drawn @ predicted
        correct = drawn @ (self.expected * predicted)
        with np.errstate(invalid="ignore"):
            scores = np.where(support > 0, 2 * correct / (support + named), 0.0)
        return np.asarray(scores.sum(axis=1) / (support > 0).sum(axis=1), dtype=np.float64)


def _tabulate(expected: Sequence[str], answers: Sequence[Sequence[str | None]]) -> _Table:
    import numpy as np

    cells = Counter(zip(expected, *answers, strict=True))
    labels = tuple(sorted(set(expected)))
    column = {label: index for index, label in enumerate(labels)}

    def one_hot(side: int) -> "NDArray[np.float64]":
        matrix = np.zeros((len(cells), len(labels)))
        for row, cell in enumerate(cells):
            if cell[side] in column:
                matrix[row, column[cell[side]]] = 1
        return matrix

    return _Table(
        labels=labels,
        counts=np.array(list(cells.values()), dtype=np.int64),
        expected=one_hot(0),
        predicted=tuple(one_hot(side + 1) for side in range(len(answers))),
    )
