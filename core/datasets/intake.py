"""The first half of a build: from a stream of records to those that can be used, with the reasons for the others.

Two passes: the stream is read once and held in compact form, as the answer format is known only when every answer was
seen; then answers are read and records without a usable one left out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from core.datasets.checks import find_format_problem, find_quality_problem
from core.datasets.dedup import UsableRecord
from core.datasets.errors import DatasetError
from core.datasets.options import BuildOptions, WorkloadType, check_sizes
from core.datasets.selection import HeldRecord, hold_record, is_selected, order_records
from core.datasets.workload import choose_format, detect_workload_type
from core.logs import LogRecord
from core.scoring import Answer, DetectedFormat, FormatDetector, answer_message, read_answer

LABEL_OF_FREE_TEXT = ""  # free text has no classes: all of it is one


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What the first half found: usable records oldest first, and the counts of the others by reason."""

    total: int
    invalid: Mapping[str, int]
    quality: Mapping[str, int]
    detected: DetectedFormat
    workload_type: WorkloadType
    records: Sequence[UsableRecord]


def take_in(records: Iterable[LogRecord], options: BuildOptions) -> Intake:
    """Return the usable records of the selection. Raises `DatasetError` when there are too few to go on."""
    detector = FormatDetector()
    invalid: Counter[str] = Counter()
    held = []
    for record in records:
        if not is_selected(record, options):
            continue
        problem = find_format_problem(record.body)
        if problem is not None:
            invalid[problem.value] += 1
            continue
        held.append(hold_record(record))
        detector.add(answer_message(record.response))
    total = len(held) + invalid.total()
    check_sizes(total, options)
    check_left(len(held), options, total=total, removed=invalid)
    held = order_records(held)
    detected = choose_format(detector, options)
    workload_type = options.workload_type or detect_workload_type(detected, _some_requests(held))
    usable, quality = _keep_usable(held, detected, workload_type)
    return Intake(
        total=total,
        invalid=_sort_reasons(invalid),
        quality=_sort_reasons(quality),
        detected=detected,
        workload_type=workload_type,
        records=usable,
    )


def check_left(left: int, options: BuildOptions, *, total: int, removed: Mapping[str, int]) -> None:
    """Refuse to go on with fewer records than the minimum, naming what removed the others. Raises `DatasetError`."""
    if left >= options.minimum_records:
        return
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in removed.items() if count)
    raise DatasetError(
        f"Of {total} records of {options.selection_text} only {left} can be used, fewer than the minimum of "
        f"{options.minimum_records}; removed: {reasons}. Import more or better traffic, or lower minimum_records.",
        field="minimum_records",
    )


def _keep_usable(
    held: Iterable[HeldRecord], detected: DetectedFormat, workload_type: WorkloadType
) -> tuple[list[UsableRecord], Counter[str]]:
    usable, quality = [], Counter[str]()
    for record in held:
        body = record.body
        answer = read_answer(answer_message(_response(body)), detected.answer_format)
        problem = find_quality_problem(body, answer, workload_type)
        if problem is None:
            usable.append(_use(record, answer, workload_type))
        else:
            quality[problem.value] += 1
    return usable, quality


def _use(record: HeldRecord, answer: Answer, workload_type: WorkloadType) -> UsableRecord:
    label, key = answer.label, answer.key
    assert label is not None
    assert key is not None
    return UsableRecord(
        held=record,
        label=LABEL_OF_FREE_TEXT if workload_type is WorkloadType.FREE_TEXT else label,
        answer_hash=hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest(),
    )


def _some_requests(held: Sequence[HeldRecord]) -> list[Mapping[str, object]]:
    """Return the requests of the oldest, middle and newest record."""
    positions = {0, len(held) // 2, len(held) - 1}
    return [cast("Mapping[str, object]", held[position].body["request"]) for position in sorted(positions)]


def _response(body: Mapping[str, object]) -> Mapping[str, object]:
    return cast("Mapping[str, object]", body["response"])


def _sort_reasons(reasons: Counter[str]) -> dict[str, int]:
    return {reason: reasons[reason] for reason in sorted(reasons)}
