"""Acts on candidates for page tests: a small history with everything that may happen to a decision."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from core.database import Database
from core.evaluation import Candidate
from core.promotion import Decision, DecisionRequest, Verdict, current_decision, decide
from tests.ui.runs import LARGE, NOW, SMALL, evidence_sources

LARGE_BASE = Candidate(student=LARGE, variant="base")
LARGE_CUSTOMIZED = Candidate(student=LARGE, variant="customized")
SMALL_CUSTOMIZED = Candidate(student=SMALL, variant="customized")

TOO_FEW = "Judge on 500 records; 60 leave the interval too wide to sign."
FINE = "Read every newly wrong record with Jonas. None of them would reach a customer."
LOSES = "Loses one in five credit ratings; analysts act on those."
RENAMED = "The desk renamed two categories on Monday; this was measured against the old ones."


def act(
    database: Database,
    run_id: str,
    candidate: Candidate,
    verdict: Verdict,
    reason: str,
    *,
    by: str = "priya.raman",
    at: datetime = NOW,
    override: str | None = None,
) -> Decision:
    """Store one act on what stands on record now; `override` says why failing gates do not matter."""
    with database.read() as session:
        newest = current_decision(session, run_id, candidate)
    request = DecisionRequest(
        run_id=run_id,
        candidate=candidate,
        verdict=verdict,
        reason=reason,
        override_reason=override,
        decided_by=by,
        expected_sequence=newest.sequence if newest else 0,
        idempotency_key=uuid.uuid4().hex,
    )
    sources = evidence_sources(database)
    if override is not None:
        strict = sources.policy.model_copy(update={"minimum_agreement": 0.99, "allow_override": True})
        sources = replace(sources, policy=strict)
    return decide(database, request, sources=sources, now=at)


def add_history(database: Database, first: str, second: str) -> dict[str, Decision]:
    """Act on two finished runs: changes asked for, then approved; rejected; approved, then withdrawn."""
    hour = timedelta(hours=1)
    return {
        "changes": act(
            database, first, LARGE_CUSTOMIZED, Verdict.CHANGES_REQUESTED, TOO_FEW, by="jonas.reuter", at=NOW + hour
        ),
        "rejected": act(
            database, first, SMALL_CUSTOMIZED, Verdict.REJECTED, LOSES, by="jonas.reuter", at=NOW + 2 * hour
        ),
        "approved": act(database, first, LARGE_CUSTOMIZED, Verdict.APPROVED, FINE, at=NOW + 3 * hour),
        "superseded": act(database, second, LARGE_BASE, Verdict.APPROVED, FINE, at=NOW + 4 * hour),
        "withdrawn": act(database, second, LARGE_BASE, Verdict.WITHDRAWN, RENAMED, at=NOW + 5 * hour),
    }
