"""Trains an adapter: reads the rows, finds out what their answers are, and runs the lesson that fits."""

import math
from collections.abc import Callable, Mapping, Sequence

from core.backend.students.adapters import Adapter
from core.backend.students.errors import TrainingError
from core.backend.students.label_adapter import LabelLesson
from core.backend.students.objectives import train_objectives
from core.backend.students.parameters import TrainingParameters, TrainingProgress
from core.backend.students.sizes import get_size
from core.backend.students.tool_lesson import ToolLesson
from core.backend.students.training_rows import read_rows
from core.scoring import AnswerKind, detect_answer_format


def train_adapter(
    train: Sequence[Mapping[str, object]],
    validation: Sequence[Mapping[str, object]],
    *,
    student: str,
    hyperparameters: TrainingParameters,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
) -> Adapter:
    """Return the adapter that `student` learned from `train`, the best of its epochs on `validation`.

    Rows are those of a NeMo training file: `{"messages": [...]}`, the answer last, with `tools` where there are any.
    `validation` may be empty. Equal rows and seed give an equal adapter. `should_stop` is asked before each step.
    Raises `TrainingError` for rows that cannot be learned from, `TrainingStopped`, and `NotFoundError` for the student.
    """
    get_size(student)
    if not train:
        raise TrainingError("The training file has no rows; choose a larger part of the workload.")
    rows, checks = read_rows(train, file="training file"), read_rows(validation, file="validation file")
    answer_format = detect_answer_format(row.answer for row in rows).answer_format
    lesson: LabelLesson | ToolLesson
    if answer_format.kind is AnswerKind.TOOL_CALL:
        lesson = ToolLesson(rows, checks, student=student)
    else:
        lesson = LabelLesson(rows, checks, student=student, answer_format=answer_format)
    models = train_objectives(
        lesson.objectives,
        hyperparameters,
        steps_per_epoch=math.ceil(len(rows) / hyperparameters.batch_size),
        on_progress=on_progress,
        should_stop=should_stop,
    )
    return lesson.finish(models)
