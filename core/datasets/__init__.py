"""From records to datasets: checked, deduplicated, split, written and accounted for.

Owns the builder, the formats and names of dataset files, the counts and the manifest. Reading the store, keeping the
bytes and uploading them are left to callers.
"""

from core.datasets.build import BuiltDatasets, build_datasets
from core.datasets.checks import InvalidReason, QualityReason
from core.datasets.counts import BuildCounts, ClassCounts
from core.datasets.dedup import Conflict
from core.datasets.errors import DatasetError
from core.datasets.files import Dataset, DatasetFile
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections, gold_keys
from core.datasets.manifest import hash_manifest
from core.datasets.options import BuildOptions, LimitMethod, WorkloadType, check_options, check_sizes
from core.datasets.selection import selection_filter
from core.datasets.split import DrawMethod
from core.datasets.warnings import BuildWarning, WarningCode

__all__ = [
    "NO_CORRECTIONS",
    "BuildCounts",
    "BuildOptions",
    "BuildWarning",
    "BuiltDatasets",
    "ClassCounts",
    "Conflict",
    "Corrections",
    "Dataset",
    "DatasetError",
    "DatasetFile",
    "DrawMethod",
    "EvaluationRecord",
    "FrozenEvaluationSet",
    "InvalidReason",
    "LimitMethod",
    "QualityReason",
    "WarningCode",
    "WorkloadType",
    "build_datasets",
    "check_options",
    "check_sizes",
    "gold_keys",
    "hash_manifest",
    "selection_filter",
]
