"""Notices reach their webhooks: signed, once from any number of workers, tried again, dead, and sent again."""

import json
import logging
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from core.database import Database
from core.errors import NotFoundError
from core.notify import (
    RETRY_AFTER_S,
    Delivery,
    DeliveryStatus,
    deliver_due,
    list_deliveries,
    plan_deliveries,
    resend_dead,
    resend_notice,
)
from core.notify.timing import next_attempt
from core.runs import NoticeType, put_notice
from core.runs.tables import NoticeRow
from core.settings import Webhook
from tests.machine import REPOSITORY
from tests.notify.receiver import Receiver
from tests.runs.rows import NOW

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def webhook(receiver: Receiver) -> Webhook:
    return Webhook(name="chat", url=receiver.url, secret="env:HOOK_SECRET")


def describe(notice: NoticeRow) -> Mapping[str, Any]:
    return {"run_id": notice.run_id, "said": "grüß Gott"}


def tell(database: Database, webhook: Webhook, type_: NoticeType = NoticeType.RUN_FINISHED) -> None:
    with database.write() as session:
        put_notice(session, type_, "run-1", now=NOW)
    plan_deliveries(database, [webhook], describe=describe, now=NOW)


def deliver(database: Database, webhook: Webhook, *, at: datetime = NOW) -> int:
    return deliver_due(database, [webhook], clock=lambda: at, rng=random.Random(1))


def read(database: Database) -> list[Delivery]:
    with database.read() as session:
        return list_deliveries(session)


def test_a_notice_is_signed_as_the_specification_says(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    with database.write() as session:
        put_notice(session, NoticeType.RUN_FINISHED, "run-1", now=NOW)
    assert plan_deliveries(database, [webhook], describe=describe, now=NOW) == 1
    now = datetime.now(NOW.tzinfo)  # the verifier refuses old timestamps
    assert deliver(database, webhook, at=now) == 1
    (got,) = receiver.received
    assert Verifier(SECRET).verify(got.body, dict(got.headers)) == json.loads(got.body)
    document = json.loads(got.body)
    assert (document["type"], document["timestamp"]) == ("run.finished", "2026-03-01T12:00:00Z")
    assert document["data"] == {"run_id": "run-1", "said": "grüß Gott"}
    (delivery,) = read(database)
    assert (delivery.status, delivery.attempts, delivery.notice_id) == (
        DeliveryStatus.DELIVERED,
        1,
        got.headers["webhook-id"],
    )
    assert deliver(database, webhook, at=now) == 0


def test_a_receiver_in_trouble_is_tried_again_with_the_same_id_and_body(
    database: Database, receiver: Receiver, webhook: Webhook
) -> None:
    tell(database, webhook)
    receiver.answers = [(500, {}), (302, {"Location": receiver.url})]
    assert deliver(database, webhook) == 1
    assert deliver(database, webhook, at=NOW + timedelta(seconds=1)) == 0, "not at once"
    assert deliver(database, webhook, at=NOW + timedelta(seconds=6)) == 1
    assert deliver(database, webhook, at=NOW + timedelta(hours=1)) == 1
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.received}) == 1
    assert len(receiver.received) == 3, "the redirect was not followed"
    (delivery,) = read(database)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 3)


def test_a_wish_for_patience_is_honoured(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    tell(database, webhook)
    receiver.answers = [(429, {"Retry-After": "600"})]
    deliver(database, webhook)
    (delivery,) = read(database)
    assert delivery.next_attempt_at == NOW + timedelta(seconds=600)
    assert delivery.last_error == "chat answered 429"


def test_gone_means_gone_and_a_person_may_send_again(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    tell(database, webhook)
    receiver.answers = [(410, {})]
    deliver(database, webhook)
    (delivery,) = read(database)
    assert delivery.status is DeliveryStatus.DEAD
    assert deliver(database, webhook, at=NOW + timedelta(days=9)) == 0
    assert resend_dead(database, now=NOW) == 1
    assert deliver(database, webhook) == 1
    assert read(database)[0].status is DeliveryStatus.DELIVERED
    assert resend_notice(database, delivery.notice_id, now=NOW) == 1
    assert deliver(database, webhook) == 1
    assert len({got.body for got in receiver.received}) == 1
    with pytest.raises(NotFoundError, match="no notice 'nothing'"):
        resend_notice(database, "nothing", now=NOW)


def test_a_delivery_dies_after_its_last_attempt(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    tell(database, webhook)
    receiver.answers = [(503, {})] * 20
    at = NOW
    for _ in range(len(RETRY_AFTER_S) + 1):
        at += timedelta(days=2)
        assert deliver(database, webhook, at=at) == 1
    assert read(database)[0].status is DeliveryStatus.DEAD
    assert deliver(database, webhook, at=at + timedelta(days=9)) == 0


def test_pauses_grow_and_a_wish_is_bounded() -> None:
    rng = random.Random(1)
    pauses = [next_attempt(n, now=NOW, wish_s=None, rng=rng) for n in range(1, len(RETRY_AFTER_S) + 1)]
    assert None not in pauses
    assert pauses == sorted(pauses, key=lambda at: at or NOW)
    assert next_attempt(len(RETRY_AFTER_S) + 1, now=NOW, wish_s=None, rng=rng) is None
    assert next_attempt(1, now=NOW, wish_s=1e9, rng=rng) == NOW + timedelta(days=1)


def test_two_workers_send_once(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    for _ in range(5):
        tell(database, webhook)
    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(lambda _: deliver(database, webhook), range(4)))
    assert made == len(receiver.received) == 5
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 5


def test_a_webhook_gets_only_the_events_it_asked_for(database: Database, receiver: Receiver, webhook: Webhook) -> None:
    picky = webhook.model_copy(update={"events": ("decision.made",)})
    tell(database, picky)
    tell(database, picky, NoticeType.DECISION_MADE)
    assert deliver(database, picky) == 1
    assert [delivery.type for delivery in read(database)] == [NoticeType.DECISION_MADE]


def test_notices_without_webhooks_wait_for_nothing(database: Database) -> None:
    with database.write() as session:
        put_notice(session, NoticeType.RUN_FINISHED, "run-1", now=NOW)
    assert plan_deliveries(database, [], describe=describe, now=NOW) == 1
    assert plan_deliveries(database, [], describe=describe, now=NOW) == 0
    assert read(database) == []


@pytest.mark.parametrize("secret", ["", "not base64 at all"])
def test_a_wrong_secret_is_told_without_showing_it(
    database: Database,
    receiver: Receiver,
    webhook: Webhook,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HOOK_SECRET", secret)
    tell(database, webhook)
    with caplog.at_level(logging.DEBUG):
        deliver(database, webhook)
    (delivery,) = read(database)
    assert receiver.received == []
    assert delivery.last_error is not None
    assert "secret" in delivery.last_error or "HOOK_SECRET" in delivery.last_error
    told = delivery.last_error + caplog.text
    assert not secret or secret not in told


def test_a_receiver_that_is_not_there_is_told_by_name(database: Database, receiver: Receiver) -> None:
    nobody = Webhook(name="chat", url="http://127.0.0.1:9", secret="env:HOOK_SECRET")
    tell(database, nobody)
    deliver(database, nobody)
    assert read(database)[0].last_error == "chat did not answer: ConnectError"


def test_the_check_in_the_document_accepts_what_is_sent_and_nothing_else(
    database: Database, receiver: Receiver, webhook: Webhook
) -> None:
    text = (REPOSITORY / "docs" / "notifications.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    tell(database, webhook)
    deliver(database, webhook)
    (got,) = receiver.received
    assert names["is_genuine"](SECRET, got.headers, got.body.encode())
    assert not names["is_genuine"](SECRET, got.headers, got.body.encode() + b" ")
