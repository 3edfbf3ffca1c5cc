"""What people decided about a workload's requests, kept in the state: gold answers and vetoes.

Every act is a row with its author and time; the newest of a request stands, older ones tell how it came about. The log
is never touched. How gold is read in a workload's format belongs to `core.datasets.gold_answers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.artifacts import open_artifact, put_artifact
from core.datasets.errors import DatasetError
from core.datasets.gold_answers import Corrections
from core.datasets.tables import GoldRow, VetoRow

MEDIA_TYPE = "application/json"
LONGEST_ANSWER = 100_000  # characters

Row = TypeVar("Row", GoldRow, VetoRow)


class GoldSource(StrEnum):
    """Where gold came from."""

    IMPORT = "import"  # a file of labels
    REVIEW = "review"  # a reviewer's correction of the teacher


@dataclass(frozen=True, kw_only=True)
class GoldStatement:
    """One statement about a request's right answer; `answer` None withdrew it."""

    request_key: str
    answer: str | None
    source: GoldSource
    note: str
    given_by: str
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class VetoStatement:
    """One decision to keep a request out of datasets, or to let it in again."""

    request_key: str
    is_vetoed: bool
    reason: str
    decided_by: str
    decided_at: datetime


def give_gold(session: Session, workload_id: str, *statements: GoldStatement) -> int:
    """Store statements about requests of a workload and return how many changed something; repeating changes nothing.

    Raises `DatasetError` for an answer that cannot be stored, before anything is.
    """
    for statement in statements:
        problem = find_answer_problem(statement.answer) if statement.answer is not None else None
        if problem is not None:
            raise DatasetError(f"The gold answer to request {statement.request_key} {problem}.", field="answer")
    standing = load_gold(session, workload_id)
    changes = 0
    for statement in statements:
        if standing.get(statement.request_key) == statement.answer:
            continue
        changes += 1
        session.add(
            GoldRow(
                workload_id=workload_id,
                request_key=statement.request_key,
                answer=statement.answer,
                source=statement.source.value,
                note=statement.note,
                given_by=statement.given_by,
                given_at=statement.given_at,
            )
        )
        if statement.answer is None:
            standing.pop(statement.request_key)
        else:
            standing[statement.request_key] = statement.answer
    session.flush()
    return changes


def veto_requests(session: Session, workload_id: str, *statements: VetoStatement) -> int:
    """Store decisions about requests of a workload and return how many changed something; repeating changes nothing.

    Raises `DatasetError` without a reason.
    """
    standing = set(load_vetoes(session, workload_id))
    changes = 0
    for statement in statements:
        if not statement.reason.strip():
            raise DatasetError("A veto needs a reason: others will ask why the record is missing.", field="reason")
        if (statement.request_key in standing) is statement.is_vetoed:
            continue
        changes += 1
        session.add(
            VetoRow(
                workload_id=workload_id,
                request_key=statement.request_key,
                is_vetoed=statement.is_vetoed,
                reason=statement.reason,
                decided_by=statement.decided_by,
                decided_at=statement.decided_at,
            )
        )
        (standing.add if statement.is_vetoed else standing.discard)(statement.request_key)
    session.flush()
    return changes


def load_gold(session: Session, workload_id: str) -> dict[str, str]:
    """Return the gold answers that stand, as they were given, by request key."""
    rows = _standing(session, GoldRow, workload_id)
    return {row.request_key: row.answer for row in rows if row.answer is not None}


def load_vetoes(session: Session, workload_id: str) -> list[str]:
    """Return the keys of the requests that are vetoed, sorted."""
    return sorted(row.request_key for row in _standing(session, VetoRow, workload_id) if row.is_vetoed)


def load_corrections(session: Session, workload_id: str) -> Corrections:
    """Return what stands for a workload now, as a build takes it."""
    return Corrections(gold=load_gold(session, workload_id), vetoed=load_vetoes(session, workload_id))


def keep_corrections(session: Session, corrections: Corrections, *, now: datetime) -> None:
    """Store what a build used under the addresses its manifest names, so that it can be built again; repeatable."""
    put_artifact(session, corrections.gold_content, media_type=MEDIA_TYPE, now=now)
    put_artifact(session, corrections.veto_content, media_type=MEDIA_TYPE, now=now)


def open_corrections(session: Session, *, gold_version: str, veto_version: str) -> Corrections:
    """Return the corrections that `keep_corrections` stored. Raises `NotFoundError`."""
    return Corrections.from_content(
        gold=open_artifact(session, gold_version), vetoes=open_artifact(session, veto_version)
    )


def list_gold(session: Session, workload_id: str, *, request_key: str | None = None) -> list[GoldStatement]:
    """Return all statements about a workload, or about one request of it, newest first."""
    return [
        GoldStatement(
            request_key=row.request_key,
            answer=row.answer,
            source=GoldSource(row.source),
            note=row.note,
            given_by=row.given_by,
            given_at=row.given_at,
        )
        for row in _history(session, GoldRow, workload_id, request_key)
    ]


def list_vetoes(session: Session, workload_id: str, *, request_key: str | None = None) -> list[VetoStatement]:
    """Return all decisions about a workload, or about one request of it, newest first."""
    return [
        VetoStatement(
            request_key=row.request_key,
            is_vetoed=row.is_vetoed,
            reason=row.reason,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
        )
        for row in _history(session, VetoRow, workload_id, request_key)
    ]


def find_answer_problem(answer: str) -> str | None:
    """Return why a text cannot be kept as gold, to follow "the answer", or None."""
    if not answer.strip():
        return "is empty"
    if len(answer) > LONGEST_ANSWER:
        return f"is longer than {LONGEST_ANSWER} characters"
    if "\0" in answer or not _is_encodable(answer):
        return "holds characters that cannot be stored (NUL, or half a surrogate pair)"
    return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _standing(session: Session, table: type[Row], workload_id: str) -> Sequence[Row]:
    newest = select(func.max(table.id)).where(col(table.workload_id) == workload_id).group_by(col(table.request_key))
    return session.exec(select(table).where(col(table.id).in_(newest)).order_by(col(table.request_key))).all()


def _history(session: Session, table: type[Row], workload_id: str, request_key: str | None) -> Sequence[Row]:
    query = select(table).where(col(table.workload_id) == workload_id).order_by(col(table.id).desc())
    if request_key is not None:
        query = query.where(col(table.request_key) == request_key)
    return session.exec(query).all()
