"""What a preview remembers of the records that pass by on their way into a build.

A build keeps records compressed and forgets them; people want to see what was asked where answers disagree, and which
personal data there seems to be.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.datasets.dedup import Conflict
from core.datasets.frames import last_user_text
from core.datasets.options import BuildOptions
from core.datasets.personal_data import PersonalData, find_in_record
from core.datasets.selection import is_selected
from core.logs import LogRecord
from core.scoring import answer_message, content_text, read_tool_calls

SHOWN_CHARACTERS = 400  # of what was asked and answered


@dataclass(frozen=True, kw_only=True)
class PreviewConflict:
    """A request that was answered in several ways: what was asked, and how many records gave each answer."""

    request_key: str
    asked: str
    answers: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PersonalDataHint:
    """How many of the records read seem to hold one kind of personal data, with a blotted-out example."""

    kind: PersonalData
    records: int
    example: str


@dataclass
class _Seen:
    """What is remembered of a record while it passes by."""

    asked: str
    answer: str


@dataclass
class Witness:
    """Passes records on and remembers what a preview shows of them."""

    records: Iterable[LogRecord]
    options: BuildOptions
    read: int = 0
    first_ms: int = 0
    last_ms: int = 0
    seen: dict[str, _Seen] = field(default_factory=dict)
    hints: dict[PersonalData, PersonalDataHint] = field(default_factory=dict)

    def __iter__(self) -> Iterator[LogRecord]:
        for record in self.records:
            self.read += 1
            if is_selected(record, self.options):
                self._look_at(record)
            yield record

    def _look_at(self, record: LogRecord) -> None:
        self.first_ms = min(self.first_ms or record.timestamp_ms, record.timestamp_ms)
        self.last_ms = max(self.last_ms, record.timestamp_ms)
        self.seen[record.content_hash] = _Seen(
            asked=last_user_text(record.request)[:SHOWN_CHARACTERS], answer=_answer_text(record)[:SHOWN_CHARACTERS]
        )
        for finding in find_in_record(record.body):
            known = self.hints.get(finding.kind)
            self.hints[finding.kind] = PersonalDataHint(
                kind=finding.kind,
                records=known.records + 1 if known else 1,
                example=known.example if known else finding.masked,
            )

    def list_hints(self) -> tuple[PersonalDataHint, ...]:
        """Return the hints of personal data, by kind."""
        return tuple(self.hints[kind] for kind in PersonalData if kind in self.hints)

    def show_conflict(self, conflict: Conflict) -> PreviewConflict:
        """Return a conflict of the build with what was asked and answered."""
        answers = Counter(self.seen[content_hash].answer for content_hash in conflict.content_hashes)
        asked = self.seen[conflict.content_hashes[0]].asked
        return PreviewConflict(request_key=conflict.request_key, asked=asked, answers=dict(answers))


def _answer_text(record: LogRecord) -> str:
    message = answer_message(record.response)
    calls = read_tool_calls(message)
    if calls:
        return "; ".join(call.to_text() for call in calls)
    return content_text(message.get("content")) if message else ""
