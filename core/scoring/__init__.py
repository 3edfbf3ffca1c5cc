"""Reading answers and scoring them: pure functions, used by logs, datasets, the local backend and the evaluation.

Owns the answer formats and their detection, label scores, token overlap and the comparison of tool calls. Statistics
about scores (intervals, tests) belong to `core.statistics`.
"""

from core.scoring.answers import Answer, AnswerFormat, AnswerKind, fold_answer, label_of, read_answer
from core.scoring.detection import DetectedFormat, FormatDetector, FormatEvidence, detect_answer_format
from core.scoring.errors import AnswerFormatError, ScoringError
from core.scoring.labels import ClassScore, ConfusionMatrix, accuracy, confusion, macro_f1, per_class, weighted_f1
from core.scoring.messages import answer_message, content_text
from core.scoring.text import token_overlap_f1
from core.scoring.tool_calls import (
    ToolCall,
    read_arguments,
    read_tool_calls,
    tool_arguments_match,
    tool_name_matches,
)
from core.scoring.version import SCORER_VERSION

__all__ = [
    "SCORER_VERSION",
    "Answer",
    "AnswerFormat",
    "AnswerFormatError",
    "AnswerKind",
    "ClassScore",
    "ConfusionMatrix",
    "DetectedFormat",
    "FormatDetector",
    "FormatEvidence",
    "ScoringError",
    "ToolCall",
    "accuracy",
    "answer_message",
    "confusion",
    "content_text",
    "detect_answer_format",
    "fold_answer",
    "label_of",
    "macro_f1",
    "per_class",
    "read_answer",
    "read_arguments",
    "read_tool_calls",
    "token_overlap_f1",
    "tool_arguments_match",
    "tool_name_matches",
    "weighted_f1",
]
