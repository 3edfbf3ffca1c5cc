"""Which records to read, and in which order: filters over samples and over what a record is, worst first. Pure.

Page, API and export select with the same filter, so that an export holds what was on screen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from core.evaluation.pairing import OutcomePair, pair_outcomes
from core.evaluation.samples import Outcome, Sample
from core.logs import timestamp_ms
from core.scoring import content_text, fold_answer

WORST_FIRST = (OutcomePair.NEWLY_WRONG, OutcomePair.BOTH_WRONG, OutcomePair.NEWLY_RIGHT, OutcomePair.BOTH_RIGHT)
QUIET_ROLES = ("system", "developer")


class Length(StrEnum):
    """How long a prompt is among those of its evaluation set, by thirds."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True, kw_only=True)
class RecordFacts:
    """What a record of a set is. `conversation` is its text without instructions, `searched` is that text folded."""

    client_id: str | None
    timestamp_ms: int | None
    conversation: str
    searched: str
    length: Length


@dataclass(frozen=True, kw_only=True)
class RecordFilter:
    """Which records are wanted; None and empty leave out nothing.

    `pairs` are what became of a record from the base to the candidate, `label` is the teacher's class or tool, `text`
    is looked for in the conversation and in both answers, `since_ms` is included and `until_ms` is not.
    """

    pairs: frozenset[OutcomePair] = frozenset()
    outcome: Outcome | None = None
    label: str | None = None
    client_id: str | None = None
    length: Length | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    text: str | None = None

    @property
    def asks_facts(self) -> bool:
        """Whether the filter needs the evaluation set beside the samples."""
        asked = (self.client_id, self.length, self.since_ms, self.until_ms, self.text)
        return any(value is not None for value in asked)


@dataclass(frozen=True, kw_only=True)
class SelectedRecord:
    """A candidate's sample with what became of the record from the base; `pair` is None where the base lacks it."""

    sample: Sample
    pair: OutcomePair | None


def read_record_facts(content: bytes) -> tuple[RecordFacts, ...]:
    """Return the facts of each record of an evaluation file, in its order."""
    rows = [orjson.loads(line) for line in content.splitlines() if line.strip()]
    texts = [_conversation(row.get("request")) for row in rows]
    ranked = sorted(range(len(rows)), key=lambda at: (len(texts[at]), at))
    lengths = {at: list(Length)[place * len(Length) // len(rows)] for place, at in enumerate(ranked)}
    return tuple(
        RecordFacts(
            client_id=row.get("client_id"),
            timestamp_ms=_moment(row.get("timestamp")),
            conversation=texts[at],
            searched=fold_answer(texts[at]),
            length=lengths[at],
        )
        for at, row in enumerate(rows)
    )


def select_records(
    samples: Sequence[Sample],
    base: Sequence[Sample] | None,
    record_filter: RecordFilter,
    *,
    facts: Sequence[RecordFacts] = (),
) -> list[SelectedRecord]:
    """Return the records that pass the filter, in the order of the evaluation set; `facts` are by position.

    Without a base the teacher is what records are compared with. A record without facts passes no filter on them.
    """
    pairs = pair_outcomes(samples, base)
    wanted = _Wanted(record_filter)
    return [
        SelectedRecord(sample=sample, pair=pair)
        for sample, pair in ((sample, pairs.get(sample.key)) for sample in samples)
        if wanted.passes(sample, pair, facts[sample.position] if sample.position < len(facts) else None)
    ]


def sort_worst_first(
    records: Sequence[SelectedRecord], *, critical_labels: Collection[str] = ()
) -> list[SelectedRecord]:
    """Return the records by how much they matter.

    Wrong records of critical classes stand first; then newly wrong before wrong in both before newly right; then the
    answers that share least with the teacher's; then the order of the evaluation set.
    """
    critical = {fold_answer(label) for label in critical_labels}

    def severity(record: SelectedRecord) -> tuple[int, int, float, int]:
        sample = record.sample
        is_wrong = sample.outcome is not Outcome.CORRECT
        is_critical = is_wrong and fold_answer(sample.expected_label or "") in critical
        place = WORST_FIRST.index(record.pair) if record.pair is not None else len(WORST_FIRST) - is_wrong
        return (0 if is_critical else 1, place, _grade(sample), sample.position)

    return sorted(records, key=severity)


def count_pairs_of(records: Sequence[SelectedRecord]) -> Mapping[OutcomePair, int]:
    """Return how many records each pair of outcomes has, pairs without any included."""
    counts = dict.fromkeys(OutcomePair, 0)
    for record in records:
        if record.pair is not None:
            counts[record.pair] += 1
    return counts


class _Wanted:
    """A filter with its texts folded once."""

    def __init__(self, record_filter: RecordFilter) -> None:
        self.filter = record_filter
        self.label = fold_answer(record_filter.label) if record_filter.label is not None else None
        self.text = fold_answer(record_filter.text) if record_filter.text else None

    def passes(self, sample: Sample, pair: OutcomePair | None, facts: RecordFacts | None) -> bool:
        wanted = self.filter
        if wanted.pairs and pair not in wanted.pairs:
            return False
        if wanted.outcome is not None and sample.outcome is not wanted.outcome:
            return False
        if self.label is not None and fold_answer(sample.expected_label or "") != self.label:
            return False
        return self._passes_facts(facts) and (self.text is None or self._holds_text(sample, facts))

    def _passes_facts(self, facts: RecordFacts | None) -> bool:
        wanted = self.filter
        if facts is None:
            return (wanted.client_id, wanted.length, wanted.since_ms, wanted.until_ms) == (None, None, None, None)
        moment = facts.timestamp_ms
        return (
            wanted.client_id in (None, facts.client_id)
            and wanted.length in (None, facts.length)
            and (wanted.since_ms is None or (moment is not None and moment >= wanted.since_ms))
            and (wanted.until_ms is None or (moment is not None and moment < wanted.until_ms))
        )

    def _holds_text(self, sample: Sample, facts: RecordFacts | None) -> bool:
        assert self.text is not None
        if facts is not None and self.text in facts.searched:
            return True
        answers = (sample.expected_text, sample.answer_text, sample.output_text)
        return any(self.text in fold_answer(answer) for answer in answers if answer)


def _grade(sample: Sample) -> float:
    """Return how much of the answer is right, 0 to 1, as far as it was graded."""
    if sample.tool_name_correct is not None:
        return (sample.tool_name_correct + bool(sample.tool_arguments_correct)) / 2
    return sample.token_overlap or 0.0


def _conversation(request: object) -> str:
    messages = request.get("messages") if isinstance(request, Mapping) else None
    said = [message for message in messages or () if isinstance(message, Mapping)]
    return "\n".join(content_text(message.get("content")) for message in said if message.get("role") not in QUIET_ROLES)


def _moment(value: object) -> int | None:
    try:
        return timestamp_ms(value)
    except ValueError:
        return None
