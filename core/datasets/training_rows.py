"""Training rows between the draws and the files: compared with the evaluation set, written once, kept compressed.

A row does not depend on whether it trains or validates, so each body is unpacked once: its prompt is compared, and what
may train becomes a line. Files are then filled in place, line by line at its offset: never twice in memory.
"""

from array import array
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import cast

from core.datasets.dedup import UsableRecord
from core.datasets.frames import Frame, conversation_text, detect_frame
from core.datasets.frozen import EvaluationRecord
from core.datasets.intake import Intake
from core.datasets.json_bytes import to_line
from core.datasets.near_duplicates import NearDuplicateIndex
from core.datasets.options import BuildOptions, WorkloadType
from core.datasets.packed_rows import PackedRows
from core.datasets.progress import OnProgress, Stage, watch
from core.datasets.rows import training_row

FRAME_SAMPLE = 400
TEXTS_AT_ONCE = 1000


class TrainingRows:
    """The lines of records that may train, by record."""

    def __init__(self, options: BuildOptions) -> None:
        self._options = options
        self._rows = PackedRows()
        self._lengths = array("q")  # of the rows
        self._row_of = array("q")  # by a record's position among the bodies

    def find_near_duplicates(
        self,
        records: Sequence[UsableRecord],
        intake: Intake,
        *,
        evaluation: Sequence[EvaluationRecord],
        on_progress: OnProgress | None = None,
    ) -> list[bool]:
        """Tell for each record whether its prompt is nearly one of the evaluation set, and keep the rows of the others.

        A prompt's fixed frame is taken off before. Without a threshold in the options nothing is compared.
        """
        self._row_of = array("q", bytes(8 * len(intake.bodies)))
        compare = _Comparison(intake, evaluation, threshold=self._options.near_duplicate_threshold)
        near: set[int] = set()
        bodies = watch(intake.read_bodies(records), Stage.COMPARING, on_progress, total=len(records))
        lines = (
            (record.held.position, compare.read(body), self._line(record, body, intake.workload_type))
            for record, body in bodies
        )
        while chunk := list(islice(lines, TEXTS_AT_ONCE)):
            for (position, _, line), is_near in zip(chunk, compare.find([text for _, text, _ in chunk]), strict=True):
                if is_near:
                    near.add(position)
                else:
                    self._keep(position, line)
        return [record.held.position in near for record in records]

    def write(self, positions: Sequence[int], on_progress: OnProgress | None = None) -> bytes:
        """Return the lines of the records with these positions, in this order."""
        order = array("q", (self._row_of[position] for position in positions))
        offsets = array("q", bytes(8 * len(self._rows)))
        size = 0
        for row in order:
            offsets[row] = size
            size += self._lengths[row] + 1
        buffer = BytesIO()
        buffer.seek(max(size - 1, 0))
        buffer.write(b"\n"[:size])
        ascending = sorted(order)
        lines = watch(self._rows.pick(ascending), Stage.WRITING, on_progress, total=len(ascending))
        for row, line in zip(ascending, lines, strict=True):
            buffer.seek(offsets[row])
            buffer.write(line)
            buffer.write(b"\n")
        return buffer.getvalue()  # handed over, not copied

    def _line(self, record: UsableRecord, body: dict[str, object], workload_type: WorkloadType) -> bytes:
        gold = record.gold.message if record.gold else None
        parse = self._options.parse_function_arguments
        return to_line(training_row(body, workload_type, parse_arguments=parse, gold=gold))[:-1]

    def _keep(self, position: int, line: bytes) -> None:
        self._row_of[position] = len(self._rows)
        self._lengths.append(len(line))
        self._rows.append(line)


class _Comparison:
    """Prompts without their frame, held against those of the evaluation set."""

    def __init__(self, intake: Intake, evaluation: Sequence[EvaluationRecord], *, threshold: float | None) -> None:
        self._index = None
        if threshold is not None:
            sample = intake.sample_requests(FRAME_SAMPLE)
            self._frame: Frame = detect_frame([conversation_text(request) for request in sample])
            texts = [self._frame.strip(conversation_text(record.request)) for record in evaluation]
            self._index = NearDuplicateIndex(texts, threshold=threshold)

    def read(self, body: Mapping[str, object]) -> str:
        """Return what is compared of a body: texts, as bodies of a thousand records are many objects."""
        if self._index is None:
            return ""
        return self._frame.strip(conversation_text(cast("Mapping[str, object]", body["request"])))

    def find(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts) if self._index is None else self._index.find(texts)
