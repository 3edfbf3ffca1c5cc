"""What a run's datasets were made of, read from its manifest: counts that add up, the answer format, warnings. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.ui import numbers
from app.ui.review_view import VARIANT_NAMES
from core.scoring import AnswerFormat, AnswerKind

FORMAT_NAMES = {
    AnswerKind.DOUBLE_BRACKETS: "double brackets, [[answer]]",
    AnswerKind.JSON_FIELD: "a JSON field",
    AnswerKind.WHOLE_TEXT: "the whole text",
    AnswerKind.TOOL_CALL: "tool calls",
}


@dataclass(frozen=True, kw_only=True)
class ManifestSummary:
    """Counts as (what, how many) in the order in which records were left out, and what a person should know."""

    counts: tuple[tuple[str, str], ...]
    answer_format: str
    evaluation_set: str
    warnings: tuple[str, ...]


def summarise_manifest(content: bytes) -> ManifestSummary:
    """Read a manifest as `core.runs` writes it."""
    built: Mapping[str, Any] = json.loads(content)["datasets"]
    answers = AnswerFormat.from_dict(built["answer_format"])
    name = FORMAT_NAMES[answers.kind]
    return ManifestSummary(
        counts=_list_counts(built["counts"]),
        answer_format=f"{name}: {answers.field}" if answers.field else name,
        evaluation_set=str(built["evaluation_set"]),
        warnings=tuple(str(warning["message"]) for warning in built["warnings"]),
    )


def describe_request(request: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what a run was asked for, as terms with their values."""
    limit = request.get("limit")
    facts = [
        ("Students", ", ".join(request["students"])),
        ("Variants", ", ".join(VARIANT_NAMES.get(name, name) for name in request["variants"])),
        ("Evaluation records", numbers.count(request.get("evaluation_size"))),
        ("Validation share", numbers.share(request.get("validation_ratio"), decimals=0)),
        ("Records used at most", numbers.count(limit) if limit else "all"),
        ("Seed", str(request.get("seed", numbers.UNKNOWN))),
    ]
    return (*facts, *_describe_training(request.get("training") or {}))


def _describe_training(training: Mapping[str, Mapping[str, float]]) -> Sequence[tuple[str, str]]:
    """Return each hyperparameter once where the students agree, by student where they do not."""
    names = list(dict.fromkeys(name for values in training.values() for name in values))
    rows = []
    for name in names:
        by_student = {student: values.get(name) for student, values in training.items()}
        title = name.replace("_", " ").capitalize()
        if len(set(by_student.values())) == 1:
            rows.append((title, f"{next(iter(by_student.values())):g}"))
        else:
            rows.append((title, ", ".join(f"{value:g} ({student})" for student, value in by_student.items())))
    return rows


def _list_counts(counts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [
        ("Logged", counts["total"]),
        ("Malformed", sum(counts["invalid"].values())),
        ("Without a usable answer", sum(counts["quality"].values())),
        ("Duplicates", counts["duplicates"]),
        ("Over the limit", counts["not_drawn"]),
        ("To judge on", counts["evaluation"]),
        ("Kept out of training", counts["leaked"]),
        ("To train on", counts["training"]),
        ("To validate with", counts["validation"]),
    ]
    always = {"Logged", "To judge on", "To train on", "To validate with"}
    return tuple((name, numbers.count(value)) for name, value in rows if value or name in always)
