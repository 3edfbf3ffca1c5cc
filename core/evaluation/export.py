"""Selected records as a file: CSV for a spreadsheet, JSON lines for a program. Pure.

Both hold one row a record with the answers of every variant side by side. CSV itself is `core.logs.write_csv`'s; JSON
lines are exact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from core.evaluation.records import RecordFacts, SelectedRecord
from core.evaluation.samples import Candidate, Outcome, Sample

NO_ANSWER = (Outcome.MISSING, Outcome.ERROR)


@dataclass(frozen=True, kw_only=True)
class ExportContext:
    """What a row needs beside the selected sample: the student's variants, gold answer keys and facts by position."""

    candidate: Candidate
    variants: Mapping[str, Mapping[str, Sample]]  # by variant, then by record key
    gold: Mapping[str, str]
    facts: Sequence[RecordFacts]


def export_rows(records: Iterable[SelectedRecord], context: ExportContext) -> Iterator[dict[str, Any]]:
    """Yield a row of plain JSON values for each record, all with the same columns in the same order."""
    for record in records:
        sample = record.sample
        facts = context.facts[sample.position] if sample.position < len(context.facts) else None
        moment = facts.timestamp_ms if facts is not None else None
        yield {
            "position": sample.position,
            "key": sample.key,
            "candidate": str(context.candidate),
            "client_id": facts.client_id if facts is not None else None,
            "time": None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).isoformat(),
            "request": facts.conversation if facts is not None else None,
            "teacher": sample.expected_text,
            "gold": context.gold.get(sample.key),
            **{variant: _answer(answers.get(sample.key)) for variant, answers in context.variants.items()},
            "outcome": sample.outcome.value,
            "pair": record.pair.value if record.pair is not None else None,
            "error": sample.error,
        }


def write_json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for row in rows:
        yield orjson.dumps(row, default=str).decode() + "\n"


def _answer(sample: Sample | None) -> str | None:
    if sample is None or sample.outcome in NO_ANSWER:
        return None
    return sample.answer_text or sample.output_text
