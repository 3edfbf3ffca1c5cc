"""Marks on records: attributed, never edited, and two of them act on the request for every later run."""

from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.datasets import GoldSource, list_gold, list_vetoes, load_gold, load_vetoes
from core.errors import NotFoundError
from core.promotion import (
    EvidenceSources,
    MarkKind,
    MarkRefused,
    MarkRequest,
    evidence_version,
    gather_evidence,
    list_marks,
    list_record_marks,
    mark_record,
)
from tests.evaluation.made import key_of, samples
from tests.promotion.made import CUSTOMIZED, add_results, make_sources
from tests.runs.rows import NOW

WORKLOAD = "support"
WRONG = 195  # a record that the teacher answers with "refund", the candidate with another class


@pytest.fixture
def run_id(database: Database) -> str:
    """A run whose candidate agrees on 190 of 200 records."""
    return add_results(database, {CUSTOMIZED: samples(190, 10)})


@pytest.fixture
def sources(tmp_path: Path) -> EvidenceSources:
    """The default policy and no traffic."""
    return make_sources(tmp_path)


def ask(run_id: str, kind: MarkKind, **values: Any) -> MarkRequest:
    defaults: dict[str, Any] = {"candidate": CUSTOMIZED, "position": WRONG, "marked_by": "jonas", "note": ""}
    return MarkRequest(run_id=run_id, kind=kind, **{**defaults, **values})


def test_a_mark_says_who_and_when_and_the_newest_stands(database: Database, run_id: str) -> None:
    first = mark_record(database, ask(run_id, MarkKind.REGRESSION, note="Wrong desk."), now=NOW)
    second = mark_record(database, ask(run_id, MarkKind.ACCEPTABLE, marked_by="priya"), now=NOW)
    with database.read() as session:
        assert list_marks(session, run_id, CUSTOMIZED) == {WRONG: second}
        assert list_record_marks(session, run_id, CUSTOMIZED, WRONG) == [second, first]
    assert (first.marked_by, first.marked_at, first.note, first.key) == ("jonas", NOW, "Wrong desk.", key_of(WRONG))


def test_the_same_mark_again_is_not_stored_twice_and_a_cleared_one_does_not_stand(
    database: Database, run_id: str
) -> None:
    for _ in range(3):
        mark_record(database, ask(run_id, MarkKind.REGRESSION), now=NOW)
    with database.read() as session:
        assert len(list_record_marks(session, run_id, CUSTOMIZED, WRONG)) == 1
    mark_record(database, ask(run_id, MarkKind.CLEARED), now=NOW)
    with database.read() as session:
        assert list_marks(session, run_id, CUSTOMIZED) == {}
        assert len(list_record_marks(session, run_id, CUSTOMIZED, WRONG)) == 2


def test_the_teacher_was_wrong_gives_gold_that_changes_the_evidence(
    database: Database, run_id: str, sources: EvidenceSources
) -> None:
    with database.read() as session:
        before = gather_evidence(session, run_id, sources=sources)
        version = evidence_version(session, run_id)
    mark = ask(run_id, MarkKind.TEACHER_WRONG, gold="  Delivery ", note="See the parcel number.")
    mark_record(database, mark, now=NOW)
    with database.read() as session:
        assert load_gold(session, WORKLOAD) == {key_of(WRONG): "Delivery"}
        (statement,) = list_gold(session, WORKLOAD)
        after = gather_evidence(session, run_id, sources=sources)
        assert evidence_version(session, run_id) != version
    assert (statement.source, statement.given_by, statement.note) == (GoldSource.REVIEW, "jonas", mark.note)
    assert after.gold == {key_of(WRONG): "delivery"}
    assert after.bases[CUSTOMIZED].changes_since(before.bases[CUSTOMIZED].parts()) == ("the gold answers",)
    gold = after.assessment.candidates[0].comparison.gold
    assert (gold.counts.n, gold.teacher.count) == (1, 0)


def test_taking_it_back_withdraws_the_gold(database: Database, run_id: str) -> None:
    mark_record(database, ask(run_id, MarkKind.TEACHER_WRONG, gold="delivery"), now=NOW)
    mark_record(database, ask(run_id, MarkKind.REGRESSION), now=NOW)
    with database.read() as session:
        assert load_gold(session, WORKLOAD) == {}
        assert len(list_gold(session, WORKLOAD)) == 2


def test_an_exclusion_is_a_veto_with_its_reason_until_it_is_taken_back(database: Database, run_id: str) -> None:
    mark_record(database, ask(run_id, MarkKind.EXCLUDED, note="A test message of ours."), now=NOW)
    with database.read() as session:
        assert load_vetoes(session, WORKLOAD) == [key_of(WRONG)]
        assert list_vetoes(session, WORKLOAD)[0].reason == "A test message of ours."
    mark_record(database, ask(run_id, MarkKind.CLEARED), now=NOW)
    with database.read() as session:
        assert load_vetoes(session, WORKLOAD) == []


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (MarkKind.TEACHER_WRONG, {}, "gold"),
        (MarkKind.TEACHER_WRONG, {"gold": "  "}, "gold"),
        (MarkKind.EXCLUDED, {"note": " "}, "note"),
        (MarkKind.ACCEPTABLE, {"note": "x" * 2_001}, "note"),
    ],
)
def test_an_incomplete_mark_is_refused_and_stores_nothing(
    database: Database, run_id: str, kind: MarkKind, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(MarkRefused) as refusal:
        mark_record(database, ask(run_id, kind, **values), now=NOW)
    assert refusal.value.field == field
    with database.read() as session:
        assert list_marks(session, run_id, CUSTOMIZED) == {}
        assert load_gold(session, WORKLOAD) == {}


def test_a_record_that_is_not_there_is_named(database: Database, run_id: str) -> None:
    with pytest.raises(NotFoundError, match="has no record 999"):
        mark_record(database, ask(run_id, MarkKind.REGRESSION, position=999), now=NOW)
