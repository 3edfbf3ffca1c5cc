"""The manifest: everything a build rested on and produced, as plain JSON values that canonical JSON (RFC 8785) accepts.

It holds no time of building, no record ids and no machine: the same records, options and names give the same manifest,
whatever store they came from. Whoever stores it may put such facts beside it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import rfc8785

from core.datasets.counts import BuildCounts
from core.datasets.dedup import Conflict
from core.datasets.errors import DatasetError
from core.datasets.files import DatasetFile
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.gold_answers import Corrections
from core.datasets.options import BuildOptions, LimitMethod, WorkloadType
from core.datasets.split import Draw
from core.datasets.warnings import BuildWarning
from core.scoring import SCORER_VERSION, AnswerFormat, DetectedFormat

MANIFEST_VERSION = 2
CONFLICTS_LISTED = 20
SELECTION = (
    "workload_id",
    "client_id",
    "since",
    "until",
    "text",
    "models",
    "finish_reasons",
    "limit",
    "limit_method",
)
OPTIONS = (
    "evaluation_size",
    "validation_ratio",
    "minimum_records",
    "seed",
    "stratify",
    "rare_class_threshold",
    "parse_function_arguments",
    "property_limit",
    "near_duplicate_threshold",
)


@dataclass(frozen=True, kw_only=True)
class BuildFacts:
    """What a build found out and made; the material of its manifest. `files` start with the evaluation file.

    `evaluation` is None when the evaluation set is the `frozen` one.
    """

    options: BuildOptions
    name_suffix: str
    detected: DetectedFormat
    workload_type: WorkloadType
    counts: BuildCounts
    conflicts: Sequence[Conflict]
    evaluation: Draw | None
    validation: Draw
    frozen: FrozenEvaluationSet | None
    corrections: Corrections
    warnings: Sequence[BuildWarning]
    files: Sequence[DatasetFile]


def write_manifest(facts: BuildFacts) -> dict[str, object]:
    """Return the manifest of a build. `evaluation_set` is the SHA-256 of the evaluation file."""
    options = facts.options
    manifest = {
        "version": MANIFEST_VERSION,
        "name_suffix": facts.name_suffix,
        "selection": {name: _plain_option(getattr(options, name)) for name in SELECTION},
        "options": {name: _plain_option(getattr(options, name)) for name in OPTIONS},
        "workload_type": facts.workload_type.value,
        "workload_type_given": options.workload_type is not None,
        "answer_format": facts.detected.answer_format.to_dict(),
        "answer_format_given": options.answer_format is not None,
        "answer_evidence": [evidence.to_dict() for evidence in facts.detected.evidence],
        "scorer_version": SCORER_VERSION,
        "gold": {"version": facts.corrections.gold_version, "answers": len(facts.corrections.gold)},
        "vetoes": {"version": facts.corrections.veto_version, "requests": len(set(facts.corrections.vetoed))},
        "counts": facts.counts.to_dict(),
        "conflicts": [_describe_conflict(conflict) for conflict in facts.conflicts[:CONFLICTS_LISTED]],
        "draws": {
            "evaluation": _describe_draw(facts.evaluation) if facts.evaluation else None,
            "validation": _describe_draw(facts.validation),
        },
        "warnings": [warning.to_dict() for warning in facts.warnings],
        "files": [describe_file(file) for file in facts.files],
        "evaluation_set": facts.files[0].sha256,
        "evaluation_set_version": facts.frozen.version if facts.frozen else None,
    }
    return {key: make_plain(value) for key, value in manifest.items()}


def read_options(manifest: Mapping[str, object]) -> BuildOptions:
    """Return the options that a manifest states, for building again. Raises `DatasetError` for a foreign one."""
    try:
        values: dict[str, Any] = {
            **cast("Mapping[str, object]", manifest["selection"]),
            **cast("Mapping[str, object]", manifest["options"]),
        }
        for name in ("since", "until"):
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        values["models"], values["finish_reasons"] = tuple(values["models"]), tuple(values["finish_reasons"])
        values["limit_method"] = LimitMethod(values["limit_method"])
        if manifest["answer_format_given"]:
            values["answer_format"] = AnswerFormat.from_dict(cast("Mapping[str, object]", manifest["answer_format"]))
        if manifest["workload_type_given"]:
            values["workload_type"] = WorkloadType(cast("str", manifest["workload_type"]))
        return BuildOptions(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"The manifest cannot be read: {error!r} is missing or wrong; it was written by another version of this "
            "program, or changed.",
            field="manifest",
        ) from error


def hash_manifest(manifest: Mapping[str, object]) -> str:
    """Return the SHA-256 of the manifest's canonical JSON (RFC 8785), in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps(cast("dict[str, Any]", manifest))).hexdigest()


def _describe_conflict(conflict: Conflict) -> dict[str, object]:
    return {
        "request": conflict.request_key,
        "distinct_answers": conflict.distinct_answers,
        "records": list(conflict.content_hashes[:CONFLICTS_LISTED]),
    }


def _describe_draw(draw: Draw) -> dict[str, object]:
    return {
        "method": draw.method.value,
        "records": len(draw.taken),
        "groups": draw.groups,
        "rare_classes": list(draw.rare_classes),
    }


def describe_file(file: DatasetFile) -> dict[str, object]:
    """Return a file's entry in the manifest."""
    return {
        "dataset": file.dataset,
        "path": file.path,
        "records": file.records,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def _plain_option(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def make_plain(value: object) -> object:
    """Copy into dicts and lists; half of a surrogate pair, which canonical JSON lacks, becomes its escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {make_plain(key): make_plain(inner) for key, inner in value.items()}
    if isinstance(value, Iterable):
        return [make_plain(inner) for inner in value]
    return value
