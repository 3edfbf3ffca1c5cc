"""`docs/demo.md` says what the demo has: workloads with their sizes, its folder, its ports, its options."""

from app.commands.demo import DEFAULT_FOLDER, WAYS_TO_MOVE
from app.demo import WORKLOADS
from app.demo.configuration import PORT_VARIABLES
from app.demo.envelopes import TEACHER
from app.demo.folder import MARKER
from app.demo.story import STORY
from tests.machine import REPOSITORY

PAGE = (REPOSITORY / "docs" / "demo.md").read_text(encoding="utf-8")


def test_every_run_stands_there_with_the_size_of_its_traffic_and_its_point() -> None:
    sizes = {workload.workload_id: workload for workload in WORKLOADS}
    for run in STORY:
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{run.workload_id}` |"))
        assert f" {sizes[run.workload_id].records:,} " in row
        assert f"on {sizes[run.workload_id].evaluation_size:,} records" in row
        assert ("three students" if run.students is None else "one student") in row
        assert run.is_answered or row.endswith(f"{run.point} |")


def test_the_folder_the_ports_and_the_teacher_are_named() -> None:
    for name in (str(DEFAULT_FOLDER), MARKER, TEACHER, *PORT_VARIABLES):
        assert name in PAGE
    for way in WAYS_TO_MOVE.values():
        assert way.partition("=")[0].partition(" N")[0] in PAGE
