"""Gates and must-see records are enforced where the act is stored, whoever asks."""

from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.policy import CriticalClass, Policy
from core.promotion import (
    DecisionRefused,
    DecisionRequest,
    Verdict,
    decide,
    gather_evidence,
    list_decisions,
    list_must_see,
    note_seen,
)
from tests.evaluation.made import samples
from tests.promotion.made import CUSTOMIZED, add_results, make_sources
from tests.runs.rows import NOW

POOR = {CUSTOMIZED: samples(150, 50)}  # 75 % agreement: the whole interval is below 90 %
WHY = "The desk reads every answer before it is used."


def ask(run_id: str, **values: Any) -> DecisionRequest:
    defaults: dict[str, Any] = {
        "run_id": run_id,
        "candidate": CUSTOMIZED,
        "verdict": Verdict.APPROVED,
        "reason": "Good enough for this.",
        "decided_by": "rita",
        "expected_sequence": 0,
        "idempotency_key": "key-1",
    }
    return DecisionRequest(**{**defaults, **values})


def test_a_failing_gate_refuses_an_approval_and_says_which(database: Database, tmp_path: Path) -> None:
    run_id = add_results(database, POOR)
    with pytest.raises(DecisionRefused, match=r"Agreement with the teacher: 75\.0 %.*limit ≥ 90\.0 %") as refusal:
        decide(database, ask(run_id, override_reason=WHY), sources=make_sources(tmp_path), now=NOW)
    assert refusal.value.field == "verdict"
    with database.read() as session:
        assert list_decisions(session) == []


def test_a_rejection_needs_no_gate(database: Database, tmp_path: Path) -> None:
    run_id = add_results(database, POOR)
    decision = decide(database, ask(run_id, verdict=Verdict.REJECTED), sources=make_sources(tmp_path), now=NOW)
    assert decision.grounds.override_reason is None


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_an_override_needs_a_reason_of_its_own(database: Database, tmp_path: Path, reason: str | None) -> None:
    run_id, sources = add_results(database, POOR), make_sources(tmp_path, Policy(allow_override=True))
    with pytest.raises(DecisionRefused, match="overrides failing gates") as refusal:
        decide(database, ask(run_id, override_reason=reason), sources=sources, now=NOW)
    assert refusal.value.field == "override_reason"


def test_an_override_is_stored_with_the_gates_as_they_stood(database: Database, tmp_path: Path) -> None:
    policy = Policy(allow_override=True)
    run_id, sources = add_results(database, POOR), make_sources(tmp_path, policy)
    grounds = decide(database, ask(run_id, override_reason=WHY), sources=sources, now=NOW).grounds
    assert grounds.override_reason == WHY
    assert (grounds.policy_hash, grounds.policy) == (policy.hash, policy.public())
    agreement = next(gate for gate in grounds.gates if gate["key"] == "agreement")
    assert (agreement["status"], agreement["limit_text"]) == ("fails", "≥ 90.0 %")
    assert "75.0 % of 200 records" in grounds.sentence
    assert set(grounds.basis) == {"evaluation_set", "scorer_version", "policy", "gold", "samples"}


def test_an_override_reason_without_a_failing_gate_is_not_kept(database: Database, tmp_path: Path) -> None:
    run_id, sources = add_results(database), make_sources(tmp_path, Policy(allow_override=True))
    decision = decide(database, ask(run_id, override_reason=WHY), sources=sources, now=NOW)
    assert decision.grounds.override_reason is None


def test_an_approval_waits_for_the_must_see_records_where_the_policy_says_so(
    database: Database, tmp_path: Path
) -> None:
    policy = Policy(require_must_see=True, critical_classes=(CriticalClass(label="refund", minimum_recall=0.5),))
    run_id, sources = add_results(database), make_sources(tmp_path, policy)
    with database.read() as session:
        evidence = gather_evidence(session, run_id, sources=sources)
    records = list_must_see(evidence.samples[CUSTOMIZED], None, policy=policy, seed=evidence.bases[CUSTOMIZED].samples)
    with database.write() as session:
        for record in records[1:]:
            note_seen(session, run_id, CUSTOMIZED, record.position, seen_by="jonas", now=NOW)
    with pytest.raises(DecisionRefused, match=f"1 of {len(records)} must-see records have not been opened"):
        decide(database, ask(run_id), sources=sources, now=NOW)
    with database.write() as session:
        for _ in range(2):
            note_seen(session, run_id, CUSTOMIZED, records[0].position, seen_by="rita", now=NOW)
    must_see = decide(database, ask(run_id), sources=sources, now=NOW).grounds.must_see
    assert must_see["seen"] == must_see["total"] == len(records)
    assert must_see["is_complete"]
