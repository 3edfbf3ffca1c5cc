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
ALWAYS_SHOWN = {"total", "selected", "training", "validation"}


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
    judged = numbers.quantity(built["counts"]["evaluation"], "record")
    return ManifestSummary(
        counts=tuple((label, numbers.count(records)) for label, _, records in list_steps(built["counts"])),
        answer_format=f"{name}: {answers.field}" if answers.field else name,
        evaluation_set=f"{judged}, {numbers.short_hash(str(built['evaluation_set']))}",
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


def list_steps(counts: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return the way of records from the selection to the files: label, name in the counts, records; losses negative.

    Steps that lost nothing are left out. Manifests from before people could exclude records lack some steps.
    """
    steps = (
        ("Selected", "total", counts["total"]),
        ("Malformed", "invalid", -sum(counts["invalid"].values())),
        ("Excluded by people", "vetoed", -counts.get("vetoed", 0)),
        ("Without a usable answer", "quality", -sum(counts["quality"].values())),
        ("Asked before", "duplicates", -counts["duplicates"]),
        ("Beyond the limit", "not_drawn", -counts["not_drawn"]),
        ("Used", "selected", counts["selected"]),
        ("In the evaluation set", "held_out", -counts.get("held_out", counts["evaluation"])),
        ("With a prompt of the evaluation set", "leaked", -counts["leaked"]),
        ("With nearly such a prompt", "near_duplicates", -counts.get("near_duplicates", 0)),
        ("Training", "training", counts["training"]),
        ("Validation", "validation", counts["validation"]),
    )
    return [step for step in steps if step[2] or step[1] in ALWAYS_SHOWN]
