"""Gold and vetoes in the state: attributed, dated, the newest stands, nothing is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from core.database import Database
from core.datasets import (
    Corrections,
    DatasetError,
    GoldSource,
    GoldStatement,
    VetoStatement,
    give_gold,
    keep_corrections,
    list_gold,
    list_vetoes,
    load_corrections,
    open_corrections,
    veto_requests,
)

NOW = datetime(2025, 6, 1, tzinfo=UTC)
KEYS = [f"{number:064x}" for number in range(10)]


def gold(key: str, answer: str | None, *, by: str = "ada", hours: int = 0) -> GoldStatement:
    return GoldStatement(
        request_key=key,
        answer=answer,
        source=GoldSource.REVIEW,
        note="",
        given_by=by,
        given_at=NOW + timedelta(hours=hours),
    )


def veto(key: str, *, is_vetoed: bool = True, reason: str = "personal data") -> VetoStatement:
    return VetoStatement(request_key=key, is_vetoed=is_vetoed, reason=reason, decided_by="ada", decided_at=NOW)


def test_newest_answer_stands_and_all_are_kept_with_author_and_time(database: Database) -> None:
    with database.write() as session:
        give_gold(session, "router", gold(KEYS[0], "a"), gold(KEYS[1], "b"))
        give_gold(session, "router", gold(KEYS[0], "c", by="grace", hours=2))
        give_gold(session, "other", gold(KEYS[0], "elsewhere"))

    with database.read() as session:
        assert load_corrections(session, "router").gold == {KEYS[0]: "c", KEYS[1]: "b"}
        history = list_gold(session, "router", request_key=KEYS[0])
        assert len(list_gold(session, "router")) == 3
    assert [(each.answer, each.given_by, each.given_at) for each in history] == [
        ("c", "grace", NOW + timedelta(hours=2)),
        ("a", "ada", NOW),
    ]


def test_saying_the_same_again_changes_nothing(database: Database) -> None:
    with database.write() as session:
        assert give_gold(session, "router", gold(KEYS[0], "a"), gold(KEYS[0], "a")) == 1
        assert give_gold(session, "router", gold(KEYS[0], "a", by="grace")) == 0
        assert give_gold(session, "router", gold(KEYS[1], None)) == 0
        assert veto_requests(session, "router", veto(KEYS[0]), veto(KEYS[0])) == 1
        assert veto_requests(session, "router", veto(KEYS[1], is_vetoed=False)) == 0


def test_gold_is_withdrawn_and_a_veto_lifted_by_another_statement(database: Database) -> None:
    with database.write() as session:
        give_gold(session, "router", gold(KEYS[0], "a"))
        give_gold(session, "router", gold(KEYS[0], None))
        veto_requests(session, "router", veto(KEYS[0]), veto(KEYS[1]))
        veto_requests(session, "router", veto(KEYS[0], is_vetoed=False, reason="a mistake"))

        assert load_corrections(session, "router") == Corrections(gold={}, vetoed=[KEYS[1]])
        assert [each.reason for each in list_vetoes(session, "router", request_key=KEYS[0])] == [
            "a mistake",
            "personal data",
        ]


@pytest.mark.parametrize("answer", ["", "  \n", "nul \0", "half \ud800", "x" * 100_001])
def test_answer_that_cannot_be_kept_is_refused_before_anything_is_stored(database: Database, answer: str) -> None:
    with database.write() as session, pytest.raises(DatasetError) as caught:
        give_gold(session, "router", gold(KEYS[0], "fine"), gold(KEYS[1], answer))

    assert caught.value.field == "answer"
    with database.read() as session:
        assert list_gold(session, "router") == []


def test_veto_needs_a_reason(database: Database) -> None:
    with database.write() as session, pytest.raises(DatasetError, match="needs a reason") as caught:
        veto_requests(session, "router", veto(KEYS[0], reason=" "))

    assert caught.value.field == "reason"


def test_versions_are_hashes_of_what_stands_and_open_again(database: Database) -> None:
    with database.write() as session:
        give_gold(session, "router", gold(KEYS[1], "b"), gold(KEYS[0], "a"))
        veto_requests(session, "router", veto(KEYS[3]), veto(KEYS[2]))
        before = load_corrections(session, "router")
        keep_corrections(session, before, now=NOW)
        give_gold(session, "router", gold(KEYS[0], "z"))
        after = load_corrections(session, "router")

        opened = open_corrections(session, gold_version=before.gold_version, veto_version=before.veto_version)

    assert opened == before
    assert before.gold_version == Corrections(gold={KEYS[0]: "a", KEYS[1]: "b"}, vetoed=()).gold_version
    assert after.gold_version != before.gold_version
    assert after.veto_version == before.veto_version
