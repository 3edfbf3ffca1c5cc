"""What people decided about candidates, on which results, and why.

Owns the evidence a decision rests on, the must-see records, marks on single records, and the acts themselves.
"""

from core.promotion.announcing import describe_notice
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
from core.promotion.errors import DecisionConflict, DecisionRefused, MarkRefused
from core.promotion.evidence import Evidence, EvidenceSources, evidence_version, gather_evidence
from core.promotion.history import PastResult, SideBySide, compare_across_runs, list_history
from core.promotion.marks import Mark, MarkKind, MarkRequest, list_marks, list_record_marks, mark_record
from core.promotion.must_see import (
    MustSee,
    MustSeeProgress,
    MustSeeReason,
    MustSeeRecord,
    list_must_see,
    list_seen,
    measure_progress,
    note_seen,
    read_must_see,
)
from core.promotion.reading import ReadRecords, describe_rows, load_facts, read_records
from core.promotion.waiting import WaitingReview, list_waiting

__all__ = [
    "Decision",
    "DecisionConflict",
    "DecisionRefused",
    "DecisionRequest",
    "Evidence",
    "EvidenceSources",
    "Grounds",
    "Mark",
    "MarkKind",
    "MarkRefused",
    "MarkRequest",
    "MustSee",
    "MustSeeProgress",
    "MustSeeReason",
    "MustSeeRecord",
    "PastResult",
    "ReadRecords",
    "SideBySide",
    "Verdict",
    "WaitingReview",
    "compare_across_runs",
    "current_decision",
    "decide",
    "describe_notice",
    "describe_rows",
    "evidence_version",
    "gather_evidence",
    "get_decision",
    "has_decisions",
    "list_decisions",
    "list_history",
    "list_marks",
    "list_must_see",
    "list_record_marks",
    "list_seen",
    "list_waiting",
    "load_facts",
    "mark_record",
    "measure_progress",
    "note_seen",
    "read_must_see",
    "read_records",
]
