"""The manifest: everything a build rested on and produced, as plain JSON values that canonical JSON (RFC 8785) accepts.

It holds no time of building, no record ids and no machine: the same records, options and names give the same manifest,
whatever store they came from. Whoever stores it may put such facts beside it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import rfc8785

from core.datasets.counts import BuildCounts
from core.datasets.dedup import Conflict
from core.datasets.files import DatasetFile
from core.datasets.options import BuildOptions, WorkloadType
from core.datasets.split import Draw
from core.datasets.warnings import BuildWarning
from core.scoring import SCORER_VERSION, DetectedFormat

MANIFEST_VERSION = 1
CONFLICTS_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class BuildFacts:
    """What a build found out and made; the material of its manifest. `files` start with the evaluation file."""

    options: BuildOptions
    detected: DetectedFormat
    workload_type: WorkloadType
    counts: BuildCounts
    conflicts: Sequence[Conflict]
    evaluation: Draw
    validation: Draw
    warnings: Sequence[BuildWarning]
    files: Sequence[DatasetFile]


def write_manifest(facts: BuildFacts) -> dict[str, object]:
    """Return the manifest of a build. `evaluation_set` is the SHA-256 of the evaluation file."""
    options = facts.options
    manifest = {
        "version": MANIFEST_VERSION,
        "selection": {
            "workload_id": options.workload_id,
            "client_id": options.client_id,
            "since": options.since.isoformat() if options.since else None,
            "until": options.until.isoformat() if options.until else None,
            "limit": options.limit,
        },
        "options": {
            "evaluation_size": options.evaluation_size,
            "validation_ratio": options.validation_ratio,
            "minimum_records": options.minimum_records,
            "seed": options.seed,
            "stratify": options.stratify,
            "rare_class_threshold": options.rare_class_threshold,
            "parse_function_arguments": options.parse_function_arguments,
        },
        "workload_type": facts.workload_type.value,
        "workload_type_given": options.workload_type is not None,
        "answer_format": facts.detected.answer_format.to_dict(),
        "answer_format_given": options.answer_format is not None,
        "answer_evidence": [evidence.to_dict() for evidence in facts.detected.evidence],
        "scorer_version": SCORER_VERSION,
        "counts": facts.counts.to_dict(),
        "conflicts": [_describe_conflict(conflict) for conflict in facts.conflicts[:CONFLICTS_LISTED]],
        "draws": {"evaluation": _describe_draw(facts.evaluation), "validation": _describe_draw(facts.validation)},
        "warnings": [warning.to_dict() for warning in facts.warnings],
        "files": [_describe_file(file) for file in facts.files],
        "evaluation_set": facts.files[0].sha256,
    }
    return {key: _make_plain(value) for key, value in manifest.items()}


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


def _describe_file(file: DatasetFile) -> dict[str, object]:
    return {
        "dataset": file.dataset,
        "path": file.path,
        "records": file.records,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def _make_plain(value: object) -> object:
    """Copy into dicts and lists; half of a surrogate pair, which canonical JSON lacks, becomes its escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_make_plain(key): _make_plain(inner) for key, inner in value.items()}
    if isinstance(value, Iterable):
        return [_make_plain(inner) for inner in value]
    return value
