"""From texts to weighted feature rows: which n-gram buckets matter and how much.

Term frequencies are damped and weighted by inverse document frequency (1 + ln tf, smoothed idf as in scikit-learn's
TfidfTransformer), every plan's block gets length 1, and the row is their mean in squares, so that a row has length 1
whatever the plans. Buckets too rare to learn from are dropped, which keeps an adapter small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.backend.students.ngrams import CountMatrix, NgramPlan, count_ngrams

RARE_FROM_RECORDS = 500  # from so many texts on, a bucket that occurs in one text only is dropped

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class FeatureBlock:
    """The buckets of one plan that became features, ascending, with the weight (idf) of each."""

    plan: NgramPlan
    buckets: IntArray
    weights: FloatArray


@dataclass(frozen=True, kw_only=True)
class TextFeatures:
    """What fitting learned: one block a plan. `width` is the number of columns of its rows."""

    blocks: tuple[FeatureBlock, ...]

    @property
    def width(self) -> int:
        """The number of features."""
        return sum(len(block.buckets) for block in self.blocks)

    def rows_of(self, texts: Sequence[str]) -> CountMatrix:
        """Return one row a text; a text without any known n-gram has an empty row."""
        return self.weigh([count_ngrams(texts, block.plan) for block in self.blocks])

    def weigh(self, counts: Sequence[CountMatrix]) -> CountMatrix:
        """Return the rows of texts whose n-grams were counted, one matrix for each block."""
        share = np.float32(1 / np.sqrt(len(self.blocks)))
        weighted = [_weigh_block(matrix, block, share) for matrix, block in zip(counts, self.blocks, strict=True)]
        return weighted[0] if len(weighted) == 1 else sparse.csr_array(sparse.hstack(weighted, format="csr"))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what `from_arrays` needs besides the plans, for saving."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for number, block in enumerate(self.blocks):
            arrays[f"buckets_{number}"] = block.buckets.astype(np.int32)
            arrays[f"weights_{number}"] = block.weights
        return arrays

    @classmethod
    def from_arrays(cls, plans: Sequence[NgramPlan], arrays: Mapping[str, npt.NDArray[np.generic]]) -> "TextFeatures":
        """Return the features that `to_arrays` described. Raises `KeyError` when an array is missing."""
        return cls(
            blocks=tuple(
                FeatureBlock(
                    plan=plan,
                    buckets=arrays[f"buckets_{number}"].astype(np.int64),
                    weights=arrays[f"weights_{number}"].astype(np.float32),
                )
                for number, plan in enumerate(plans)
            )
        )


class FittedFeatures(NamedTuple):
    """Features and the rows of the texts that they were fitted on."""

    features: TextFeatures
    rows: CountMatrix


def fit_features(texts: Sequence[str], plans: Sequence[NgramPlan]) -> FittedFeatures:
    """Return the features that `texts` support, with the rows of those texts."""
    counts = [count_ngrams(texts, plan) for plan in plans]
    minimum = 2 if len(texts) > RARE_FROM_RECORDS else 1
    blocks = tuple(_fit_block(matrix, plan=plan, minimum=minimum) for matrix, plan in zip(counts, plans, strict=True))
    features = TextFeatures(blocks=blocks)
    return FittedFeatures(features=features, rows=features.weigh(counts))


def _fit_block(counts: CountMatrix, *, plan: NgramPlan, minimum: int) -> FeatureBlock:
    texts = counts.shape[0]
    frequency = np.bincount(counts.indices, minlength=plan.buckets)
    buckets = np.flatnonzero(frequency >= minimum)
    weights = np.log((1 + texts) / (1 + frequency[buckets])) + 1
    return FeatureBlock(plan=plan, buckets=buckets.astype(np.int64), weights=weights.astype(np.float32))


def _weigh_block(counts: CountMatrix, block: FeatureBlock, share: np.float32) -> CountMatrix:
    place = np.full(block.plan.buckets, -1, np.int32)
    place[block.buckets] = np.arange(len(block.buckets), dtype=np.int32)
    columns = place[counts.indices]
    known = columns >= 0
    starts = np.concatenate(([0], np.cumsum(known)))[counts.indptr]
    columns = columns[known]
    values = (1 + np.log(counts.data[known])) * block.weights[columns]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(starts))
    lengths = np.sqrt(np.bincount(rows, values * values, minlength=counts.shape[0]))
    values = (values / lengths[rows] * share).astype(np.float32)
    return sparse.csr_array((values, columns, starts), shape=(counts.shape[0], len(block.buckets)))
