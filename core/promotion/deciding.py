"""Deciding: approve, reject, ask for changes, withdraw; each one transaction, refused when what was seen has changed.

1. Gather the evidence: gates, verdict, must-see list.
2. In one transaction: the same idempotency key again returns the act it stored; an act that did not see the last one
   is refused; the samples are read and hashed again, and another results hash than the one shown is refused.
3. An approval needs gates that allow it, or an override with a reason where the policy permits one, and the must-see
   records where the policy demands them.
4. Store the act with its grounds.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.database import Database
from core.evaluation import Candidate, CandidateAssessment, GateStatus, ResultsBasis, get_evaluation
from core.promotion.decisions import Decision, Verdict, find_newest, is_newest, view_decision
from core.promotion.errors import DecisionConflict, DecisionRefused
from core.promotion.evidence import Evidence, EvidenceSources, gather_evidence, reread_basis
from core.promotion.must_see import MustSeeProgress, read_must_see
from core.promotion.tables import DecisionRow
from core.runs import NoticeType, get_run, put_notice

LONGEST_REASON = 10_000  # characters


@dataclass(frozen=True, kw_only=True)
class DecisionRequest:
    """One act. `expected_sequence` is the number of acts on this candidate that the person saw (0 for none).

    `expected_results_hash` is the hash the page showed, `expected_basis` its parts, so that a refusal can say which of
    them changed. Two requests with one `idempotency_key` are one act.
    """

    run_id: str
    candidate: Candidate
    verdict: Verdict
    reason: str
    decided_by: str
    expected_sequence: int
    idempotency_key: str
    expected_results_hash: str | None = None
    expected_basis: Mapping[str, str] | None = None
    override_reason: str | None = None


def decide(database: Database, request: DecisionRequest, *, sources: EvidenceSources, now: datetime) -> Decision:
    """Store one act and return it; the same idempotency key returns the act it stored.

    Raises `DecisionRefused` for a missing reason and for an approval that the gates or the must-see list forbid,
    `NotFoundError` for an unknown run or candidate, and `DecisionConflict` when somebody acted in between or the
    results are not those that were shown.
    """
    reason = _checked_reason(request.reason, field="reason")
    with database.read() as session:
        repeated = _find_repeated(session, request)
        if repeated is not None:
            return repeated
        get_run(session, request.run_id)
        get_evaluation(session, request.run_id, request.candidate)
        evidence = gather_evidence(session, request.run_id, sources=sources)
    try:
        with database.write() as session:
            repeated = _find_repeated(session, request)
            if repeated is not None:
                return repeated
            row = _next_row(session, request, evidence, reason=reason, now=now)
            session.add(row)
            session.flush()
            _tell(session, row)
            return view_decision(row, is_current=True)
    except IntegrityError:  # PostgreSQL: the other transaction committed between our look and our insert
        with database.read() as session:
            repeated = _find_repeated(session, request)
            if repeated is not None:
                return repeated
            _refuse_stale(find_newest(session, request.run_id, request.candidate), request)
        raise


def _tell(session: Session, row: DecisionRow) -> None:
    facts = {"workload_id": row.workload_id, "verdict": row.verdict, "decided_by": row.decided_by, "reason": row.reason}
    put_notice(
        session,
        NoticeType.DECISION_MADE,
        row.run_id,
        now=row.decided_at,
        student=row.student,
        variant=row.variant,
        data={**facts, "results_hash": row.results_hash, "sentence": row.sentence},
    )


def _checked_reason(reason: str, *, field: str) -> str:
    tidy = reason.strip()
    if not tidy:
        raise DecisionRefused("a decision needs a reason; say what convinced you, in a sentence", field=field)
    if len(tidy) > LONGEST_REASON:
        raise DecisionRefused(f"the reason has {len(tidy):,} characters; keep it under {LONGEST_REASON:,}", field=field)
    return tidy


def _next_row(
    session: Session, request: DecisionRequest, evidence: Evidence, *, reason: str, now: datetime
) -> DecisionRow:
    candidate = request.candidate
    newest = find_newest(session, request.run_id, candidate)
    _refuse_stale(newest, request)
    if request.verdict is Verdict.WITHDRAWN and (newest is None or newest.verdict == Verdict.WITHDRAWN):
        raise DecisionRefused("there is no decision to withdraw on this candidate", field="verdict")
    basis = _reread(session, request, evidence)
    assessed = evidence.assessment.find(candidate)
    assert assessed is not None  # it has a result, so it was assessed
    must_see = read_must_see(session, evidence, candidate).progress
    override_reason = None
    if request.verdict is Verdict.APPROVED:
        _refuse_unread(must_see)
        override_reason = _override_reason(assessed, request)
    return DecisionRow(
        id=uuid.uuid4().hex,
        run_id=request.run_id,
        workload_id=evidence.run.summary.workload_id,
        student=candidate.student,
        variant=candidate.variant,
        sequence=request.expected_sequence + 1,
        supersedes=newest.id if newest is not None else None,
        verdict=request.verdict,
        reason=reason,
        decided_by=request.decided_by,
        decided_at=now,
        results_hash=basis.hash,
        policy_hash=evidence.policy.hash,
        policy=evidence.policy.public(),
        basis=basis.parts(),
        gates=[gate.to_dict() for gate in assessed.gates],
        sentence=assessed.verdict.sentence,
        must_see=must_see.to_dict(),
        override_reason=override_reason,
        idempotency_key=request.idempotency_key,
    )


def _reread(session: Session, request: DecisionRequest, evidence: Evidence) -> ResultsBasis:
    """Return what the results hash binds now. Raises `DecisionConflict` when that is not what was judged and shown."""
    evaluation = get_evaluation(session, request.run_id, request.candidate)
    basis = reread_basis(session, evaluation, workload_id=evidence.run.summary.workload_id, policy=evidence.policy)
    if request.verdict is Verdict.WITHDRAWN:
        return basis  # what was decided no longer stands, whatever it rested on
    if basis.samples != evaluation.samples_hash:
        raise DecisionConflict(
            "the samples changed after the evaluation stored them (another hash), so nothing may be decided on them;"
            " restore a backup, or run the evaluation again"
        )
    judged = evidence.bases[request.candidate]
    changed = basis.changes_since(judged.parts())
    if not changed and request.expected_results_hash in (None, basis.hash):
        changed = basis.changes_since(request.expected_basis or {})
        if not changed:
            return basis
    seen = changed or basis.changes_since(request.expected_basis or {})
    raise DecisionConflict(
        f"{_join(seen)} changed since this page was opened; reload it and look again"
        if seen
        else f"the results changed since this page was opened: their hash is {basis.hash} now; reload it and look again"
    )


def _refuse_unread(must_see: MustSeeProgress) -> None:
    if must_see.is_required and not must_see.is_complete:
        raise DecisionRefused(
            f"{must_see.total - must_see.seen} of {must_see.total} must-see records have not been opened, and the"
            " policy asks for all of them before an approval; open them on the Review page",
            field="must_see",
        )


def _override_reason(assessed: CandidateAssessment, request: DecisionRequest) -> str | None:
    """Return the reason for overriding failing gates, None when none fails. Raises `DecisionRefused` without one."""
    failing = [gate for gate in assessed.gates if gate.status is GateStatus.FAILS]
    if not failing:
        return None
    said = "; ".join(f"{gate.title}: {gate.observed_text}, limit {gate.limit_text}" for gate in failing)
    if assessed.approval.is_blocked:
        raise DecisionRefused(
            f"the gates forbid an approval ({said}); reject, ask for changes, or run again with more records",
            field="verdict",
        )
    if not (request.override_reason or "").strip():
        raise DecisionRefused(
            f"approving overrides failing gates ({said}); say why in the reason for the override",
            field="override_reason",
        )
    return _checked_reason(str(request.override_reason), field="override_reason")


def _refuse_stale(newest: DecisionRow | None, request: DecisionRequest) -> None:
    seen = request.expected_sequence
    if newest is not None and newest.sequence > seen:
        raise DecisionConflict(
            f"{newest.decided_by} was first: {newest.verdict.replace('_', ' ')} at {newest.decided_at:%Y-%m-%d %H:%M}"
            f" UTC ({newest.reason}); reload the page before you decide"
        )
    if (newest is None and seen > 0) or (newest is not None and newest.sequence < seen):
        raise DecisionConflict("the decision this act refers to does not exist; reload the page before you decide")


def _find_repeated(session: Session, request: DecisionRequest) -> Decision | None:
    """Return the act that the same idempotency key stored. Raises `DecisionConflict` when that was another act."""
    row = session.exec(select(DecisionRow).where(col(DecisionRow.idempotency_key) == request.idempotency_key)).first()
    if row is None:
        return None
    asked = (request.run_id, request.candidate.student, request.candidate.variant, request.verdict)
    if (row.run_id, row.student, row.variant, row.verdict) != asked:
        raise DecisionConflict("this idempotency key belongs to another decision; use a new key")
    return view_decision(row, is_current=is_newest(session, row))


def _join(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
