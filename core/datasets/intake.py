"""The first half of a build: from a stream of records to those that can be used, with the reasons for the others.

Two passes: the stream is read once and kept in compact form, as the answer format is known only when every answer was
seen; then answers are read and records without a usable one left out.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from core.datasets.checks import QualityReason, find_format_problem, find_quality_problem
from core.datasets.dedup import UsableRecord
from core.datasets.errors import DatasetError
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.gold_answers import Corrections, GoldAnswer, read_gold
from core.datasets.json_bytes import pack_json, unpack_json
from core.datasets.leakage import prompt_key
from core.datasets.options import BuildOptions, WorkloadType, check_sizes
from core.datasets.packed_rows import PackedRows
from core.datasets.progress import OnProgress, Stage, watch
from core.datasets.selection import HeldRecord, is_selected, order_records
from core.datasets.workload import choose_format, detect_workload_type
from core.logs import LogRecord, canonical_request_key
from core.scoring import Answer, AnswerFormat, DetectedFormat, FormatDetector, answer_message, read_answer

ALIKE_HELD = 4096
"""Answers that are remembered: a workload of classes has few, and each need be read only once."""
LABEL_OF_FREE_TEXT = ""  # free text has no classes: all of it is one


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What the first half found: usable records oldest first, their bodies, and the counts of the others by reason.

    `unreadable_gold` are gold answers that the answer format cannot read; they were not used.
    """

    total: int
    invalid: Mapping[str, int]
    vetoed: int
    quality: Mapping[str, int]
    unreadable_gold: int
    detected: DetectedFormat
    workload_type: WorkloadType
    records: Sequence[UsableRecord]
    bodies: PackedRows

    def read_bodies(self, records: Iterable[UsableRecord]) -> Iterator[tuple[UsableRecord, dict[str, object]]]:
        """Yield records with their bodies, in the order in which they came from the store."""
        ordered = sorted(records, key=lambda record: record.held.position)
        packed = self.bodies.pick(record.held.position for record in ordered)
        for record, body in zip(ordered, packed, strict=True):
            yield record, unpack_json(body)

    def sample_requests(self, size: int) -> list[Mapping[str, object]]:
        """Return the requests of some usable records, the same ones whatever order the records came in."""
        chosen = heapq.nsmallest(size, self.records, key=lambda record: record.held.content_hash)
        return [_request(body) for _, body in self.read_bodies(chosen)]


def take_in(
    records: Iterable[LogRecord],
    options: BuildOptions,
    *,
    corrections: Corrections,
    evaluation_set: FrozenEvaluationSet | None = None,
    on_progress: OnProgress | None = None,
) -> Intake:
    """Return the usable records of the selection. Raises `DatasetError` when there are too few to go on."""
    reader = _Reader(options, corrections)
    for record in watch(records, Stage.READING, on_progress, total=None):
        if is_selected(record, options):
            reader.take(record)
    check_sizes(reader.total, options, is_evaluation_given=evaluation_set is not None)
    check_left(len(reader.held), options, total=reader.total, removed={**reader.invalid, "vetoed": reader.vetoed})
    detected = choose_format(reader.detect(), options, evaluation_set=evaluation_set)
    ordered = order_records(reader.held)
    workload_type = options.workload_type or (evaluation_set.workload_type if evaluation_set else None)
    if workload_type is None:
        workload_type = detect_workload_type(detected, _some_requests(ordered, reader.bodies))
    gold = {bytes.fromhex(key): read_gold(text, detected.answer_format) for key, text in corrections.gold.items()}
    judge = _Judge(detected.answer_format, workload_type, gold=gold)
    answers = watch(reader.answers, Stage.JUDGING, on_progress, total=len(reader.held))
    usable = [judge.judge(held, answer) for held, answer in zip(reader.held, answers, strict=True)]
    return Intake(
        total=reader.total,
        invalid=_sort_reasons(reader.invalid),
        vetoed=reader.vetoed,
        quality=_sort_reasons(judge.quality),
        unreadable_gold=sum(answer is None for answer in gold.values()),
        detected=detected,
        workload_type=workload_type,
        records=[found for held in ordered if (found := usable[held.position]) is not None],
        bodies=reader.bodies,
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


class _Reader:
    """The first pass: checks the form of each record and keeps what the second one needs."""

    def __init__(self, options: BuildOptions, corrections: Corrections) -> None:
        self.total = 0
        self.vetoed = 0
        self.invalid: Counter[str] = Counter()
        self.detector = FormatDetector()
        self.held: list[HeldRecord] = []
        self.bodies = PackedRows()
        self.answers = PackedRows()
        self._alike: Counter[bytes] = Counter()  # answers to be looked at by the detector, packed
        self._property_limit = options.property_limit
        self._vetoed_keys = frozenset(bytes.fromhex(key) for key in corrections.vetoed)

    def take(self, record: LogRecord) -> None:
        self.total += 1
        problem = find_format_problem(record.body, property_limit=self._property_limit)
        if problem is not None:
            self.invalid[problem.value] += 1
            return
        request_key = bytes.fromhex(canonical_request_key(record.request))
        if request_key in self._vetoed_keys:
            self.vetoed += 1
            return
        self._hold(record, request_key, answer_message(record.response) or {})

    def detect(self) -> FormatDetector:
        """Return the detector with all answers in it."""
        for packed, times in self._alike.items():
            self.detector.add(unpack_json(packed), times=times)
        self._alike.clear()
        return self.detector

    def _hold(self, record: LogRecord, request_key: bytes, answer: Mapping[str, object]) -> None:
        packed = pack_json(answer)
        self._alike[packed] += 1
        if len(self._alike) > ALIKE_HELD:
            self.detect()
        self.held.append(
            HeldRecord(
                record_id=record.id,
                timestamp_ms=record.timestamp_ms,
                content_hash=bytes.fromhex(record.content_hash),
                request_key=request_key,
                prompt_key=prompt_key(record.request),
                offers_tools=bool(record.request.get("tools")),
                position=len(self.bodies),
            )
        )
        self.bodies.append(pack_json(record.body))
        self.answers.append(packed)


class _Judge:
    """The second pass: reads each answer and leaves out records without a usable one."""

    def __init__(
        self, answer_format: AnswerFormat, workload_type: WorkloadType, *, gold: Mapping[bytes, GoldAnswer | None]
    ) -> None:
        self.quality: Counter[str] = Counter()
        self._answer_format = answer_format
        self._workload_type = workload_type
        self._gold = gold
        self._labels: dict[str, str] = {}  # equal labels are one object: a workload has few
        self._read_alike = lru_cache(ALIKE_HELD)(self._read)

    def judge(self, held: HeldRecord, packed_answer: bytes) -> UsableRecord | None:
        answer, problem = self._read_alike(packed_answer, held.offers_tools)
        if problem is not None:
            self.quality[problem.value] += 1
            return None
        label, key = answer.label, answer.key
        assert label is not None
        assert key is not None
        gold = self._gold.get(held.request_key)
        return UsableRecord(
            held=held,
            label=self._label(label),
            trained_label=self._label(gold.label if gold else label),
            answer_hash=hash(key),
            gold=gold,
        )

    def _read(self, packed_answer: bytes, offers_tools: bool) -> tuple[Answer, QualityReason | None]:  # noqa: FBT001
        message = unpack_json(packed_answer)
        answer = read_answer(message, self._answer_format)
        return answer, find_quality_problem(message, answer, self._workload_type, offers_tools=offers_tools)

    def _label(self, label: str) -> str:
        if self._workload_type is WorkloadType.FREE_TEXT:
            return LABEL_OF_FREE_TEXT
        return self._labels.setdefault(label, label)


def _some_requests(ordered: Sequence[HeldRecord], bodies: PackedRows) -> list[Mapping[str, object]]:
    """Return the requests of the oldest, middle and newest record."""
    places = {0, len(ordered) // 2, len(ordered) - 1}
    positions = sorted(ordered[place].position for place in places)
    return [_request(unpack_json(body)) for body in bodies.pick(positions)]


def _request(body: Mapping[str, object]) -> Mapping[str, object]:
    return cast("Mapping[str, object]", body["request"])


def _sort_reasons(reasons: Counter[str]) -> dict[str, int]:
    return {reason: reasons[reason] for reason in sorted(reasons)}
