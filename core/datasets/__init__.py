"""From records to datasets: checked, deduplicated, split, written and accounted for.

Owns the builder, the formats and names of dataset files, the counts and the manifest. Reading the store, keeping the
bytes and uploading them are left to callers.
"""

from core.datasets.build import BuiltDatasets, EvaluationRecord, build_datasets
from core.datasets.checks import InvalidReason, QualityReason
from core.datasets.counts import BuildCounts, ClassCounts
from core.datasets.dedup import Conflict
from core.datasets.errors import DatasetError
from core.datasets.files import Dataset, DatasetFile
from core.datasets.manifest import hash_manifest
from core.datasets.options import BuildOptions, WorkloadType, check_options, check_sizes
from core.datasets.selection import selection_filter
from core.datasets.split import DrawMethod
from core.datasets.warnings import BuildWarning, WarningCode

__all__ = [
    "BuildCounts",
    "BuildOptions",
    "BuildWarning",
    "BuiltDatasets",
    "ClassCounts",
    "Conflict",
    "Dataset",
    "DatasetError",
    "DatasetFile",
    "DrawMethod",
    "EvaluationRecord",
    "InvalidReason",
    "QualityReason",
    "WarningCode",
    "WorkloadType",
    "build_datasets",
    "check_options",
    "check_sizes",
    "hash_manifest",
    "selection_filter",
]
