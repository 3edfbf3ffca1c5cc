"""Reading answers and scoring them: pure functions, used by logs, datasets, the local backend and the evaluation.

Owns the answer formats and their detection, label scores, token overlap, ROUGE-L, JSON validity, and the comparison of
tool calls with its argument-level diff. Statistics about scores (intervals, tests) belong to `core.statistics`.
"""

from core.scoring.answers import Answer, AnswerFormat, AnswerKind, fold_answer, label_of, read_answer
from core.scoring.argument_diff import ArgumentChange, CallChange, Change, calls_of_key, diff_tool_calls
from core.scoring.detection import DetectedFormat, FormatDetector, FormatEvidence, detect_answer_format
from core.scoring.errors import AnswerFormatError, ScoringError
from core.scoring.json_validity import is_valid_json, json_problem
from core.scoring.labels import ClassScore, ConfusionMatrix, accuracy, confusion, macro_f1, per_class, weighted_f1
from core.scoring.messages import answer_message, content_text
from core.scoring.rouge import RougeScore, rouge_l
from core.scoring.text import overlap_tokens, token_overlap_f1
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
    "ArgumentChange",
    "CallChange",
    "Change",
    "ClassScore",
    "ConfusionMatrix",
    "DetectedFormat",
    "FormatDetector",
    "FormatEvidence",
    "RougeScore",
    "ScoringError",
    "ToolCall",
    "accuracy",
    "answer_message",
    "calls_of_key",
    "confusion",
    "content_text",
    "detect_answer_format",
    "diff_tool_calls",
    "fold_answer",
    "is_valid_json",
    "json_problem",
    "label_of",
    "macro_f1",
    "overlap_tokens",
    "per_class",
    "read_answer",
    "read_arguments",
    "read_tool_calls",
    "rouge_l",
    "token_overlap_f1",
    "tool_arguments_match",
    "tool_name_matches",
    "weighted_f1",
]
