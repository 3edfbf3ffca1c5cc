"""What every store's `ingest` does before it stores: parse lines, gather batches, keep count."""

from collections.abc import Iterable, Iterator

from core.logs.errors import RecordRejected
from core.logs.records import RecordDraft, parse_record
from core.logs.store import IngestReport, RejectedLine

BATCH_LINES = 2000
BATCH_BYTES = 8 * 2**20


class Intake:
    """The counts of one import; the store adds `stored` and `duplicate` after each batch."""

    def __init__(self) -> None:
        self.stored = 0
        self.duplicate = 0
        self._rejected: list[RejectedLine] = []

    def batches(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[list[RecordDraft]]:
        """Yield the records of the lines, a bounded number of lines and bytes at a time; a batch may be empty."""
        drafts: list[RecordDraft] = []
        seen = size_bytes = 0
        for number, line in lines:
            seen += 1
            size_bytes += len(line)
            if line.strip():
                self._parse(number, line, drafts)
            if seen >= BATCH_LINES or size_bytes >= BATCH_BYTES:
                yield drafts
                drafts, seen, size_bytes = [], 0, 0
        if drafts:
            yield drafts

    def report(self) -> IngestReport:
        """Return the counts so far."""
        return IngestReport(stored=self.stored, duplicate=self.duplicate, rejected=tuple(self._rejected))

    def _parse(self, number: int, line: bytes, drafts: list[RecordDraft]) -> None:
        try:
            drafts.append(parse_record(line))
        except RecordRejected as error:
            self._rejected.append(RejectedLine(line=number, reason=str(error)))
