"""Evidence: gathered once for page, API and decision, and bound so that whatever changes is refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from core.artifacts import put_artifact
from core.database import Database
from core.evaluation import GateStatus, Outcome, ResultsBasis
from core.evaluation.tables import EvaluationRow, SampleRow
from core.policy import Policy
from core.promotion import (
    DecisionConflict,
    DecisionRequest,
    Evidence,
    EvidenceSources,
    Verdict,
    decide,
    gather_evidence,
    list_decisions,
)
from core.runs import RunNotFound
from core.runs.tables import RunRow
from core.settings import Settings, Student, TeacherPrice
from tests.backend.workload import make_records
from tests.evaluation.made import sample, samples
from tests.promotion.made import BASE, CUSTOMIZED, add_results, make_sources, store
from tests.runs.rows import NOW, STUDENT, add_run


def gather(database: Database, run_id: str, sources: EvidenceSources) -> Evidence:
    with database.read() as session:
        return gather_evidence(session, run_id, sources=sources)


def gate(evidence: Evidence, key: str) -> Any:
    assessed = evidence.assessment.find(CUSTOMIZED)
    assert assessed is not None
    return next(gate for gate in assessed.gates if gate.key == key)


def test_a_run_without_results_has_no_candidates(database: Database, tmp_path: Path) -> None:
    evidence = gather(database, add_run(database), make_sources(tmp_path))
    assert evidence.assessment.candidates == ()
    assert not evidence.has_labels


def test_an_unknown_run_is_named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match="no run 'nowhere'"):
        gather(database, "nowhere", make_sources(tmp_path))


def test_variants_are_compared_with_the_base_of_their_student(database: Database, tmp_path: Path) -> None:
    run_id = add_results(database, {BASE: samples(120, 80), CUSTOMIZED: samples(190, 10)})
    evidence = gather(database, run_id, make_sources(tmp_path))
    assessed = evidence.assessment.find(CUSTOMIZED)
    assert assessed is not None
    assert assessed.comparison.against_base is not None
    assert assessed.comparison.against_base.counts.newly_right == 70
    assert evidence.find_base(CUSTOMIZED) == evidence.samples[BASE]
    assert evidence.find_base(BASE) is None


def test_leakage_is_known_once_a_manifest_counts_what_was_removed(database: Database, tmp_path: Path) -> None:
    run_id, sources = add_results(database), make_sources(tmp_path)
    assert gate(gather(database, run_id, sources), "leakage").status is GateStatus.UNKNOWN
    with database.write() as session:
        manifest = b'{"datasets": {"counts": {"leaked": 3}}}'
        session.get_one(RunRow, run_id).manifest = put_artifact(
            session, manifest, media_type="application/json", now=NOW
        )
    assert gate(gather(database, run_id, sources), "leakage").status is GateStatus.PASSES


def test_cost_rests_on_prices_and_on_the_traffic_of_the_workload(database: Database, tmp_path: Path) -> None:
    priced = Settings(
        data=tmp_path,
        students=(Student(name=STUDENT, target="t", context_length=8, price_input_usd=0.1, price_output_usd=0.1),),
        teachers=(TeacherPrice(name="acme/teacher", price_input_usd=1.0, price_output_usd=1.0),),
    )
    made = [sample(position, prompt_tokens=100, completion_tokens=10) for position in range(200)]
    run_id = add_results(database, {CUSTOMIZED: made})
    sources = make_sources(tmp_path, settings=priced)
    assert gate(gather(database, run_id, sources), "cost").status is GateStatus.UNKNOWN
    for record in make_records(20):
        record["workload_id"] = "support"
        record["response"] |= {"model": "acme/teacher", "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
        list(sources.logs.ingest([(1, json.dumps(record).encode())]))
    cost = gather(database, run_id, sources).assessment.candidates[0].cost
    assert cost is not None
    assert cost.ratio == pytest.approx(0.1)


def change_samples(database: Database, run_id: str) -> None:
    """Store another result, as an evaluation that ran again would."""
    with database.write() as session:
        store(session, run_id, CUSTOMIZED, samples(189, 11))


def change_evaluation_set(database: Database, run_id: str) -> None:
    with database.write() as session:
        session.execute(
            update(EvaluationRow).values(evaluation_set="d" * 64).where(col(EvaluationRow.run_id) == run_id)
        )


def change_nothing(database: Database, run_id: str) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "policy", "named"),
    [
        (change_samples, Policy(), "the samples changed"),
        (change_evaluation_set, Policy(), "the evaluation set changed"),
        (change_nothing, Policy(minimum_agreement=0.91), "the policy changed"),
        (change_samples, Policy(minimum_agreement=0.91), "the policy and the samples changed"),
    ],
)
@pytest.mark.parametrize("verdict", [Verdict.APPROVED, Verdict.REJECTED])
def test_what_changed_since_the_page_was_opened_is_refused_by_name(
    database: Database,
    tmp_path: Path,
    *,
    change: Callable[[Database, str], None],
    policy: Policy,
    named: str,
    verdict: Verdict,
) -> None:
    run_id = add_results(database)
    seen = gather(database, run_id, make_sources(tmp_path)).bases[CUSTOMIZED]
    change(database, run_id)
    with pytest.raises(DecisionConflict, match=named):
        decide(database, request(run_id, seen, verdict=verdict), sources=make_sources(tmp_path, policy), now=NOW)
    with database.read() as session:
        assert list_decisions(session) == []


@pytest.mark.parametrize(
    "values", [{"output_text": "billing!"}, {"outcome": Outcome.CORRECT.value}, {"latency_ms": 1.5}, {"position": 900}]
)
def test_a_sample_that_was_tampered_with_is_noticed_at_the_act(
    database: Database, tmp_path: Path, values: dict[str, Any]
) -> None:
    run_id, sources = add_results(database), make_sources(tmp_path)
    with database.write() as session:
        session.execute(update(SampleRow).values(**values).where(col(SampleRow.position) == 195))
    seen = gather(database, run_id, sources).bases[CUSTOMIZED]
    with pytest.raises(DecisionConflict, match="the samples changed after the evaluation stored them"):
        decide(database, request(run_id, seen), sources=sources, now=NOW)


def test_the_hash_alone_tells_that_something_changed(database: Database, tmp_path: Path) -> None:
    run_id, sources = add_results(database), make_sources(tmp_path)
    seen = gather(database, run_id, sources).bases[CUSTOMIZED]
    change_samples(database, run_id)
    blind = DecisionRequest(
        run_id=run_id,
        candidate=CUSTOMIZED,
        verdict=Verdict.APPROVED,
        reason="Read them all.",
        decided_by="rita",
        expected_sequence=0,
        idempotency_key="key-1",
        expected_results_hash=seen.hash,
    )
    with pytest.raises(DecisionConflict, match="the results changed since this page was opened"):
        decide(database, blind, sources=sources, now=NOW)


def request(run_id: str, seen: ResultsBasis, *, verdict: Verdict = Verdict.APPROVED) -> DecisionRequest:
    return DecisionRequest(
        run_id=run_id,
        candidate=CUSTOMIZED,
        verdict=verdict,
        reason="Read them all.",
        decided_by="rita",
        expected_sequence=0,
        idempotency_key="key-1",
        expected_results_hash=seen.hash,
        expected_basis=seen.parts(),
    )
