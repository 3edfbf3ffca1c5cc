"""Slots: all or none, in the order of asking, held until the deployment is gone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.database import Database
from core.errors import InputError
from core.runs import Execution, Lease, Surroundings, list_slots, provide_slots
from core.runs.slots import count_waiting, free_idle_slots, release_deployment, take_slots
from core.runs.tables import RunStatus, StepRow, StepStatus
from core.settings import Settings, Student
from tests.runs.rows import NOW, STUDENT, add_run

DEPLOY = f"deploy:{STUDENT}"


@pytest.fixture
def begin(database: Database, tmp_path: Path) -> Callable[[str], tuple[Execution, StepRow]]:
    """Return a function that starts a run's deploy step on an installation with two slots."""
    settings = Settings(data=tmp_path, slots=2)
    provide_slots(database, 2)

    def start(run_id: str) -> tuple[Execution, StepRow]:
        add_run(database, run_id, status=RunStatus.RUNNING, owner="w", epoch=1, lease_until=9e12)
        around = Surroundings(
            database=database,
            logs=None,  # type: ignore[arg-type]  # slots need neither logs nor services
            operations=None,  # type: ignore[arg-type]
            settings=settings,
            clock=lambda: NOW,
        )
        execution = Execution(around, Lease(run_id=run_id, owner="w", epoch=1, lease_s=60))
        execution.update_step(DEPLOY, status=StepStatus.RUNNING)
        return execution, execution.get_step(DEPLOY)

    return start


def holders(database: Database) -> list[str | None]:
    with database.read() as session:
        return [slot.run_id for slot in list_slots(session)]


def test_a_step_takes_all_it_needs_or_nothing(
    database: Database, begin: Callable[[str], tuple[Execution, StepRow]]
) -> None:
    first, second = begin("a"), begin("b")
    assert take_slots(*first, 1)
    assert not take_slots(*second, 2)
    assert holders(database) == ["a", None]
    assert take_slots(*first, 1), "asking again takes no more"
    assert holders(database) == ["a", None]


def test_a_large_student_is_not_passed_by_small_ones(
    database: Database, begin: Callable[[str], tuple[Execution, StepRow]]
) -> None:
    first, large, small = begin("a"), begin("b"), begin("c")
    assert take_slots(*first, 1)
    assert not take_slots(*large, 2)
    assert not take_slots(*small, 1), "one slot is free, but the large one asked before"
    with database.write() as session:
        assert count_waiting(session) == 2
        release_deployment(session, "a", DEPLOY)
    assert not take_slots(*small, 1)
    assert take_slots(*large, 2)
    assert holders(database) == ["b", "b"]


def test_slots_of_a_create_that_never_left_are_freed_and_those_of_a_deployment_are_held(
    database: Database, begin: Callable[[str], tuple[Execution, StepRow]]
) -> None:
    never, up = begin("a"), begin("b")
    assert take_slots(*never, 1)
    assert take_slots(*up, 1)
    up[0].update_step(DEPLOY, intent_at=NOW)
    with database.write() as session:
        free_idle_slots(session, "a")
        free_idle_slots(session, "b")
    assert holders(database) == [None, "b"]


def test_slots_follow_the_settings_once_nobody_holds_them(
    database: Database, begin: Callable[[str], tuple[Execution, StepRow]]
) -> None:
    assert take_slots(*begin("a"), 2)
    provide_slots(database, 1)
    assert holders(database) == ["a", "a"], "a held slot stays"
    with database.write() as session:
        release_deployment(session, "a", DEPLOY)
    provide_slots(database, 1)
    assert holders(database) == [None]
    provide_slots(database, None)
    assert holders(database) == []


def test_a_student_larger_than_all_slots_is_refused_at_launch(tmp_path: Path) -> None:
    from core.runs.launch import _refuse_too_large
    from core.runs.request import CompletedRequest

    student = Student(name="org/large", target="org/large@1", context_length=8192, gpus=4)
    settings = Settings(data=tmp_path, slots=2, students=(student,))
    request = CompletedRequest(
        workload_id="w",
        client_id=None,
        students=("org/large",),
        variants=(),
        evaluation_size=1,
        validation_ratio=0.1,
        minimum_records=1,
        limit=None,
        seed=1,
        stratify=True,
        rare_class_threshold=1,
        parse_function_arguments=True,
        training={},
    )
    with pytest.raises(InputError, match="takes 4 GPUs, but there are 2 slots") as caught:
        _refuse_too_large(request, settings)
    assert caught.value.field == "students"
