"""Deliveries as rows: planned once for every notice, listed, and sent again on request."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, delete, select

from core.database import Database
from core.errors import NotFoundError
from core.notify.tables import DeliveryRow
from core.runs import NoticeType
from core.runs.tables import NoticeRow
from core.settings import Webhook

PLAN_LOCK = 12
PLANNED_AT_ONCE = 50
KEPT_FOR = timedelta(days=90)

Describe = Callable[[NoticeRow], Mapping[str, Any]]
"""Adds to a notice what a reader needs: names, links, the verdict as it stands."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # not sent yet, or to be tried again
    DELIVERED = "delivered"  # the receiver said yes
    DEAD = "dead"  # given up: every attempt failed, or the receiver wants no more


class NoticeNotFound(NotFoundError):
    """No notice has this id."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notice on its way to one webhook. `last_error` never holds a secret."""

    notice_id: str
    type: NoticeType
    run_id: str
    webhook: str
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    last_error: str | None
    delivered_at: datetime | None


def plan_deliveries(database: Database, webhooks: Sequence[Webhook], *, describe: Describe, now: datetime) -> int:
    """Write the body of every new notice and a delivery for each webhook that wants it; return how many notices.

    The body is written once, so that every attempt and re-send carries the same bytes. Old notices are forgotten.
    """
    with database.read() as session:
        fresh = list(session.exec(_fresh().limit(PLANNED_AT_ONCE)))
    if not fresh:
        return 0
    bodies = {notice.id: _write_body(notice, describe) for notice in fresh} if webhooks else {}
    with database.write() as session:
        database.serialise(session, PLAN_LOCK)
        for notice in session.exec(_fresh().where(col(NoticeRow.id).in_([notice.id for notice in fresh]))):
            notice.body = bodies.get(notice.id, "")
            session.add(notice)
            session.add_all(
                DeliveryRow(
                    notice_id=notice.id, webhook=webhook.name, status=DeliveryStatus.WAITING, next_attempt_at=now
                )
                for webhook in webhooks
                if not webhook.events or notice.type in webhook.events
            )
        _forget_old(session, now)
    return len(fresh)


def list_deliveries(
    session: Session, *, statuses: Sequence[DeliveryStatus] | None = None, limit: int = 100
) -> list[Delivery]:
    """Return deliveries, newest notice first."""
    rows = select(DeliveryRow, NoticeRow).join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
    if statuses is not None:
        rows = rows.where(col(DeliveryRow.status).in_(statuses))
    found = session.exec(rows.order_by(col(NoticeRow.created_at).desc(), col(NoticeRow.id)).limit(limit))
    return [_view(delivery, notice) for delivery, notice in found]


def resend_notice(database: Database, notice_id: str, *, now: datetime) -> int:
    """Send a notice again to every webhook it was planned for; return how many. Raises `NoticeNotFound`."""
    with database.write() as session:
        if session.get(NoticeRow, notice_id) is None:
            raise NoticeNotFound(
                f"no notice {notice_id!r}; `flywheel notices list` shows those there are", field="notice"
            )
        return _wake(session, col(DeliveryRow.notice_id) == notice_id, now=now)


def resend_dead(database: Database, *, now: datetime) -> int:
    """Send every dead delivery again and return how many there were."""
    with database.write() as session:
        return _wake(session, col(DeliveryRow.status) == DeliveryStatus.DEAD, now=now)


def _wake(session: Session, condition: Any, *, now: datetime) -> int:
    again = {"status": DeliveryStatus.WAITING, "attempts": 0, "next_attempt_at": now, "delivered_at": None}
    count = len(list(session.exec(select(DeliveryRow.notice_id).where(condition))))
    session.execute(update(DeliveryRow).where(condition).values(again))
    return count


def _fresh() -> Any:
    return select(NoticeRow).where(col(NoticeRow.body).is_(None)).order_by(col(NoticeRow.created_at))


def _write_body(notice: NoticeRow, describe: Describe) -> str:
    at = notice.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    document = {"type": notice.type, "timestamp": at, "data": dict(describe(notice))}
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _forget_old(session: Session, now: datetime) -> None:
    old = select(NoticeRow.id).where(col(NoticeRow.created_at) < now - KEPT_FOR)
    session.execute(delete(DeliveryRow).where(col(DeliveryRow.notice_id).in_(old)))
    session.execute(delete(NoticeRow).where(col(NoticeRow.created_at) < now - KEPT_FOR))


def _view(delivery: DeliveryRow, notice: NoticeRow) -> Delivery:
    return Delivery(
        notice_id=notice.id,
        type=NoticeType(notice.type),
        run_id=notice.run_id,
        webhook=delivery.webhook,
        status=DeliveryStatus(delivery.status),
        attempts=delivery.attempts,
        created_at=notice.created_at,
        next_attempt_at=delivery.next_attempt_at,
        last_error=delivery.last_error,
        delivered_at=delivery.delivered_at,
    )
