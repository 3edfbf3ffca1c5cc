"""How a student is trained, in the words of NeMo Customizer, and what training tells while it runs."""

from dataclasses import dataclass
from typing import Literal

from core.backend.students.errors import TrainingError

# Learning rates are given on the scale of LoRA fine-tuning, so that one setting suits a cluster and this backend. A
# linear model takes far larger steps: 1e-4 stands for an Adagrad step of 0.5.
ADAGRAD_STEP_PER_LEARNING_RATE = 5_000
LARGEST_ADAPTER_DIM = 512


@dataclass(frozen=True, kw_only=True)
class TrainingParameters:
    """The hyperparameters of one training. Raises `TrainingError` for a value out of range.

    The defaults suit all students from a few hundred records to tens of thousands (tests/bench/bench_students.py).
    `batch_size` counts rows; `adapter_dim` is the rank; `adapter_dropout` falls on the low-rank layer. The step shrinks
    linearly to a tenth over the epochs.
    """

    epochs: int = 8
    batch_size: int = 32
    learning_rate: float = 1e-4
    adapter_dim: int = 32
    adapter_dropout: float = 0.1
    seed: int = 42

    def __post_init__(self) -> None:
        for name, fits, wanted in (
            ("epochs", self.epochs >= 1, "at least 1"),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("learning_rate", 0 < self.learning_rate <= 1, "above 0 and at most 1; 0.0001 is the default"),
            ("adapter_dim", 1 <= self.adapter_dim <= LARGEST_ADAPTER_DIM, f"from 1 to {LARGEST_ADAPTER_DIM}"),
            ("adapter_dropout", 0 <= self.adapter_dropout < 1, "from 0 to below 1"),
            ("seed", self.seed >= 0, "0 or above"),
        ):
            if not fits:
                raise TrainingError(f"Hyperparameter {name} is {getattr(self, name)!r}; it must be {wanted}.")


@dataclass(frozen=True, kw_only=True)
class TrainingProgress:
    """One point of a loss curve. `step` counts optimizer steps from 0 over all epochs, `epoch` counts from 0.

    `train_loss` is the mean of the steps since the last point, `val_loss` that of the validation rows at an epoch's
    end; both in nats a row, summed over the parts of a student that calls tools.
    """

    step: int
    steps_per_epoch: int
    epoch: int
    series: Literal["train_loss", "val_loss"]
    value: float
