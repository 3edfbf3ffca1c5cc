"""The spool: whole lines, kept by several processes at once, none lost where one is killed or the disk is full."""

import json
import multiprocessing
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.proxy.spool import Spool

LINES_EACH = 300


def test_nothing_set_aside_is_nothing_to_hand_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.ndjson")
    assert not spool.replay(lambda _: pytest.fail("nothing was set aside"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new" / "spool.ndjson")
    assert spool.append([b"1\n", b"2\n"])
    assert not spool.replay(lambda _: False)
    assert spool.replay(lambda lines: lines == [b"1\n", b"2\n"])
    assert not spool.path.exists()


def test_a_line_that_a_killed_process_cut_off_spoils_no_other(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.ndjson")
    spool.path.write_bytes(b'{"n": 1}\n{"n": ')
    spool.append([b'{"n": 3}\n'])
    assert spool.path.read_bytes().splitlines() == [b'{"n": 1}', b'{"n": ', b'{"n": 3}']


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.ndjson")
    spool.append([b"first\n"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        assert not spool.append([b"second, which is too long\n"])
        assert spool.append([b"third\n"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert spool.path.read_bytes() == b"first\nthird\n"


def set_aside(path: Path, name: str) -> None:
    """Set lines aside one by one."""
    for number in range(LINES_EACH):
        assert Spool(path).append([json.dumps([name, number]).encode() + b"\n"])


def test_processes_share_it_while_it_is_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "spool.ndjson"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=set_aside, args=(path, name)) for name in ("one", "two")]
    handed_on: list[bytes] = []

    def keep(lines: Sequence[bytes]) -> bool:
        handed_on.extend(lines)
        return True

    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        Spool(path).replay(keep)
    Spool(path).replay(keep)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert sorted(map(json.loads, handed_on)) == [[name, n] for name in ("one", "two") for n in range(LINES_EACH)]
