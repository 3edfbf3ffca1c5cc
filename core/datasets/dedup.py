"""One record per request: exact duplicates by the hash of the full request, conflicting answers reported.

The request key covers everything that was sent (system prompt, tools, settings), so two records are duplicates only if
the teacher was asked the very same thing. Near duplicates are the business of `core.datasets.leakage`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.datasets.gold_answers import GoldAnswer
from core.datasets.selection import HeldRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class UsableRecord:
    """A record that passed all checks. `label` is the class of the teacher's answer, the same for all in free text.

    `gold` is the answer a person gave for the request, `trained_label` the class a student learns: that of gold where
    there is one. `answer_hash` is equal for teacher's answers that compare as equal.
    """

    held: HeldRecord
    label: str
    trained_label: str
    answer_hash: int
    gold: GoldAnswer | None


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One request that was answered in several ways. `content_hashes` are its records, the kept one first."""

    request_key: str
    distinct_answers: int
    content_hashes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Deduplicated:
    """The first record of every request in the given order, and the requests whose records disagree.

    Requests with gold are no conflicts: a person has settled them.
    """

    records: tuple[UsableRecord, ...]
    duplicates: int
    conflicts: tuple[Conflict, ...]


def drop_duplicates(records: Iterable[UsableRecord]) -> Deduplicated:
    """Keep the first record of every request; give the records oldest first, and the oldest is kept."""
    first: dict[bytes, UsableRecord] = {}
    repeated: dict[bytes, list[UsableRecord]] = {}
    for record in records:
        kept = first.setdefault(record.held.request_key, record)
        if kept is not record:
            repeated.setdefault(record.held.request_key, [kept]).append(record)
    return Deduplicated(
        records=tuple(first.values()),
        duplicates=sum(len(same) - 1 for same in repeated.values()),
        conflicts=tuple(conflict for key in first if key in repeated and (conflict := _find_conflict(repeated[key]))),
    )


def _find_conflict(same: Sequence[UsableRecord]) -> Conflict | None:
    answers = {record.answer_hash for record in same}
    if len(answers) < 2 or same[0].gold is not None:
        return None
    return Conflict(
        request_key=same[0].held.request_key.hex(),
        distinct_answers=len(answers),
        content_hashes=tuple(record.held.content_hash.hex() for record in same),
    )
