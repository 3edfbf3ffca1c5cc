"""A file followed as it grows: whole lines, across every kind of rotation, none lost, none twice."""

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.logs import following
from core.logs.following import FollowedFile
from core.logs.records import LINE_LIMIT_BYTES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "marks" / "app.json"


def take(followed: FollowedFile, *, looks: int = 3) -> list[tuple[int, bytes]]:
    """Read and keep as often as a finished file needs to be left."""
    lines = []
    for _ in range(looks):
        lines += followed.read()
        followed.keep()
    return lines


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_whole_lines_are_taken_and_numbers_go_on(path: Path) -> None:
    path.write_text("a\nb\rb\nc")
    with FollowedFile(path) as followed:
        assert take(followed) == [(1, b"a\n"), (2, b"b\rb\n")]
        append(path, "c\nd\n")
        assert take(followed) == [(3, b"cc\n"), (4, b"d\n")]
        assert take(followed) == []


def test_what_is_not_kept_is_read_again(path: Path) -> None:
    path.write_text("a\nb\n")
    with FollowedFile(path) as followed:
        assert followed.read() == followed.read() == [(1, b"a\n"), (2, b"b\n")]
        followed.keep()
        assert followed.read() == []


def test_a_file_that_was_moved_away_is_finished_before_the_next(path: Path) -> None:
    path.write_text("a\n")
    with FollowedFile(path) as followed:
        assert take(followed) == [(1, b"a\n")]
        append(path, "b\n")
        path.rename(path.with_suffix(".1"))
        assert take(followed) == [(2, b"b\n")]
        path.write_text("d\n")
        append(path.with_suffix(".1"), "c\nlast, not ended")
        assert take(followed, looks=6) == [(3, b"c\n"), (4, b"last, not ended"), (1, b"d\n")]
        append(path, "e\n")
        assert take(followed) == [(2, b"e\n")]


def test_a_file_that_was_moved_and_removed_is_finished_too(path: Path) -> None:
    path.write_text("a\n")
    with FollowedFile(path) as followed:
        take(followed)
        append(path, "b\n")
        path.unlink()
        path.write_text("c\n")
        assert take(followed) == [(2, b"b\n"), (1, b"c\n")]


def test_a_file_that_was_cut_or_written_anew_is_read_from_its_start(path: Path) -> None:
    path.write_text("a\nb\n")
    with FollowedFile(path) as followed:
        take(followed)
        path.write_text("e\n")
        assert take(followed) == [(1, b"e\n")]
        path.write_text("longer\nthan before\n")
        assert take(followed) == [(1, b"longer\n"), (2, b"than before\n")]


def test_it_goes_on_after_a_restart_where_it_was_left(path: Path, marks: Path) -> None:
    path.write_text("a\nb\n")
    with FollowedFile(path, marks=marks) as followed:
        take(followed)
    append(path, "c\n")
    with FollowedFile(path, marks=marks) as followed:
        assert take(followed) == [(3, b"c\n")]


def test_a_rotation_between_two_processes_loses_nothing(path: Path, marks: Path) -> None:
    path.write_text("a\n")
    with FollowedFile(path, marks=marks) as followed:
        take(followed)
    append(path, "b\n")
    path.rename(path.with_name("app-1.jsonl"))
    path.write_text("c\n")
    with FollowedFile(path, marks=marks) as followed:
        assert take(followed) == [(2, b"b\n"), (1, b"c\n")]


def test_another_file_with_the_number_of_the_old_one_is_read_from_its_start(path: Path, marks: Path) -> None:
    path.write_text("a\nb\n")
    with FollowedFile(path, marks=marks) as followed:
        take(followed)
    path.write_text("another\nof the same inode\n")
    with FollowedFile(path, marks=marks) as followed:
        assert take(followed) == [(1, b"another\n"), (2, b"of the same inode\n")]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"device": 1}'])
def test_marks_that_cannot_be_read_mean_reading_again(path: Path, marks: Path, text: str) -> None:
    marks.parent.mkdir()
    marks.write_text(text)
    path.write_text("a\n")
    with FollowedFile(path, marks=marks) as followed:
        assert take(followed) == [(1, b"a\n")]


def test_a_file_that_is_not_there_yet_is_waited_for(path: Path) -> None:
    with FollowedFile(path) as followed:
        assert take(followed) == []
        path.write_text("a\n")
        assert take(followed) == [(1, b"a\n")]


def test_many_lines_are_handed_on_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LINES_AT_ONCE", 3)
    path.write_text("".join(f"{number}\n" for number in range(7)))
    with FollowedFile(path) as followed:
        sizes = []
        for _ in range(4):
            sizes.append(len(followed.read()))
            followed.keep()
    assert sizes == [3, 3, 1, 0]


def test_a_line_beyond_the_limit_comes_cut(path: Path) -> None:
    path.write_bytes(b"x" * (LINE_LIMIT_BYTES + 100) + b"\nshort\n")
    with FollowedFile(path) as followed:
        (first, line), (second, after) = take(followed)
    assert (first, len(line)) == (1, LINE_LIMIT_BYTES + 1)
    assert (second, after) == (2, b"short\n")


@settings(max_examples=60)
@given(acts=st.lists(st.sampled_from(["write", "half", "move", "look", "restart"]), max_size=30))
def test_whatever_happens_each_line_is_taken_once_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("follow")
    path, marks = folder / "app.jsonl", folder / "marks.json"
    path.touch()
    written, rotations, taken = 0, 0, []
    followed = FollowedFile(path, marks=marks)
    take(followed, looks=1)
    for act in acts:
        if act == "write":
            append(path, f"line {(written := written + 1)}\n")
        elif act == "half":
            append(path, f"line {(written := written + 1)}")
            taken += take(followed, looks=1)
            append(path, "\n")
        elif act == "move" and path.stat().st_size:
            rotations += 1
            path.rename(folder / f"app.{rotations}.jsonl")
            path.touch()
            taken += take(followed, looks=4)  # it looks more often than is rotated
        elif act == "restart":
            followed.close()
            followed = FollowedFile(path, marks=marks)
        else:
            taken += take(followed, looks=1)
    taken += take(followed, looks=4)
    followed.close()
    assert [line.decode() for _, line in taken] == [f"line {number + 1}\n" for number in range(written)]


def test_nothing_is_lost_or_doubled_while_an_application_writes_and_rotates(path: Path) -> None:
    """A real writer that rotates as `logging.handlers.RotatingFileHandler` does, between two looks and in mid-look."""
    lines = 3000

    def write() -> None:
        file = path.open("a")
        for number in range(lines):
            file.write(f"{number}\n")
            if number % 500 == 499:
                file.flush()
                time.sleep(0.12)
                path.rename(path.with_name(f"app.{number}.jsonl"))
                file.write("late\n")
                file.close()
                file = path.open("a")
        file.close()

    path.touch()
    writer = threading.Thread(target=write)
    taken = []
    with FollowedFile(path) as followed:
        writer.start()
        while writer.is_alive():
            taken += take(followed, looks=1)
            time.sleep(0.02)
        taken += take(followed)
    found = [line for _, line in taken if line != b"late\n"]
    assert found == [b"%d\n" % number for number in range(lines)]
    assert len(taken) - len(found) == lines / 500
