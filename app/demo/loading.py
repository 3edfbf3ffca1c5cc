"""The demo's traffic into the log store, as an import of a file would bring it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from app.demo.traffic import generate_traffic
from core.logs import LogStore

SOURCE = "flywheel demo"


def load_traffic(logs: LogStore, *, until: datetime, should_stop: Callable[[], bool]) -> int:
    """Store the traffic of the thirty days before `until` and return how many records the demo has.

    Storing again stores nothing twice. Ends early, with what is stored by then, when `should_stop` says so.
    """
    records = generate_traffic(now=until).records
    for _ in logs.ingest(_write_lines(records, should_stop), source=SOURCE):
        pass
    return len(records)


def _write_lines(records: tuple[object, ...], should_stop: Callable[[], bool]) -> Iterator[tuple[int, bytes]]:
    for number, record in enumerate(records, start=1):
        if should_stop():
            return
        yield number, json.dumps(record).encode()
