"""Records on their way into the log store: a bounded queue, one writing thread, a spool on disk for when it is down.

Whoever puts a record never waits and never fails. The thread writes batches; while the store cannot be reached they go
to the spool, which is stored and removed as soon as it can be.
"""

import json
import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.proxy.spool import Spool
from core.logs import LogStore

QUEUED = 10_000
BATCH = 500
LOOK_EVERY_S = 0.5
RETRY_AFTER_S = 2.0
STOP_WITHIN_S = 40.0
SOURCE = "proxy"

logger = logging.getLogger("flywheel.proxy")


MakeRecord = Callable[[], Mapping[str, Any] | None]
"""Makes a record, or None when there is nothing to log; called by the journal's thread, where it may take its time."""


class Journal:
    """Use `put` from anywhere, `close` once. `lost` counts records that neither store nor spool could take."""

    def __init__(self, open_store: Callable[[], LogStore], spool: Path) -> None:
        self._open_store = open_store
        self._store: LogStore | None = None
        self._spool = Spool(spool)
        self._queue: queue.Queue[MakeRecord] = queue.Queue(QUEUED)
        self._stopping = threading.Event()
        self._is_down = False
        self.lost = 0
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def put(self, make: MakeRecord) -> None:
        """Take a record that the thread will make; one too many is counted and told, and holds nobody up."""
        try:
            self._queue.put_nowait(make)
        except queue.Full:
            self._lose(1)

    def close(self) -> None:
        """Write what is left, to the store or the spool, and stop."""
        self._stopping.set()
        self._thread.join(STOP_WITHIN_S)
        if self._store is not None:
            self._store.close()

    def _write(self) -> None:
        self._replay()
        while True:
            batch = self._take()
            if batch and not self._keep(batch):
                self._set_aside(batch)
            if self._stopping.is_set() and self._queue.empty():
                return
            if self._is_down and not batch:
                self._stopping.wait(RETRY_AFTER_S)
            if not self._stopping.is_set():
                self._replay()

    def _take(self) -> list[bytes]:
        """Return what is there, or comes within half a second."""
        makers: list[MakeRecord] = []
        try:
            makers.append(self._queue.get(timeout=LOOK_EVERY_S))
            while len(makers) < BATCH:
                makers.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return [line for line in map(_make_line, makers) if line is not None]

    def _keep(self, lines: Sequence[bytes]) -> bool:
        """Store lines and tell whether that worked; what the store rejects is told and gone."""
        try:
            if self._store is None:
                self._store = self._open_store()
            *_, report = self._store.ingest(enumerate(lines, start=1), source=SOURCE)
        except Exception as error:  # noqa: BLE001  # whatever it is, the thread must go on with what comes after
            if not self._is_down:
                logger.warning("the log store cannot be reached; records go to %s: %s", self._spool.path, error)
            self._is_down = True
            return False
        if self._is_down:
            logger.info("the log store can be reached again")
        self._is_down = False
        if report.rejected:
            logger.warning("%d records were rejected: %s", len(report.rejected), report.rejected[0].reason)
        return True

    def _set_aside(self, lines: Sequence[bytes]) -> None:
        try:
            is_kept = self._spool.append(lines)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._spool.path, error)
            is_kept = False
        if not is_kept:
            self._lose(len(lines))

    def _replay(self) -> None:
        try:
            if self._spool.replay(self._keep):
                logger.info("records that had been set aside are stored")
        except OSError as error:
            logger.warning("%s cannot be read: %s", self._spool.path, error)

    def _lose(self, count: int) -> None:
        self.lost += count
        logger.error("%d records could not be kept; %d in all", count, self.lost)


def _make_line(make: MakeRecord) -> bytes | None:
    try:
        record = make()
        return None if record is None else json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except Exception:
        logger.exception("an answer could not be logged")  # it has been given; one record less must not stop the others
        return None
