"""Drives the training of one or more low-rank models together: steps, losses, stopping, and which epoch is kept.

A student that picks a label has one objective; one that calls tools has several, which take their steps side by side.
The epoch with the lowest validation loss is kept for each, the last one where there are no validation rows.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.backend.students.blas import single_blas_thread
from core.backend.students.errors import TrainingStopped
from core.backend.students.features import IntArray
from core.backend.students.low_rank import LowRankModel, LowRankSettings, TrainingRun
from core.backend.students.ngrams import CountMatrix
from core.backend.students.parameters import ADAGRAD_STEP_PER_LEARNING_RATE, TrainingParameters, TrainingProgress

STEPS_PER_POINT = 10  # of the training loss, as NeMo Customizer reports it


@dataclass(frozen=True, kw_only=True)
class LabelledRows:
    """Feature rows and the class of each."""

    rows: CountMatrix
    classes: IntArray


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What one low-rank model learns. A class that `train` does not hold must not occur in `validation`."""

    train: LabelledRows
    validation: LabelledRows | None


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """The model of the best epoch; `best_epoch` counts from 1."""

    model: LowRankModel
    best_epoch: int


def train_objectives(
    objectives: Sequence[Objective],
    parameters: TrainingParameters,
    *,
    steps_per_epoch: int,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
) -> tuple[TrainedModel, ...]:
    """Return the trained models in the order of `objectives`. Asks before each step; raises `TrainingStopped`."""
    courses = [
        _Course(objective, parameters, steps_per_epoch=steps_per_epoch, number=number)
        for number, objective in enumerate(objectives)
    ]
    curve = _LossCurve(parameters.epochs, steps_per_epoch, on_progress=on_progress)
    with single_blas_thread():
        for epoch in range(parameters.epochs):
            steps = [course.epoch(epoch) for course in courses]
            for _ in range(steps_per_epoch):
                if should_stop():
                    raise TrainingStopped(f"Training was stopped after {curve.steps} steps.")
                curve.add_step(sum(next(step) for step in steps))
            curve.end_epoch([course.end_epoch(epoch) for course in courses])
    return tuple(course.best() for course in courses)


class _Course:
    """One objective on its way: its steps, and the best model so far."""

    def __init__(
        self, objective: Objective, parameters: TrainingParameters, *, steps_per_epoch: int, number: int
    ) -> None:
        settings = LowRankSettings(
            rank=parameters.adapter_dim,
            epochs=parameters.epochs,
            steps_per_epoch=steps_per_epoch,
            step=parameters.learning_rate * ADAGRAD_STEP_PER_LEARNING_RATE,
            dropout=parameters.adapter_dropout,
            seed=parameters.seed + number,
        )
        self._run = TrainingRun(objective.train.rows, objective.train.classes, settings=settings)
        self._validation = objective.validation
        self._lowest_loss = math.inf
        self._best: TrainedModel | None = None

    def epoch(self, number: int) -> Iterator[float]:
        return self._run.epoch(number)

    def end_epoch(self, number: int) -> float | None:
        """Return the validation loss, None without validation rows, and keep the model if it is the best."""
        model = self._run.snapshot()
        if self._validation is None:
            self._best = TrainedModel(model=model, best_epoch=number + 1)
            return None
        loss = model.loss(self._validation.rows, self._validation.classes)
        if self._best is None or loss < self._lowest_loss:
            self._lowest_loss = loss
            self._best = TrainedModel(model=model, best_epoch=number + 1)
        return loss

    def best(self) -> TrainedModel:
        if self._best is None:
            raise RuntimeError("no epoch has ended")
        return self._best


class _LossCurve:
    """Counts steps and reports the losses of all objectives together."""

    def __init__(self, epochs: int, steps_per_epoch: int, *, on_progress: Callable[[TrainingProgress], None]) -> None:
        self.steps = 0
        self._total, self._steps_per_epoch, self._on_progress = epochs * steps_per_epoch, steps_per_epoch, on_progress
        self._recent: list[float] = []

    def add_step(self, loss: float) -> None:
        self.steps += 1
        self._recent.append(loss)
        if self.steps % STEPS_PER_POINT == 0 or self.steps == self._total:
            self._report("train_loss", sum(self._recent) / len(self._recent))
            self._recent.clear()

    def end_epoch(self, validation_losses: Sequence[float | None]) -> None:
        known = [loss for loss in validation_losses if loss is not None]
        if known:
            self._report("val_loss", sum(known))

    def _report(self, series: Literal["train_loss", "val_loss"], value: float) -> None:
        step = self.steps - 1
        self._on_progress(
            TrainingProgress(
                step=step,
                steps_per_epoch=self._steps_per_epoch,
                epoch=step // self._steps_per_epoch,
                series=series,
                value=value,
            )
        )
