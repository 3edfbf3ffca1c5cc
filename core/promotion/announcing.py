"""What a notice says beside its bare facts: links to the pages, and for a candidate the verdict as it stands."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session

from core.errors import FlywheelError
from core.evaluation import Candidate
from core.promotion.evidence import EvidenceSources, gather_evidence
from core.runs import NoticeType
from core.runs.tables import NoticeRow


def describe_notice(
    session: Session, notice: NoticeRow, *, sources: EvidenceSources, pages_url: str
) -> Mapping[str, Any]:
    """Return the data of a notice; `pages_url` is where the pages are reached. Never raises for a run that is gone."""
    data: dict[str, Any] = {"run_id": notice.run_id, **notice.data}
    if notice.student is None or notice.variant is None:
        return {**data, "link": _link(pages_url, "run", id=notice.run_id)}
    candidate = Candidate(student=notice.student, variant=notice.variant)
    data |= {
        "candidate": str(candidate),
        "link": _link(pages_url, "review", run=notice.run_id, candidate=str(candidate)),
    }
    if notice.type != NoticeType.CANDIDATE_READY:
        return data
    return {**data, "verdict": _describe_verdict(session, notice.run_id, candidate, sources)}


def _describe_verdict(
    session: Session, run_id: str, candidate: Candidate, sources: EvidenceSources
) -> Mapping[str, str] | None:
    try:
        assessed = gather_evidence(session, run_id, sources=sources).assessment.find(candidate)
    except FlywheelError:  # deleted, or run again meanwhile: the notice is still true
        return None
    if assessed is None:
        return None
    return {"status": str(assessed.verdict.status), "sentence": assessed.verdict.sentence}


def _link(pages_url: str, page: str, **parameters: str) -> str:
    return f"{pages_url}/{page}?{urlencode(parameters)}"
