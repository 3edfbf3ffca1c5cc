"""Decisions: a reason, one transaction, one winner, nothing edited."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.errors import NotFoundError
from core.evaluation import Candidate, ResultsBasis
from core.promotion import (
    Decision,
    DecisionConflict,
    DecisionRefused,
    DecisionRequest,
    EvidenceSources,
    Verdict,
    current_decision,
    decide,
    gather_evidence,
    has_decisions,
    list_decisions,
    list_waiting,
)
from core.runs import RunNotFound, RunStatus
from core.runs.tables import RunRow
from tests.promotion.made import CUSTOMIZED, add_results, make_sources
from tests.runs.rows import STUDENT

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CANDIDATE = CUSTOMIZED


@pytest.fixture
def run_id(database: Database) -> str:
    """A run with one candidate that can be decided on."""
    return add_results(database)


@pytest.fixture
def sources(tmp_path: Path) -> EvidenceSources:
    """The default policy and settings, and no logged traffic."""
    return make_sources(tmp_path / "data")


def ask(run_id: str, **values: Any) -> DecisionRequest:
    defaults: dict[str, Any] = {
        "run_id": run_id,
        "candidate": CANDIDATE,
        "verdict": Verdict.APPROVED,
        "reason": "agrees with the teacher on 96 of 100",
        "decided_by": "rita",
        "expected_sequence": 0,
        "idempotency_key": "key-1",
    }
    return DecisionRequest(**{**defaults, **values})


def shown(database: Database, run_id: str, sources: EvidenceSources) -> ResultsBasis:
    """What a page opened now binds the candidate's results to."""
    with database.read() as session:
        return gather_evidence(session, run_id, sources=sources).bases[CANDIDATE]


def stored(database: Database) -> list[Decision]:
    with database.read() as session:
        return list_decisions(session)


def test_an_approval_stores_who_when_why_and_on_which_results(
    database: Database, run_id: str, sources: EvidenceSources
) -> None:
    seen = shown(database, run_id, sources)
    decision = decide(database, ask(run_id, expected_results_hash=seen.hash), sources=sources, now=NOW)
    assert (decision.decided_by, decision.decided_at, decision.reason, decision.results_hash, decision.verdict) == (
        "rita",
        NOW,
        "agrees with the teacher on 96 of 100",
        seen.hash,
        Verdict.APPROVED,
    )
    assert stored(database) == [decision]


def test_the_same_act_three_times_is_one_decision(database: Database, run_id: str, sources: EvidenceSources) -> None:
    first = decide(database, ask(run_id), sources=sources, now=NOW)
    assert [decide(database, ask(run_id), sources=sources, now=NOW).id for _ in range(2)] == [first.id] * 2
    assert len(stored(database)) == 1


def test_of_two_simultaneous_acts_one_wins_and_the_other_learns_who_did(
    database: Database, run_id: str, sources: EvidenceSources
) -> None:
    def act(name: str) -> Decision | DecisionConflict:
        try:
            verdict = Verdict.APPROVED if name == "ann" else Verdict.REJECTED
            return decide(
                database, ask(run_id, decided_by=name, idempotency_key=name, verdict=verdict), sources=sources, now=NOW
            )
        except DecisionConflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(act, ["ann", "ben"]))
    won = [result for result in results if isinstance(result, Decision)]
    lost = [result for result in results if isinstance(result, DecisionConflict)]
    assert len(won) == len(lost) == 1
    assert won[0].decided_by in str(lost[0])
    assert len(stored(database)) == 1


@pytest.mark.parametrize("reason", ["", "   \n", "x" * 10_001])
def test_a_decision_without_a_usable_reason_is_refused(
    database: Database, run_id: str, sources: EvidenceSources, reason: str
) -> None:
    with pytest.raises(DecisionRefused) as refusal:
        decide(database, ask(run_id, reason=reason), sources=sources, now=NOW)
    assert refusal.value.field == "reason"
    assert stored(database) == []


def test_results_that_changed_since_the_page_was_opened_are_refused(
    database: Database, run_id: str, sources: EvidenceSources
) -> None:
    with pytest.raises(DecisionConflict, match="results changed since"):
        decide(database, ask(run_id, expected_results_hash="b" * 64), sources=sources, now=NOW)
    assert stored(database) == []


def test_a_later_act_supersedes_and_points_back(database: Database, run_id: str, sources: EvidenceSources) -> None:
    first = decide(database, ask(run_id), sources=sources, now=NOW)
    second = decide(
        database,
        ask(run_id, verdict=Verdict.WITHDRAWN, reason="wrong set", expected_sequence=1, idempotency_key="key-2"),
        sources=sources,
        now=NOW,
    )
    assert (second.sequence, second.supersedes) == (2, first.id)
    with database.read() as session:
        assert current_decision(session, run_id, CANDIDATE) == second
        assert [d.is_current for d in list_decisions(session)] == [True, False]
        assert replace(first, is_current=False) in list_decisions(session)


def test_there_must_be_a_decision_to_withdraw(database: Database, run_id: str, sources: EvidenceSources) -> None:
    with pytest.raises(DecisionRefused, match="no decision to withdraw"):
        decide(database, ask(run_id, verdict=Verdict.WITHDRAWN), sources=sources, now=NOW)


def test_a_key_of_another_act_is_refused(database: Database, run_id: str, sources: EvidenceSources) -> None:
    decide(database, ask(run_id), sources=sources, now=NOW)
    with pytest.raises(DecisionConflict, match="another decision"):
        decide(database, ask(run_id, verdict=Verdict.REJECTED), sources=sources, now=NOW)


def test_an_unknown_run_or_candidate_is_named(database: Database, run_id: str, sources: EvidenceSources) -> None:
    with pytest.raises(RunNotFound, match="no run 'nowhere'"):
        decide(database, ask("nowhere"), sources=sources, now=NOW)
    unknown = Candidate(student=STUDENT, variant="icl")
    with pytest.raises(NotFoundError, match=f"it has {STUDENT}:customized"):
        decide(database, ask(run_id, candidate=unknown), sources=sources, now=NOW)
    with database.read() as session:
        assert not has_decisions(session, run_id)


def test_a_run_waits_until_somebody_decides_and_again_after_a_withdrawal(
    database: Database, run_id: str, sources: EvidenceSources
) -> None:
    def waiting() -> list[str]:
        with database.read() as session:
            return [review.run_id for review in list_waiting(session)]

    assert waiting() == [], "the run has not finished"
    with database.write() as session:
        run = session.get_one(RunRow, run_id)
        run.status, run.finished_at = RunStatus.COMPLETED, NOW
    assert waiting() == [run_id]
    decide(database, ask(run_id, verdict=Verdict.CHANGES_REQUESTED), sources=sources, now=NOW)
    assert waiting() == []
    decide(
        database,
        ask(run_id, verdict=Verdict.WITHDRAWN, expected_sequence=1, idempotency_key="key-2"),
        sources=sources,
        now=NOW,
    )
    assert waiting() == [run_id]
