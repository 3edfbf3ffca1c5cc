"""The demo's own folder: marked as made by the demo, locked while the demo runs, emptied only when asked to.

A folder without the mark belongs to somebody and is refused, whatever is asked. The mark also keeps the little that the
demo must remember between starts: up to which moment its traffic goes, which runs it launched, whose end it has seen.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import ConflictError, InputError

MARKER = "flywheel-demo.json"
FRESH_MARKER = f"{MARKER}.new"
LOCK = "flywheel-demo.lock"
MADE_BY = "flywheel demo"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class DemoFacts:
    """What the demo remembers. `runs` are ids by workload, empty until all are launched.

    `unfinished` are the runs whose end no start of the demo has seen yet.
    """

    traffic_until: datetime
    runs: Mapping[str, str]
    unfinished: tuple[str, ...]


class DemoFolder:
    """A folder that the demo holds; see `hold_demo_folder`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *, now: datetime) -> DemoFacts:
        """Return what the demo remembers; a new folder remembers that its traffic goes up to `now`.

        Raises `InputError` for what another version of the demo wrote.
        """
        marker = self.path / MARKER
        if not marker.exists():
            self.write(DemoFacts(traffic_until=now, runs={}, unfinished=()))
        try:
            return _parse(json.loads(marker.read_bytes()))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{marker} was written by another version of the demo; `flywheel demo --reset` starts afresh",
                field="data",
            ) from error

    def write(self, facts: DemoFacts) -> None:
        """Remember these facts instead of those before; a crash leaves either."""
        values = {**asdict(facts), "traffic_until": facts.traffic_until.isoformat()}
        fresh = self.path / FRESH_MARKER
        fresh.write_text(json.dumps({"made_by": MADE_BY, "format": FORMAT, **values}, indent=2) + "\n")
        fresh.replace(self.path / MARKER)

    def note_end(self, run_id: str, *, now: datetime) -> None:
        """Remember that the end of a run was seen."""
        facts = self.read(now=now)
        self.write(replace(facts, unfinished=tuple(known for known in facts.unfinished if known != run_id)))

    def empty(self) -> None:
        """Remove everything in the folder; the mark last, so that a cut-short reset can be repeated."""
        entries = [entry for entry in self.path.iterdir() if entry.name not in (MARKER, LOCK)]
        for entry in [*entries, self.path / MARKER]:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)


@contextmanager
def hold_demo_folder(path: Path) -> Iterator[DemoFolder]:
    """Hold the folder for one demo, made when it is not there; nothing in it is changed yet.

    Raises `InputError` for a folder that the demo did not make or cannot use, `ConflictError` while it runs there.
    """
    refuse_foreign_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / LOCK).open("ab")
    except OSError as error:
        raise InputError(
            f"the demo cannot use the folder {path}: {error.strerror}; name another with --data", field="data"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"a demo is running in {path} already; stop it first, or name another folder with --data"
            ) from error
        yield DemoFolder(path)


def refuse_foreign_folder(path: Path) -> None:
    """Raise `InputError` unless the folder is missing, empty or made by the demo."""
    try:
        names = {entry.name for entry in path.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(
            f"the demo cannot use {path}: {error.strerror}; name another folder with --data", field="data"
        ) from error
    if names <= {LOCK, FRESH_MARKER} or _has_mark(path / MARKER):
        return
    raise InputError(
        f"{path} holds files that the demo did not make, so nothing in it was touched; name another folder with --data",
        field="data",
    )


def _has_mark(marker: Path) -> bool:
    try:
        values = json.loads(marker.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and values.get("made_by") == MADE_BY


def _parse(values: Mapping[str, Any]) -> DemoFacts:
    if values["format"] != FORMAT:
        raise ValueError("another format")
    return DemoFacts(
        traffic_until=datetime.fromisoformat(values["traffic_until"]),
        runs=dict(values["runs"]),
        unfinished=tuple(values["unfinished"]),
    )
