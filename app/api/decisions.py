"""Decisions: what people said about candidates, stored in one transaction each and never edited."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.bodies import DecisionBody
from app.api.context import IdempotencyKey, Surroundings
from app.api.errors import describe_errors
from app.api.result_replies import DecisionList, DecisionReply
from core.evaluation import parse_candidate
from core.promotion import Decision, DecisionRequest, Verdict, decide, list_decisions

router = APIRouter(prefix="/api", tags=["decisions"])


@router.post("/jobs/{job_id}/decisions", summary="Decide on a candidate", responses=describe_errors(404, 409, 413, 415))
def decide_on_candidate(
    job_id: str, body: DecisionBody, context: Surroundings, idempotency_key: IdempotencyKey = None
) -> DecisionReply:
    """Approve, reject, ask for changes or withdraw. 409 when somebody acted first or the results changed."""
    request = DecisionRequest(
        run_id=job_id,
        candidate=parse_candidate(body.candidate),
        verdict=body.verdict,
        reason=body.reason,
        decided_by=body.decided_by,
        expected_sequence=body.expected_sequence,
        expected_results_hash=body.expected_results_hash,
        expected_basis=body.expected_basis,
        override_reason=body.override_reason,
        idempotency_key=idempotency_key or uuid.uuid4().hex,
    )
    parts = context.installation
    return describe_decision(decide(parts.database, request, sources=parts.sources, now=context.clock()))


@router.get("/decisions", summary="List decisions", responses=describe_errors(404))
def list_all_decisions(
    context: Surroundings,
    *,
    job_id: str | None = None,
    candidate: Annotated[str | None, Query(description="`student:variant`")] = None,
    verdict: Verdict | None = None,
    only_current: Annotated[bool, Query(description="leave out what was superseded")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DecisionList:
    """Return decisions, newest first."""
    with context.installation.database.read() as session:
        found = list_decisions(
            session,
            run_id=job_id,
            candidate=parse_candidate(candidate) if candidate is not None else None,
            verdict=verdict,
            only_current=only_current,
            limit=limit,
        )
    return DecisionList(decisions=[describe_decision(decision) for decision in found])


def describe_decision(decision: Decision) -> DecisionReply:
    """Return an act as the API shows it."""
    return DecisionReply(
        id=decision.id,
        job_id=decision.run_id,
        candidate=str(decision.candidate),
        sequence=decision.sequence,
        supersedes=decision.supersedes,
        verdict=decision.verdict,
        reason=decision.reason,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        results_hash=decision.results_hash,
        policy_hash=decision.grounds.policy_hash,
        basis=dict(decision.grounds.basis),
        gates=[dict(gate) for gate in decision.grounds.gates],
        sentence=decision.grounds.sentence,
        must_see=dict(decision.grounds.must_see),
        override_reason=decision.grounds.override_reason,
        is_current=decision.is_current,
    )
