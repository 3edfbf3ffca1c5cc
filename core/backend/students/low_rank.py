"""A low-rank classifier, softmax(x A B + c), and its training by lazy Adagrad.

A is features x rank, B is rank x classes: the shape of a LoRA adapter. As there, A starts random and B at zero. Adagrad
(Duchi, Hazan, Singer 2011, JMLR 12) with one accumulator for each row of A; lazy means that a step touches only the
rows of A whose feature occurs in the batch. Dropout falls on x A, as in LoRA.

`TrainingRun` gives steps one by one, so that whoever drives it reports progress and stops it between any two.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.backend.students.features import FloatArray, IntArray
from core.backend.students.ngrams import CountMatrix

LEAST_PROBABILITY = np.float32(1e-9)  # keeps a loss finite
_START_SCALE = 0.3  # of the entries of A, times 1 / sqrt(rank)
_START_SQUARES = 1e-3  # where Adagrad's sums begin: bounds the first steps
_LAST_STEP_SHARE = 0.1  # the step shrinks linearly to this share in the last epoch


@dataclass(frozen=True, kw_only=True)
class LowRankModel:
    """A trained classifier: `down` (features x rank), `up` (rank x classes), `bias` (classes)."""

    down: FloatArray
    up: FloatArray
    bias: FloatArray

    def probabilities(self, rows: CountMatrix) -> FloatArray:
        """Return the probability of each class for each row; a row sums to 1."""
        return _softmax(np.asarray(rows @ self.down, np.float32) @ self.up + self.bias)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what `from_arrays` needs, for saving."""
        return {"down": self.down, "up": self.up, "bias": self.bias}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "LowRankModel":
        """Return the model that `to_arrays` described. Raises `KeyError` when an array is missing."""
        down, up, bias = (arrays[name].astype(np.float32) for name in ("down", "up", "bias"))
        return cls(down=down, up=up, bias=bias)

    def loss(self, rows: CountMatrix, classes: IntArray) -> float:
        """Return the mean cross-entropy in nats. There must be at least one row."""
        chosen = self.probabilities(rows)[np.arange(len(classes)), classes]
        return float(-np.log(chosen + LEAST_PROBABILITY).mean())


@dataclass(frozen=True, kw_only=True)
class LowRankSettings:
    """How a model is trained. `step` is Adagrad's step size in the first epoch; `dropout` a share from 0 to below 1."""

    rank: int
    epochs: int
    steps_per_epoch: int
    step: float
    dropout: float
    seed: int


class TrainingRun:
    """One model in training. Every class from 0 to the highest in `classes` is learned; equal seeds, equal models."""

    def __init__(self, rows: CountMatrix, classes: IntArray, *, settings: LowRankSettings) -> None:
        self._rows, self._classes, self._settings = rows, classes, settings
        self._random = np.random.default_rng(settings.seed)
        features, rank, count = rows.shape[1], settings.rank, int(classes.max()) + 1
        scale = np.float32(_START_SCALE / np.sqrt(rank))
        self._down = self._random.standard_normal((features, rank), dtype=np.float32) * scale
        self._up = np.zeros((rank, count), np.float32)
        self._bias = np.log(np.bincount(classes, minlength=count) / len(classes) + 1e-6).astype(np.float32)
        self._down_squares = np.full(features, _START_SQUARES, np.float32)
        self._up_squares = np.full_like(self._up, _START_SQUARES)
        self._bias_squares = np.full_like(self._bias, _START_SQUARES)
        self._packer = _ColumnPacker(features)

    def epoch(self, number: int) -> Iterator[float]:
        """Train one pass over the rows in random order and yield the mean loss of each step; `number` counts from 0."""
        settings = self._settings
        step = settings.step * (1 - (1 - _LAST_STEP_SHARE) * number / max(1, settings.epochs - 1))
        order = self._random.permutation(len(self._classes))
        rows, classes = self._rows[order], self._classes[order]
        bounds = np.linspace(0, len(order), settings.steps_per_epoch + 1).astype(np.int64)
        loss = float(np.log(len(self._bias)))
        for start, end in itertools.pairwise(bounds):
            if end > start:  # with fewer rows than steps some steps have nothing to learn from
                loss = self._train_batch(rows, classes, span=slice(start, end), step=np.float32(step))
            yield loss

    def snapshot(self) -> LowRankModel:
        """Return the model as it is now; later steps do not change it."""
        return LowRankModel(down=self._down.copy(), up=self._up.copy(), bias=self._bias.copy())

    def _train_batch(self, rows: CountMatrix, classes: IntArray, *, span: slice, step: np.float32) -> float:
        batch = self._packer.pack(rows, span)
        wanted, entries = classes[span], np.arange(span.stop - span.start)
        down = self._down[batch.columns]
        mask = self._dropout_mask((len(entries), self._settings.rank))
        hidden = np.asarray(batch.rows @ down, np.float32) * mask
        gradient = _softmax(hidden @ self._up + self._bias)
        loss = float(-np.log(gradient[entries, wanted] + LEAST_PROBABILITY).mean())
        gradient[entries, wanted] -= 1
        gradient /= np.float32(len(entries))
        up_gradient, bias_gradient = hidden.T @ gradient, gradient.sum(0)
        down_gradient = np.asarray(batch.rows.T @ ((gradient @ self._up.T) * mask), np.float32)
        self._down_squares[batch.columns] += np.einsum("ij,ij->i", down_gradient, down_gradient)
        down_gradient *= (step / np.sqrt(self._down_squares[batch.columns]))[:, None]
        self._down[batch.columns] = down - down_gradient
        self._up_squares += up_gradient * up_gradient
        self._up -= step * up_gradient / np.sqrt(self._up_squares)
        self._bias_squares += bias_gradient * bias_gradient
        self._bias -= step * bias_gradient / np.sqrt(self._bias_squares)
        return loss

    def _dropout_mask(self, shape: tuple[int, int]) -> FloatArray:
        kept = self._random.random(shape, dtype=np.float32) >= self._settings.dropout
        return kept.astype(np.float32) / np.float32(1 - self._settings.dropout)


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Rows of a batch over the columns that occur in it; `columns` are their numbers in the whole matrix."""

    rows: CountMatrix
    columns: IntArray


class _ColumnPacker:
    """Narrows a batch to its own columns. A table look-up: sorting the indices took a third of the training time."""

    def __init__(self, width: int) -> None:
        self._occurs = np.zeros(width, np.bool_)
        self._place = np.zeros(width, np.int32)

    def pack(self, rows: CountMatrix, span: slice) -> _Batch:
        starts = rows.indptr[span.start : span.stop + 1]
        entries = slice(starts[0], starts[-1])
        indices = rows.indices[entries]
        self._occurs[indices] = True
        columns = np.flatnonzero(self._occurs)
        self._occurs[columns] = False
        self._place[columns] = np.arange(len(columns), dtype=np.int32)
        packed = sparse.csr_array(
            (rows.data[entries], self._place[indices], starts - starts[0]),
            shape=(span.stop - span.start, len(columns)),
        )
        return _Batch(rows=packed, columns=columns)


def _softmax(scores: npt.NDArray[np.floating]) -> FloatArray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float32)
    result: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return result
