"""What people decided about candidates, on which results, and why."""

from core.promotion.decisions import (
    Decision,
    DecisionRequest,
    Verdict,
    current_decision,
    decide,
    get_decision,
    has_decisions,
    list_decisions,
)
from core.promotion.errors import DecisionConflict, DecisionRefused
from core.promotion.waiting import WaitingReview, list_waiting

__all__ = [
    "Decision",
    "DecisionConflict",
    "DecisionRefused",
    "DecisionRequest",
    "Verdict",
    "WaitingReview",
    "current_decision",
    "decide",
    "get_decision",
    "has_decisions",
    "list_decisions",
    "list_waiting",
]
