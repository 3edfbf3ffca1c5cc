"""A trained choice among classes: features of a text, a low-rank model, and how both are kept in a file.

The part that every adapter is made of: labels, tool names and argument values are all chosen this way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.backend.students.features import FloatArray, TextFeatures
from core.backend.students.low_rank import LowRankModel
from core.backend.students.ngrams import NgramPlan
from core.backend.students.storage import Arrays


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
        arrays = {"down": self.model.down, "up": self.model.up, "bias": self.model.bias, **self.features.to_arrays()}
        return {f"{name}.{key}": array for key, array in arrays.items()}

    @classmethod
    def from_arrays(cls, name: str, *, plans: Sequence[NgramPlan], arrays: Arrays) -> "TrainedChoice":
        """Return the choice that `to_arrays` described. Raises `KeyError` when an array is missing."""
        own = {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}
        return cls(features=TextFeatures.from_arrays(plans, own), model=_model(own))


def _model(arrays: Mapping[str, npt.NDArray[np.generic]]) -> LowRankModel:
    return LowRankModel(
        down=arrays["down"].astype(np.float32),
        up=arrays["up"].astype(np.float32),
        bias=arrays["bias"].astype(np.float32),
    )
