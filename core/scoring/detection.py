"""Which answer format a workload uses, found by trying all of them on its answers and kept with the evidence.

The rule, in this order: tool calls, double brackets, one JSON field, each if at least half of the answers can be read
that way; else the whole text. Nothing here depends on the order of the messages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.scoring.answers import (
    AnswerFormat,
    AnswerKind,
    find_in_brackets,
    fold_answer,
    read_json_object,
    scalar_text,
)
from core.scoring.messages import content_text
from core.scoring.tool_calls import read_tool_calls

ENOUGH_SHARE = 0.5  # of the answers must be readable in a format for it to be chosen
EXAMPLES_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class FormatEvidence:
    """How well one format fits: `readable` of `of` answers, with `distinct` different values (tools for tool calls).

    `examples` are the most frequent values, folded, ties in alphabetical order.
    """

    format: AnswerFormat
    readable: int
    of: int
    distinct: int
    examples: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the evidence as plain JSON values, for manifests."""
        return {
            "format": self.format.to_dict(),
            "readable": self.readable,
            "of": self.of,
            "distinct": self.distinct,
            "examples": list(self.examples),
        }


@dataclass(frozen=True, kw_only=True)
class DetectedFormat:
    """The format found and the evidence for every format that reads at least one answer, the chosen one included."""

    answer_format: AnswerFormat
    evidence: tuple[FormatEvidence, ...]

    @property
    def chosen_evidence(self) -> FormatEvidence:
        """The evidence for `answer_format`; of nothing but zeros when there were no answers."""
        for evidence in self.evidence:
            if evidence.format == self.answer_format:
                return evidence
        return FormatEvidence(format=self.answer_format, readable=0, of=0, distinct=0, examples=())


class FormatDetector:
    """Collects answers one by one, so that a stream need not be held; memory grows with the distinct values only."""

    def __init__(self) -> None:
        self._messages = 0
        self._values: dict[AnswerFormat, Counter[str]] = {}
        self._texts: Counter[str] = Counter()  # JSON field -> how many of its values were texts

    def add(self, message: Mapping[str, object] | None, *, times: int = 1) -> None:
        """Take the answer of one record, or of several alike, into account; None is an answer that no format reads."""
        self._messages += times
        if message is None:
            return
        calls = read_tool_calls(message)
        if calls:
            self._count(AnswerFormat(kind=AnswerKind.TOOL_CALL), calls[0].name, times)
        text = content_text(message.get("content"))
        if not text.strip():
            return
        self._count(AnswerFormat(kind=AnswerKind.WHOLE_TEXT), fold_answer(text), times)
        bracketed = find_in_brackets(text)
        if bracketed:
            self._count(AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS), fold_answer(bracketed), times)
        for field, value in (read_json_object(text) or {}).items():
            found = scalar_text(value)
            if found and field:
                self._texts[field] += times * isinstance(value, str)
                self._count(AnswerFormat(kind=AnswerKind.JSON_FIELD, field=field), fold_answer(found), times)

    def detect(self, kinds: Iterable[AnswerKind] = tuple(AnswerKind)) -> DetectedFormat:
        """Return the format of what was added, chosen among `kinds`; the whole text when nothing else fits."""
        evidence = sorted((self._evidence(found) for found in self._values), key=_reading_order)
        allowed = frozenset(kinds)
        fitting = [item for item in evidence if item.format.kind in allowed and item.readable >= ENOUGH_SHARE * item.of]
        for kind in (AnswerKind.TOOL_CALL, AnswerKind.DOUBLE_BRACKETS, AnswerKind.JSON_FIELD):
            candidates = [item for item in fitting if item.format.kind is kind]
            if kind is AnswerKind.JSON_FIELD:
                candidates = self._most_label_like(candidates)
            if candidates:
                return DetectedFormat(answer_format=candidates[0].format, evidence=tuple(evidence))
        return DetectedFormat(answer_format=AnswerFormat(kind=AnswerKind.WHOLE_TEXT), evidence=tuple(evidence))

    def _count(self, answer_format: AnswerFormat, value: str, times: int) -> None:
        self._values.setdefault(answer_format, Counter())[value] += times

    def _evidence(self, answer_format: AnswerFormat) -> FormatEvidence:
        values = self._values[answer_format]
        most_frequent = sorted(values, key=lambda value: (-values[value], value))
        return FormatEvidence(
            format=answer_format,
            readable=values.total(),
            of=self._messages,
            distinct=len(values),
            examples=tuple(most_frequent[:EXAMPLES_SHOWN]),
        )

    def _most_label_like(self, fields: list[FormatEvidence]) -> list[FormatEvidence]:
        """Keep the field to read: the only one, or of several the one that tells classes apart with the fewest values.

        Texts go before numbers and truth values, which are confidences and flags more often than labels. An object of
        several fields that all vary freely, or never, is a document and no label: the whole text is read.
        """
        if len(fields) < 2:
            return fields
        telling = [item for item in fields if 2 <= item.distinct <= item.readable / 2]
        return sorted(telling, key=self._label_order)[:1]

    def _label_order(self, evidence: FormatEvidence) -> tuple[bool, int, int, str]:
        field = evidence.format.field or ""
        is_text = self._texts[field] * 2 > evidence.readable
        return (not is_text, evidence.distinct, -evidence.readable, field)


def detect_answer_format(messages: Iterable[Mapping[str, object] | None]) -> DetectedFormat:
    """Return the answer format of the assistant messages of a workload, with the evidence."""
    detector = FormatDetector()
    for message in messages:
        detector.add(message)
    return detector.detect()


def _reading_order(evidence: FormatEvidence) -> tuple[int, int, str]:
    return (list(AnswerKind).index(evidence.format.kind), -evidence.readable, evidence.format.field or "")
