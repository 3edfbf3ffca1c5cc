"""Which logged records a build looks at, and the compact form in which it holds them.

The body of a record is kept as JSON bytes between the passes: parsed, 200,000 records would need over a gigabyte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from core.datasets.json_bytes import pack_json, unpack_json
from core.datasets.leakage import prompt_key
from core.datasets.options import BuildOptions
from core.datasets.randomness import draw_order, seeded
from core.logs import LogFilter, LogRecord, canonical_request_key


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRecord:
    """A well-formed record while datasets are built.

    `request_key` identifies the full request, `prompt_key` the normalised conversation.
    """

    record_id: str
    timestamp_ms: int
    content_hash: str
    request_key: str
    prompt_key: bytes
    packed: bytes

    @property
    def body(self) -> dict[str, object]:
        """The logged JSON object, a new one at each call: nobody can change the log's record through it."""
        return unpack_json(self.packed)


def selection_filter(options: BuildOptions) -> LogFilter:
    """Return the filter that makes a log store stream exactly the records a build looks at."""
    return LogFilter(
        workload_id=options.workload_id,
        client_id=options.client_id,
        since=options.since,
        until=options.until,
    )


def is_selected(record: LogRecord, options: BuildOptions) -> bool:
    """Tell whether a record belongs to the selection, for streams wider than `selection_filter`."""
    return (
        record.workload_id == options.workload_id
        and options.client_id in (None, record.client_id)
        and (options.since is None or record.timestamp_ms >= _to_ms(options.since))
        and (options.until is None or record.timestamp_ms < _to_ms(options.until))
    )


def hold_record(record: LogRecord) -> HeldRecord:
    """Return the compact form of a well-formed record."""
    request = cast("Mapping[str, object]", record.body["request"])
    return HeldRecord(
        record_id=record.id,
        timestamp_ms=record.timestamp_ms,
        content_hash=record.content_hash,
        request_key=canonical_request_key(request),
        prompt_key=prompt_key(request),
        packed=pack_json(record.body),
    )


def order_records(records: Sequence[HeldRecord]) -> list[HeldRecord]:
    """Return the records oldest first; equal for any order they came in."""
    return sorted(records, key=lambda record: (record.timestamp_ms, record.content_hash, record.record_id))


def limit_positions(count: int, limit: int | None, *, seed: int) -> list[int]:
    """Return the positions of up to `limit` of `count` records, drawn uniformly, in ascending order."""
    if limit is None or limit >= count:
        return list(range(count))
    return sorted(draw_order(count, seeded(seed, "limit"))[:limit])


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
