"""Training a label adapter: it learns, reports, stops, repeats, and refuses what cannot be learned."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.backend.students import (
    STUDENTS,
    Adapter,
    TrainingError,
    TrainingParameters,
    TrainingProgress,
    TrainingStopped,
    answer_many,
    train_adapter,
)
from core.errors import NotFoundError
from core.settings.models import TrainingSettings
from tests.backend.students.workloads import answered, as_request, ask, content_of, make_rows

SMALL = "local/linear-small"
ROWS = make_rows(320)


def train(
    rows: Sequence[dict[str, object]] = ROWS[:250],
    validation: Sequence[dict[str, object]] = ROWS[250:280],
    *,
    student: str = SMALL,
    progress: list[TrainingProgress] | None = None,
    **parameters: Any,
) -> Adapter:
    return train_adapter(
        rows,
        validation,
        student=student,
        hyperparameters=TrainingParameters(**parameters),
        on_progress=(progress if progress is not None else []).append,
        should_stop=lambda: False,
    )


def contents(adapter: Adapter, requests: Sequence[dict[str, object]]) -> list[object]:
    return [completion.message["content"] for completion in answer_many(adapter.student, adapter, requests)]


@pytest.mark.parametrize("student", list(STUDENTS))
def test_a_trained_student_answers_texts_it_has_not_seen(student: str) -> None:
    adapter = train(student=student)

    expected = [content_of(row) for row in ROWS[280:]]
    found = contents(adapter, [as_request(row) for row in ROWS[280:]])

    assert sum(one == other for one, other in zip(found, expected, strict=True)) >= 38  # of 40


def test_equal_rows_and_seed_give_an_equal_adapter_whatever_else_was_trained_before() -> None:
    first = train(seed=3)
    train(seed=4)
    second = train(seed=3)

    assert (first.choice.model.down == second.choice.model.down).all()  # type: ignore[attr-defined]
    assert (first.choice.model.down != train(seed=5).choice.model.down).any()  # type: ignore[attr-defined]


def test_training_loss_comes_every_ten_steps_and_validation_loss_every_epoch() -> None:
    progress: list[TrainingProgress] = []

    train(progress=progress, epochs=3, batch_size=20)

    # 250 rows in batches of 20 are 13 steps an epoch, 39 in all.
    assert [point.step for point in progress if point.series == "train_loss"] == [9, 19, 29, 38]
    assert [(point.step, point.epoch) for point in progress if point.series == "val_loss"] == [
        (12, 0),
        (25, 1),
        (38, 2),
    ]
    assert {point.steps_per_epoch for point in progress} == {13}
    losses = [point.value for point in progress if point.series == "train_loss"]
    assert losses[-1] < losses[0]


def test_without_validation_rows_the_last_epoch_is_kept() -> None:
    progress: list[TrainingProgress] = []

    adapter = train(validation=[], progress=progress, epochs=4)

    assert adapter.best_epoch == 4
    assert {point.series for point in progress} == {"train_loss"}


def test_the_epoch_with_the_lowest_validation_loss_is_kept() -> None:
    progress: list[TrainingProgress] = []
    contradicting = [answered("invoice charged refund", "[[login]]"), answered("parcel courier", "[[billing]]")]

    adapter = train(validation=[*contradicting, *ROWS[250:252]], progress=progress, epochs=6)

    losses = [point.value for point in progress if point.series == "val_loss"]
    assert adapter.best_epoch == losses.index(min(losses)) + 1 < 6


def test_a_stop_is_heeded_before_the_next_step() -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 5

    with pytest.raises(TrainingStopped, match="after 4 steps"):
        train_adapter(
            ROWS, [], student=SMALL, hyperparameters=TrainingParameters(), on_progress=print, should_stop=should_stop
        )
    assert asked == 5


def test_answers_that_say_the_same_are_one_class_in_its_usual_wording() -> None:
    rows = [
        *(answered(f"invoice charged {word}", "[[Billing]]") for word in ("a", "b", "c")),
        answered("invoice charged twice", "The class is [[billing]]."),
        *(answered(f"parcel courier {word}", "[[delivery]]") for word in ("a", "b")),
    ]

    found = contents(train(rows, []), [ask("invoice charged again"), ask("parcel courier came")])

    assert found == ["[[Billing]]", "[[delivery]]"]


def test_validation_labels_that_training_never_shows_are_left_out_of_the_loss() -> None:
    progress: list[TrainingProgress] = []

    train(validation=[answered("odd", "[[unheard]]")], progress=progress)

    assert "val_loss" not in {point.series for point in progress}


def test_rows_with_unreadable_answers_are_not_learned_from() -> None:
    rows = [*ROWS[:100], answered("invoice charged refund payment", "I cannot help with that.")]

    assert contents(train(rows, []), [ask("invoice charged refund payment")]) == ["[[billing]]"]


def test_a_single_class_can_be_trained() -> None:
    assert contents(train([answered("a", "[[x]]"), answered("b", "[[x]]")], []), [ask("c")]) == ["[[x]]"]


def test_free_text_answers_are_refused_with_the_counts() -> None:
    rows = [answered(f"text {number}", f"A long answer about topic {number}.") for number in range(80)]

    with pytest.raises(TrainingError, match="80 different answers in 80 rows are free text"):
        train(rows, [])


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({}, "training file, row 2"),
        ({"messages": []}, "training file, row 2"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "training file, row 2"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]}, "training file, row 2"),
    ],
)
def test_a_row_without_question_and_answer_is_named(row: dict[str, object], place: str) -> None:
    with pytest.raises(TrainingError, match=place):
        train([ROWS[0], row], [])


def test_a_broken_validation_row_is_named_too() -> None:
    with pytest.raises(TrainingError, match="validation file, row 1"):
        train(validation=[{}])


def test_no_rows_at_all_are_refused() -> None:
    with pytest.raises(TrainingError, match="has no rows"):
        train([], [])


def test_an_unknown_student_is_refused_with_the_near_miss() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'local/linear-large'"):
        train(student="local/linear-larg")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("adapter_dim", 0),
        ("adapter_dim", 100_000),
        ("adapter_dropout", 1.0),
        ("adapter_dropout", -0.1),
        ("seed", -1),
    ],
)
def test_a_hyperparameter_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(TrainingError, match=f"Hyperparameter {name} is"):
        TrainingParameters(**{name: value})  # type: ignore[arg-type]


def test_the_settings_train_with_the_students_own_defaults() -> None:
    settings, own = TrainingSettings(), TrainingParameters()

    assert settings.model_dump() == {name: getattr(own, name) for name in settings.model_dump()}
