"""Which logged records a build looks at, and what it keeps of each in memory while it works.

Bodies are kept compressed in `PackedRows`, at the record's `position`: parsed, 200,000 records would need over a
gigabyte. Keys are kept as bytes, half the size of their hexadecimal form.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.datasets.options import BuildOptions, LimitMethod
from core.datasets.randomness import draw_order, seeded
from core.logs import LogFilter, LogRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRecord:
    """A well-formed record while datasets are built.

    `request_key` identifies the full request, `prompt_key` the normalised conversation; `position` is where its body
    and its answer are kept.
    """

    record_id: str
    timestamp_ms: int
    content_hash: bytes
    request_key: bytes
    prompt_key: bytes
    offers_tools: bool
    position: int


def selection_filter(options: BuildOptions) -> LogFilter:
    """Return the filter that makes a log store stream the records a build looks at; see `is_selected` for the rest."""
    return LogFilter(
        workload_id=options.workload_id,
        client_id=options.client_id,
        since=options.since,
        until=options.until,
        text=options.text,
    )


def is_selected(record: LogRecord, options: BuildOptions) -> bool:
    """Tell whether a record belongs to the selection. The search text alone is the store's business."""
    return (
        record.workload_id == options.workload_id
        and options.client_id in (None, record.client_id)
        and (options.since is None or record.timestamp_ms >= _to_ms(options.since))
        and (options.until is None or record.timestamp_ms < _to_ms(options.until))
        and (not options.models or record.model in options.models)
        and (not options.finish_reasons or record.finish_reason in options.finish_reasons)
    )


def order_records(records: Iterable[HeldRecord]) -> list[HeldRecord]:
    """Return the records oldest first; equal for any order they came in."""
    return sorted(records, key=lambda record: (record.timestamp_ms, record.content_hash, record.record_id))


def limit_positions(count: int, limit: int | None, *, method: LimitMethod, seed: int) -> Sequence[int]:
    """Return the positions of up to `limit` of `count` records that stand oldest first, in ascending order."""
    if limit is None or limit >= count:
        return range(count)
    if method is LimitMethod.NEWEST:
        return range(count - limit, count)
    return sorted(draw_order(count, seeded(seed, "limit"))[:limit])


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
