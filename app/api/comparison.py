"""A run's candidates side by side: what the Review page shows, from the same evidence."""

from fastapi import APIRouter
from sqlmodel import Session

from app.api.comparison_replies import CandidateReply, ComparisonReply, DifferenceReply, RankingReply
from app.api.context import Surroundings
from app.api.errors import describe_errors
from core.evaluation import CandidateAssessment, Ranking
from core.promotion import Evidence, current_decision, gather_evidence, read_must_see

router = APIRouter(prefix="/api/jobs", tags=["results"])


@router.get("/{job_id}/comparison", summary="Candidates side by side", responses=describe_errors(404))
def compare_candidates(job_id: str, context: Surroundings) -> ComparisonReply:
    """Return every candidate with its metrics, intervals, paired results, gates and verdict, and the ranking of all."""
    parts = context.installation
    with parts.database.read() as session:
        evidence = gather_evidence(session, job_id, sources=parts.sources)
        candidates = [_describe(session, evidence, entry) for entry in evidence.assessment.candidates]
    summary, assessment = evidence.run.summary, evidence.assessment
    return ComparisonReply(
        job_id=job_id,
        workload_id=summary.workload_id,
        client_id=summary.client_id,
        evaluation_set=evidence.run.evaluation_set,
        policy=evidence.policy.public(),
        policy_hash=evidence.policy.hash,
        candidates=candidates,
        is_comparable=not assessment.differences,
        differences=[DifferenceReply(name=each.name, values=dict(each.values)) for each in assessment.differences],
        common_records=assessment.common_records,
        ranking=_describe_ranking(assessment.ranking) if assessment.ranking is not None else None,
    )


def _describe(session: Session, evidence: Evidence, entry: CandidateAssessment) -> CandidateReply:
    candidate = entry.comparison.candidate
    result, basis = evidence.evaluations[candidate], evidence.bases[candidate]
    must_see = read_must_see(session, evidence, candidate)
    newest = current_decision(session, evidence.run.summary.id, candidate)
    values = entry.to_dict()
    return CandidateReply.model_validate(
        {
            **values,
            "latency": values["latency_ratio"],
            "estimates": result.estimates.to_dict() if result.estimates is not None else None,
            "service_scores": dict(result.service_scores),
            "must_see": {**must_see.progress.to_dict(), "positions": list(must_see.positions)},
            "acts": newest.sequence if newest is not None else 0,
            "results_hash": basis.hash,
            "basis": basis.parts(),
            "finished_at": result.finished_at,
        }
    )


def _describe_ranking(ranking: Ranking) -> RankingReply:
    return RankingReply(
        order=[str(candidate) for candidate in ranking.order],
        shown_over=[str(candidate) for candidate in ranking.shown_over],
        not_shown_over=[str(candidate) for candidate in ranking.not_shown_over],
        pairs=ranking.pairs,
        sentence=ranking.sentence,
    )
