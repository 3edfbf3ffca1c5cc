"""A trained choice among classes: features of a text, a low-rank model, and how both are kept in a file.

The part that every adapter is made of: labels, tool names and argument values are all chosen this way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.backend.students.features import FloatArray, TextFeatures
from core.backend.students.low_rank import LowRankModel
from core.backend.students.ngrams import NgramPlan
from core.backend.students.storage import Arrays, arrays_of, name_arrays


@dataclass(frozen=True, kw_only=True)
class TrainedChoice:
    """Chooses one of `model`'s classes for a text."""

    features: TextFeatures
    model: LowRankModel

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Return the probability of each class for each text."""
        return self.model.probabilities(self.features.rows_of(texts))

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays to save, each under a name that begins with `name`."""
        arrays = {**self.model.to_arrays(), **self.features.to_arrays()}
        return name_arrays(name, arrays)

    @classmethod
    def from_arrays(cls, name: str, *, plans: Sequence[NgramPlan], arrays: Arrays) -> "TrainedChoice":
        """Return the choice that `to_arrays` described. Raises `KeyError` when an array is missing."""
        own = arrays_of(name, arrays)
        return cls(features=TextFeatures.from_arrays(plans, own), model=LowRankModel.from_arrays(own))
