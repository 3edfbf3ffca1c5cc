"""Sending deliveries that are due: signed as the Standard Webhooks specification says, each by one worker at a time.

A 2xx is a yes. 410 means that the receiver wants no more. Everything else is tried again later. Redirects are not
followed: a signed body goes to the address in the settings and to no other.
"""

import base64
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import httpx
from sqlalchemy import ColumnElement, update
from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook as Signer

from core.database import Database
from core.errors import InputError
from core.notify.deliveries import DeliveryStatus
from core.notify.tables import DeliveryRow
from core.notify.timing import next_attempt
from core.runs.tables import NoticeRow
from core.settings import Webhook, resolve_secret

SEND_LOCK = 13
LEASE_S = 30.0
TIMEOUT_S = 5.0
SENT_AT_ONCE = 20
GONE = 410
SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret begins with
SHORTEST_SECRET_BYTES = 16

logger = logging.getLogger(__name__)


class NotDelivered(Exception):
    """One attempt failed; `wish_s` is what the receiver's `Retry-After` asks for."""

    def __init__(self, reason: str, *, wish_s: float | None = None, is_final: bool = False) -> None:
        super().__init__(reason)
        self.wish_s = wish_s
        self.is_final = is_final


def deliver_due(
    database: Database,
    webhooks: Sequence[Webhook],
    *,
    clock: Callable[[], datetime],
    rng: random.Random | None = None,
) -> int:
    """Send what is due and return how many attempts were made; safe from any number of workers."""
    by_name = {webhook.name: webhook for webhook in webhooks}
    claimed = _claim(database, list(by_name), now=clock())
    if not claimed:  # a client costs milliseconds to open
        return 0
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
        for delivery, body in claimed:
            try:
                _send(client, by_name[delivery.webhook], delivery.notice_id, body, now=clock())
            except NotDelivered as error:
                _store_failure(database, delivery, error, now=clock(), rng=rng or random.Random())
            else:
                values = {"status": DeliveryStatus.DELIVERED, "delivered_at": clock(), "last_error": None}
                _store(database, delivery, **values, attempts=delivery.attempts + 1)
    return len(claimed)


def _claim(database: Database, names: Sequence[str], *, now: datetime) -> list[tuple[DeliveryRow, str]]:
    if not names:
        return []
    due = (
        select(DeliveryRow, NoticeRow.body)
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(
            col(DeliveryRow.status) == DeliveryStatus.WAITING,
            col(DeliveryRow.next_attempt_at) <= now,
            col(DeliveryRow.lease_until) < database.clock,
            col(DeliveryRow.webhook).in_(names),
        )
        .order_by(col(DeliveryRow.next_attempt_at))
        .limit(SENT_AT_ONCE)
    )
    with database.read() as session:  # an idle tick takes no write lock
        if session.exec(due).first() is None:
            return []
    with database.write() as session:
        database.serialise(session, SEND_LOCK)
        found = [(delivery, str(body)) for delivery, body in session.exec(due)]
        for delivery, _ in found:
            session.execute(update(DeliveryRow).where(*_is(delivery)).values(lease_until=database.clock + LEASE_S))
    return found


def _send(client: httpx.Client, webhook: Webhook, notice_id: str, body: str, *, now: datetime) -> None:
    try:
        signature = _signer(resolve_secret(webhook.secret)).sign(notice_id, now, body)
    except InputError as error:
        raise NotDelivered(str(error)) from None
    except ValueError:  # the library's words would show the secret
        raise NotDelivered(
            f"the secret of webhook {webhook.name} is not one: whsec_ and at least 16 bytes in base64"
        ) from None
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "flywheel-review",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    try:
        reply = client.post(webhook.url, content=body.encode(), headers=headers)
    except httpx.HTTPError as error:
        raise NotDelivered(f"{webhook.name} did not answer: {type(error).__name__}") from error
    if not reply.is_success:
        raise NotDelivered(
            f"{webhook.name} answered {reply.status_code}",
            wish_s=_read_wish(reply.headers),
            is_final=reply.status_code == GONE,
        )


def _signer(secret: str) -> Signer:
    """Return the signer for `whsec_` and base64. Raises `ValueError`; the library would take anything for base64."""
    if len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)) < SHORTEST_SECRET_BYTES:
        raise ValueError("too short")
    return Signer(secret)


def _read_wish(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None


def _store_failure(
    database: Database, delivery: DeliveryRow, error: NotDelivered, *, now: datetime, rng: random.Random
) -> None:
    attempts = delivery.attempts + 1
    again = None if error.is_final else next_attempt(attempts, now=now, wish_s=error.wish_s, rng=rng)
    logger.warning("notice %s: %s (attempt %d)", delivery.notice_id, error, attempts)
    _store(
        database,
        delivery,
        attempts=attempts,
        last_error=str(error),
        status=DeliveryStatus.DEAD if again is None else DeliveryStatus.WAITING,
        next_attempt_at=again or now,
    )


def _store(database: Database, delivery: DeliveryRow, **values: object) -> None:
    with database.write() as session:
        session.execute(update(DeliveryRow).where(*_is(delivery)).values(lease_until=0.0, **values))


def _is(delivery: DeliveryRow) -> tuple[ColumnElement[bool], ...]:
    return col(DeliveryRow.notice_id) == delivery.notice_id, col(DeliveryRow.webhook) == delivery.webhook
