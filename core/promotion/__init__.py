"""What people decided about candidates, on which results, and why.

Owns the evidence a decision rests on, the must-see records, marks on single records, and the acts themselves.
"""

from core.promotion.deciding import DecisionRequest, decide
from core.promotion.decisions import (
    Decision,
    Grounds,
    Verdict,
    current_decision,
    get_decision,
    has_decisions,
    list_decisions,
)
from core.promotion.errors import DecisionConflict, DecisionRefused
from core.promotion.evidence import Evidence, EvidenceSources, evidence_version, gather_evidence
from core.promotion.must_see import (
    MustSeeProgress,
    MustSeeReason,
    MustSeeRecord,
    list_must_see,
    list_seen,
    measure_progress,
    note_seen,
)
from core.promotion.waiting import WaitingReview, list_waiting

__all__ = [
    "Decision",
    "DecisionConflict",
    "DecisionRefused",
    "DecisionRequest",
    "Evidence",
    "EvidenceSources",
    "Grounds",
    "MustSeeProgress",
    "MustSeeReason",
    "MustSeeRecord",
    "Verdict",
    "WaitingReview",
    "current_decision",
    "decide",
    "evidence_version",
    "gather_evidence",
    "get_decision",
    "has_decisions",
    "list_decisions",
    "list_must_see",
    "list_seen",
    "list_waiting",
    "measure_progress",
    "note_seen",
]
