"""The demo's traffic into the log store, as an import of a file would bring it, and what people checked beside it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.demo.traffic import HEADLINES, GoldLabel, generate_traffic
from app.installation import Installation
from core.database import Database
from core.datasets import GoldSource, GoldStatement, give_gold
from core.logs import LogStore

SOURCE = "flywheel demo"
NOTE = "Invented by the demo together with the headline."


@dataclass(frozen=True, kw_only=True)
class LoadedTraffic:
    """How many records the demo has, and for how many requests the right answer is known."""

    records: int
    gold: int


def load_traffic(
    parts: Installation, *, until: datetime, given_by: str, should_stop: Callable[[], bool]
) -> LoadedTraffic:
    """Store the traffic of the thirty days before `until`, and its gold in the name of `given_by`.

    Storing again stores nothing twice. Ends early, with what is stored by then, when `should_stop` says so.
    """
    traffic = generate_traffic(now=until)
    _store_records(parts.logs, traffic.records, should_stop)
    if not should_stop():
        _store_gold(parts.database, traffic.gold, given_by=given_by, given_at=until)
    return LoadedTraffic(records=len(traffic.records), gold=len(traffic.gold))


def _store_records(logs: LogStore, records: Sequence[object], should_stop: Callable[[], bool]) -> None:
    def write_lines() -> Iterator[tuple[int, bytes]]:
        for number, record in enumerate(records, start=1):
            if should_stop():
                return
            yield number, json.dumps(record).encode()

    for _ in logs.ingest(write_lines(), source=SOURCE):
        pass


def _store_gold(database: Database, labels: Sequence[GoldLabel], *, given_by: str, given_at: datetime) -> None:
    statements = [
        GoldStatement(
            request_key=entry.request_key,
            answer=entry.label,
            source=GoldSource.IMPORT,
            note=NOTE,
            given_by=given_by,
            given_at=given_at,
        )
        for entry in labels
    ]
    with database.write() as session:
        give_gold(session, HEADLINES, *statements)
