"""From records to datasets: checked, deduplicated, split, written and accounted for.

Owns the builder, the formats and names of dataset files, the counts and the manifest, frozen evaluation sets, and what
people decided about records (gold, vetoes). Keeping a build's files and uploading them are left to callers.
"""

from core.datasets.build import BuiltDatasets, build_datasets
from core.datasets.checks import InvalidReason, QualityReason
from core.datasets.corrections import (
    GoldSource,
    GoldStatement,
    VetoStatement,
    give_gold,
    keep_corrections,
    list_gold,
    list_vetoes,
    load_corrections,
    load_gold,
    load_vetoes,
    open_corrections,
    veto_requests,
)
from core.datasets.counts import BuildCounts, ClassCounts
from core.datasets.dedup import Conflict
from core.datasets.errors import DatasetError, EvaluationSetNotFound, GoldFileRefused, LineProblem
from core.datasets.evaluation_diff import ClassChange, DiffRecord, EvaluationSetDiff, diff_evaluation_sets
from core.datasets.evaluation_sets import (
    EvaluationSet,
    RunOnSet,
    choose_evaluation_set,
    find_evaluation_set,
    find_newest_evaluation_set,
    freeze_evaluation_set,
    list_evaluation_sets,
    list_runs_on_sets,
    open_evaluation_set,
)
from core.datasets.example_selection import ExampleSelection
from core.datasets.files import Dataset, DatasetFile
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections, gold_keys
from core.datasets.gold_files import GoldFile, read_gold_file
from core.datasets.gold_import import GoldImport, find_request_key, import_gold
from core.datasets.icl import BuiltIcl, IclDataset, IclOptions, build_icl, check_icl_options
from core.datasets.manifest import hash_manifest
from core.datasets.options import BuildOptions, LimitMethod, WorkloadType, check_options, check_sizes
from core.datasets.personal_data import PersonalData
from core.datasets.preview import Preview, PreviewedBuild, PreviewFile, preview_datasets
from core.datasets.preview_icl import IclPreview, preview_icl
from core.datasets.progress import OnProgress, Progress, Stage, spaced
from core.datasets.sampling import CountsRequests
from core.datasets.selection import selection_filter
from core.datasets.similarity import Embedder, EmbeddingSimilarity, NgramSimilarity, Similarity
from core.datasets.split import DrawMethod
from core.datasets.verification import Difference, Rebuilt, rebuild_and_verify, rebuild_icl
from core.datasets.warnings import BuildWarning, WarningCode
from core.datasets.witness import PersonalDataHint, PreviewConflict

__all__ = [
    "NO_CORRECTIONS",
    "BuildCounts",
    "BuildOptions",
    "BuildWarning",
    "BuiltDatasets",
    "BuiltIcl",
    "ClassChange",
    "ClassCounts",
    "Conflict",
    "Corrections",
    "CountsRequests",
    "Dataset",
    "DatasetError",
    "DatasetFile",
    "DiffRecord",
    "Difference",
    "DrawMethod",
    "Embedder",
    "EmbeddingSimilarity",
    "EvaluationRecord",
    "EvaluationSet",
    "EvaluationSetDiff",
    "EvaluationSetNotFound",
    "ExampleSelection",
    "FrozenEvaluationSet",
    "GoldFile",
    "GoldFileRefused",
    "GoldImport",
    "GoldSource",
    "GoldStatement",
    "IclDataset",
    "IclOptions",
    "IclPreview",
    "InvalidReason",
    "LimitMethod",
    "LineProblem",
    "NgramSimilarity",
    "OnProgress",
    "PersonalData",
    "PersonalDataHint",
    "Preview",
    "PreviewConflict",
    "PreviewFile",
    "PreviewedBuild",
    "Progress",
    "QualityReason",
    "Rebuilt",
    "RunOnSet",
    "Similarity",
    "Stage",
    "VetoStatement",
    "WarningCode",
    "WorkloadType",
    "build_datasets",
    "build_icl",
    "check_icl_options",
    "check_options",
    "check_sizes",
    "choose_evaluation_set",
    "diff_evaluation_sets",
    "find_evaluation_set",
    "find_newest_evaluation_set",
    "find_request_key",
    "freeze_evaluation_set",
    "give_gold",
    "gold_keys",
    "hash_manifest",
    "import_gold",
    "keep_corrections",
    "list_evaluation_sets",
    "list_gold",
    "list_runs_on_sets",
    "list_vetoes",
    "load_corrections",
    "load_gold",
    "load_vetoes",
    "open_corrections",
    "open_evaluation_set",
    "preview_datasets",
    "preview_icl",
    "read_gold_file",
    "rebuild_and_verify",
    "rebuild_icl",
    "selection_filter",
    "spaced",
    "veto_requests",
]
