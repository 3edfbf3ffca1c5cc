"""Adapters in files: they come back as they were, and what is no adapter is refused."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.backend.students import AdapterError, StudentError, answer_many, load_adapter
from core.backend.students.storage import write_adapter
from tests.backend.students.test_training import ROWS, train
from tests.backend.students.workloads import as_request


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adapter") / "billing@1.adapter"
    train().save(path)
    return path


def test_a_loaded_adapter_answers_as_the_trained_one(saved: Path) -> None:
    trained, loaded = train(), load_adapter(saved)
    requests = [as_request(row) for row in ROWS[280:]]

    assert answer_many(trained.student, loaded, requests) == answer_many(trained.student, trained, requests)
    assert (loaded.student, loaded.best_epoch) == (trained.student, trained.best_epoch)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "adapter"
    path.write_text("something else")

    load_adapter(saved).save(path)

    assert load_adapter(path).student == "local/linear-small"
    assert [file.name for file in tmp_path.iterdir()] == ["adapter"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"no adapter at .*gone"):
        load_adapter(tmp_path / "gone")


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.99])
def test_a_cut_file_is_refused(saved: Path, tmp_path: Path, kept_share: float) -> None:
    content = saved.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(content[: int(len(content) * kept_share)])

    with pytest.raises(AdapterError, match="damaged"):
        load_adapter(cut)


def test_a_changed_byte_is_refused(saved: Path, tmp_path: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 0xFF
    changed = tmp_path / "changed"
    changed.write_bytes(content)

    with pytest.raises(AdapterError, match="damaged"):
        load_adapter(changed)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    as_pickle, within = tmp_path / "pickle", tmp_path / "within.npz"
    as_pickle.write_bytes(pickle.dumps({"version": 1}))
    objects = io.BytesIO()
    np.save(objects, np.array([{"version": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(within, "w") as file:
        file.writestr("description.npy", objects.getvalue())

    for path in (as_pickle, within):
        with pytest.raises(AdapterError, match="damaged"):
            load_adapter(path)


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ({"kind": "label", "version": 2}, "of another release"),
        ({"kind": "poem"}, "unknown kind, 'poem'"),
        ({"kind": "label"}, "damaged"),
        ({"kind": "label", "student": "local/linear-tiny"}, "damaged"),
    ],
)
def test_a_description_of_something_else_is_refused(
    description: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "other"
    write_adapter(path, description, {})

    with pytest.raises(AdapterError, match=sentence):
        load_adapter(path)


def test_an_adapter_answers_for_its_own_student_only(saved: Path) -> None:
    with pytest.raises(StudentError, match=r"trained for local/linear-small, not for local/linear-large"):
        answer_many("local/linear-large", load_adapter(saved), [])
