"""Staying with a log file that an application still writes: `flywheel logs import --follow`."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.terminal import note

if TYPE_CHECKING:
    from core.logs import IngestReport, LogStore
    from core.settings import Settings

LOOK_EVERY_S = 1.0
FEW_LINES = 500
"""After fewer lines at once there is nothing to catch up with."""
FOLDER = "followed"


def marks_of(settings: "Settings", path: Path, tags: Mapping[str, str]) -> Path:
    """Return the file that keeps how far a file has been imported under these tags into this store."""
    facts = [str(path.resolve()), dict(tags), settings.logs_place]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return settings.data / FOLDER / f"{digest[:16]}.json"


def follow_file(
    store: "LogStore",
    path: Path,
    *,
    marks: Path,
    tags: dict[str, str],
    report: Callable[["IngestReport"], None],
    is_done: Callable[[], bool] = lambda: False,
) -> None:
    """Import a plain file and what is appended to it, until `is_done` or Ctrl-C; `report` hears of every batch.

    Goes on where it was left according to `marks`, and waits for a store that is away. Raises `InputError` for a file
    that is not there or compressed.
    """
    from core.errors import InputError
    from core.logs import LogStoreUnavailable
    from core.logs.files import COMPRESSIONS
    from core.logs.following import FollowedFile
    from core.logs.transfer import retag

    if path.suffix in COMPRESSIONS or not path.is_file():
        raise InputError(f"{path} cannot be followed; name a plain .jsonl file that is written line by line")
    is_away = False
    with FollowedFile(path, marks=marks) as followed:
        while True:
            lines = followed.read()
            try:
                if lines:
                    *_, counts = store.ingest(retag(lines, tags) if tags else lines, source=path.name)
                    report(counts)
                    is_away = False
                followed.keep()
            except LogStoreUnavailable as error:
                lines = []
                if not is_away:
                    note(f"{error}; following goes on when it is back")
                is_away = True
            if is_done():
                return
            if len(lines) < FEW_LINES:
                time.sleep(LOOK_EVERY_S)
