"""What errors become: page text, status and exit code from one table."""

import importlib
import logging
import pkgutil

import pytest
from sqlalchemy.exc import OperationalError

import core
from app.failures import CONFLICT, NOT_FOUND, UNAVAILABLE, UNEXPECTED, WRONG_INPUT, explain
from core.errors import ConflictError, FlywheelError, InputError, NotFoundError, UnavailableError


@pytest.mark.parametrize(
    ("error", "kind", "status", "exit_code"),
    [
        (NotFoundError("no run 'x'", field="run_id"), NOT_FOUND, 404, 2),
        (InputError("too small", field="seed"), WRONG_INPUT, 422, 2),
        (ConflictError("somebody was first"), CONFLICT, 409, 1),
        (UnavailableError("down", service="database"), UNAVAILABLE, 503, 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_class_has_its_status_and_exit_code(
    error: FlywheelError, kind: object, status: int, exit_code: int
) -> None:
    failure = explain(error)
    assert failure.kind is kind
    assert (failure.kind.status, failure.kind.exit_code) == (status, exit_code)
    assert failure.message == str(error)
    assert failure.reference is None


def test_every_deliberate_error_of_core_is_explained_by_its_own_sentence() -> None:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    found = list(walk(FlywheelError))
    assert len(found) > 15
    for cls in found:
        error = cls.__new__(cls)
        Exception.__init__(error, "a sentence")
        vars(error).update(field=None, line=None)
        assert explain(error).message == "a sentence", cls


def test_an_unexpected_error_is_logged_under_a_reference_and_told_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        failure = explain(ValueError("password=hunter2"))
    assert failure.kind is UNEXPECTED
    assert failure.reference is not None
    assert failure.reference in caplog.text
    assert "hunter2" in caplog.text
    assert "hunter2" not in str(failure.to_dict())
    assert failure.reference in failure.message


def test_a_driver_error_of_the_database_means_that_it_is_down() -> None:
    failure = explain(OperationalError("SELECT 1", {}, Exception("secret host")))
    assert failure.kind is UNAVAILABLE
    assert "secret host" not in failure.message


def test_the_json_shape_names_the_line_only_where_there_is_one() -> None:
    assert explain(InputError("bad", field="a", line=3)).to_dict() == {
        "error": {"message": "bad", "field": "a", "line": 3}
    }
    assert explain(ConflictError("late")).to_dict() == {"error": {"message": "late", "field": None}}


def walk(cls: type[FlywheelError]) -> list[type[FlywheelError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in walk(child))]
