"""The work of a customization, in a job process: read the rows, train the adapter, write it in one step."""

import random
from collections.abc import Callable
from pathlib import Path

from core.backend.errors import JobFailedError
from core.backend.rows import RowFile, read_rows
from core.backend.state import Document
from core.backend.students import TrainingParameters, TrainingProgress, train_adapter

VALIDATION_SHARE = 0.1  # taken from the training rows when there are no validation files, as the real customizer does


def train(order: Document, report: Callable[[Document], None]) -> Document:
    """Train the order's student, write the adapter to its place and return how many rows it learned from."""
    training = read_rows([RowFile(*file) for file in order["training"]])
    validation = read_rows([RowFile(*file) for file in order["validation"]])
    if not training:
        raise JobFailedError("the training files have no rows")
    parameters = TrainingParameters(**order["hyperparameters"])
    if not order["validation"]:
        training, validation = _split(training, seed=parameters.seed)

    def on_progress(progress: TrainingProgress) -> None:
        report(
            {
                "step": progress.step,
                "steps_per_epoch": progress.steps_per_epoch,
                "epoch": progress.epoch,
                "series": progress.series,
                "value": progress.value,
            }
        )

    adapter = train_adapter(
        training,
        validation,
        student=order["student"],
        hyperparameters=parameters,
        on_progress=on_progress,
        should_stop=lambda: False,  # a cancel ends the process
    )
    target = Path(order["adapter"])
    unfinished = target.with_name(target.name + ".part")
    adapter.save(unfinished)
    unfinished.replace(target)
    return {"training": len(training), "validation": len(validation)}


def _split(rows: list[Document], *, seed: int) -> tuple[list[Document], list[Document]]:
    shuffled = random.Random(seed).sample(rows, len(rows))
    count = round(len(rows) * VALIDATION_SHARE)
    return shuffled[count:], shuffled[:count]
