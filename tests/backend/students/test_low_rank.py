"""The low-rank classifier and its training."""

import numpy as np
import pytest
from scipy import sparse

from core.backend.students.low_rank import LowRankModel, LowRankSettings, TrainingRun
from core.backend.students.ngrams import CountMatrix

SETTINGS = LowRankSettings(rank=4, epochs=6, steps_per_epoch=5, step=0.5, dropout=0.1, seed=7)


def make_rows(count: int = 60, classes: int = 3) -> tuple[CountMatrix, np.ndarray]:
    """Return rows in which feature k marks class k, with noise features beside it."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % classes
    dense = (generator.random((count, 10)) < 0.2).astype(np.float32)
    dense[:, :classes] = np.eye(classes, dtype=np.float32)[labels]
    return sparse.csr_array(dense), labels.astype(np.int64)


def train(settings: LowRankSettings = SETTINGS) -> tuple[LowRankModel, list[float]]:
    rows, labels = make_rows()
    run = TrainingRun(rows, labels, settings=settings)
    losses = [loss for epoch in range(settings.epochs) for loss in run.epoch(epoch)]
    return run.snapshot(), losses


def test_training_lowers_the_loss_from_that_of_guessing() -> None:
    model, losses = train()
    rows, labels = make_rows()

    assert losses[0] == pytest.approx(np.log(3), abs=0.05)
    assert model.loss(rows, labels) < 0.1
    assert (model.probabilities(rows).argmax(axis=1) == labels).all()


def test_equal_seeds_give_equal_models_and_other_seeds_other_ones() -> None:
    first, second = train()[0], train()[0]
    other = train(LowRankSettings(rank=4, epochs=6, steps_per_epoch=5, step=0.5, dropout=0.1, seed=8))[0]

    assert np.array_equal(first.down, second.down)
    assert np.array_equal(first.up, second.up)
    assert not np.array_equal(first.down, other.down)


def test_a_step_is_adagrad_on_the_gradient_of_the_loss() -> None:
    """One step of one batch without dropout, against finite differences of the loss in `up`, which starts at zero."""
    rows, labels = make_rows(count=12)
    settings = LowRankSettings(rank=2, epochs=1, steps_per_epoch=1, step=0.1, dropout=0.0, seed=1)
    run = TrainingRun(rows, labels, settings=settings)
    before = run.snapshot()
    gradient = np.zeros_like(before.up)
    for place in np.ndindex(gradient.shape):
        nudge = np.zeros_like(gradient)
        nudge[place] = 1e-2
        losses = [
            LowRankModel(down=before.down, up=before.up + sign * nudge, bias=before.bias).loss(rows, labels)
            for sign in (1, -1)
        ]
        gradient[place] = (losses[0] - losses[1]) / 2e-2

    list(run.epoch(0))

    expected = before.up - 0.1 * gradient / np.sqrt(1e-3 + gradient**2)
    np.testing.assert_allclose(run.snapshot().up, expected, atol=2e-3)


def test_the_features_take_adagrads_step_with_one_sum_for_each() -> None:
    """The second of two full-batch steps: in the first, `up` is zero and so is the gradient in `down`."""
    rows, labels = make_rows(count=12)
    settings = LowRankSettings(rank=2, epochs=2, steps_per_epoch=1, step=1.0, dropout=0.0, seed=1)
    run = TrainingRun(rows, labels, settings=settings)
    list(run.epoch(0))
    before = run.snapshot()
    gradient = np.zeros_like(before.down)
    for place in np.ndindex(gradient.shape):
        nudge = np.zeros_like(gradient)
        nudge[place] = 3e-2
        losses = [
            LowRankModel(down=before.down + sign * nudge, up=before.up, bias=before.bias).loss(rows, labels)
            for sign in (1, -1)
        ]
        gradient[place] = (losses[0] - losses[1]) / 6e-2

    list(run.epoch(1))

    sums = 1e-3 + (gradient**2).sum(axis=1, keepdims=True)
    expected = before.down - 0.1 * gradient / np.sqrt(sums)  # the last epoch takes a tenth of the step
    np.testing.assert_allclose(run.snapshot().down, expected, atol=1e-3)


def test_a_feature_that_never_occurs_keeps_its_start() -> None:
    rows, labels = make_rows()
    wide = sparse.csr_array(sparse.hstack([rows, sparse.csr_array((rows.shape[0], 1), dtype=np.float32)], format="csr"))
    run = TrainingRun(wide, labels, settings=SETTINGS)
    before = run.snapshot()

    list(run.epoch(0))

    after = run.snapshot()
    assert np.array_equal(after.down[-1], before.down[-1])
    assert not np.array_equal(after.down[0], before.down[0])


def test_an_epoch_has_its_steps_even_with_fewer_rows() -> None:
    rows, labels = make_rows(count=3)

    assert len(list(TrainingRun(rows, labels, settings=SETTINGS).epoch(0))) == SETTINGS.steps_per_epoch


def test_a_snapshot_does_not_change_with_later_steps() -> None:
    rows, labels = make_rows()
    run = TrainingRun(rows, labels, settings=SETTINGS)
    snapshot = run.snapshot()
    kept = snapshot.down.copy()

    list(run.epoch(0))

    assert np.array_equal(snapshot.down, kept)


def test_probabilities_sum_to_one_even_for_huge_scores() -> None:
    model = LowRankModel(
        down=np.full((2, 1), 1e4, np.float32), up=np.array([[1.0, -1.0]], np.float32), bias=np.zeros(2, np.float32)
    )

    found = model.probabilities(sparse.csr_array(np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)))

    np.testing.assert_allclose(found, np.array([[1, 0], [0.5, 0.5]], np.float32))
