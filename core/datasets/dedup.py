"""One record per request: exact duplicates by the hash of the full request, conflicting answers reported.

The request key covers everything that was sent (system prompt, tools, settings), so two records are duplicates only if
the teacher was asked the very same thing. Near duplicates are the business of `core.datasets.leakage`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.datasets.selection import HeldRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class UsableRecord:
    """A record that passed all checks. `label` is its class, the same for all in free text.

    `answer_hash` is equal for answers that compare as equal.
    """

    held: HeldRecord
    label: str
    answer_hash: bytes


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One request that was answered in several ways. `content_hashes` are its records, the kept one first."""

    request_key: str
    distinct_answers: int
    content_hashes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Deduplicated:
    """The first record of every request in the given order, and the requests whose records disagree."""

    records: tuple[UsableRecord, ...]
    duplicates: int
    conflicts: tuple[Conflict, ...]


def drop_duplicates(records: Iterable[UsableRecord]) -> Deduplicated:
    """Keep the first record of every request; give the records oldest first, and the oldest is kept."""
    by_request: dict[str, list[UsableRecord]] = {}
    for record in records:
        by_request.setdefault(record.held.request_key, []).append(record)
    kept = tuple(same[0] for same in by_request.values())
    return Deduplicated(
        records=kept,
        duplicates=sum(len(same) for same in by_request.values()) - len(kept),
        conflicts=tuple(conflict for same in by_request.values() if (conflict := _find_conflict(same))),
    )


def _find_conflict(same: list[UsableRecord]) -> Conflict | None:
    answers = {record.answer_hash for record in same}
    if len(answers) < 2:
        return None
    return Conflict(
        request_key=same[0].held.request_key,
        distinct_answers=len(answers),
        content_hashes=tuple(record.held.content_hash for record in same),
    )
