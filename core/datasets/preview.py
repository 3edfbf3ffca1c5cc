"""What a run would use, before anything starts: counts at each step, first rows as they will be sent, what is wrong.

Up to `EXACT_RECORDS` records a preview is the build itself, without keeping its files. Beyond, it builds from a sample
that is spread over the whole selection and estimates the counts; it says so, and how many records it read.
"""

from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import cast

from core.datasets.build import BuiltDatasets, build_datasets
from core.datasets.counts import BuildCounts
from core.datasets.estimates import estimate_counts
from core.datasets.files import DatasetFile
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections
from core.datasets.manifest import make_plain
from core.datasets.options import BuildOptions, WorkloadType, check_options, check_sizes
from core.datasets.progress import OnProgress
from core.datasets.sampling import CountsRequests, cut_windows, sample_windows
from core.datasets.selection import selection_filter
from core.datasets.warnings import BuildWarning, list_warnings
from core.datasets.witness import PersonalDataHint, PreviewConflict, Witness
from core.logs import LogStore
from core.scoring import AnswerFormat, FormatEvidence

EXACT_RECORDS = 20_000
SAMPLE_RECORDS = 12_000
ROWS_SHOWN = 3
CONFLICTS_SHOWN = 10
NAME_SUFFIX = "preview"
LOWER_BOUNDS = ("duplicates", "conflicting_requests", "conflicting_records", "leaked")


@dataclass(frozen=True, kw_only=True)
class PreviewFile:
    """The first lines of a file as they will be sent; `records` is how many it will have."""

    path: str
    records: int
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a run would use. `records_read` of `records` were looked at; `is_estimate` tells that these are not all.

    `at_least` names the counts of an estimate that may be larger in truth: what repeats is seen only when a sample
    holds both. Conflicts and hints are those among the records read. `evaluation_set_version` is None when a new set is
    drawn.
    """

    records: int
    records_read: int
    is_estimate: bool
    at_least: tuple[str, ...]
    counts: BuildCounts
    warnings: tuple[BuildWarning, ...]
    workload_type: WorkloadType
    answer_format: AnswerFormat
    answer_evidence: tuple[FormatEvidence, ...]
    evaluation_set_version: int | None
    first_ms: int
    last_ms: int
    files: tuple[PreviewFile, ...]
    conflicts: tuple[PreviewConflict, ...]
    personal_data: tuple[PersonalDataHint, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the preview as plain JSON values."""
        plain = {
            **asdict(self),
            "counts": self.counts.to_dict(),
            "warnings": [warning.to_dict() for warning in self.warnings],
            "answer_format": self.answer_format.to_dict(),
            "answer_evidence": [evidence.to_dict() for evidence in self.answer_evidence],
        }
        return cast("dict[str, object]", make_plain(plain))


@dataclass(frozen=True, kw_only=True)
class PreviewedBuild:
    """A preview with the build behind it, from which in-context rows can be shown too."""

    preview: Preview
    built: BuiltDatasets


def preview_datasets(
    logs: LogStore,
    options: BuildOptions,
    *,
    evaluation_set: FrozenEvaluationSet | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    exact_records: int = EXACT_RECORDS,
    on_progress: OnProgress | None = None,
) -> PreviewedBuild:
    """Return what a build with these options would make of the log as it is now.

    Selections of more than `exact_records` are estimated from a sample. Raises `DatasetError` where the build would,
    as far as the counts tell.
    """
    check_options(options)
    windows = cut_windows(logs, selection_filter(options))
    stored = sum(window.records for window in windows)
    check_sizes(stored, options, is_evaluation_given=evaluation_set is not None)
    enough = max(SAMPLE_RECORDS, 3 * options.evaluation_size)
    if stored <= max(exact_records, enough):
        witness = Witness(logs.stream(selection_filter(options)), options)
        built = _build(witness, options, evaluation_set, corrections, on_progress)
        return PreviewedBuild(preview=_describe(built, witness), built=built)
    witness = Witness(sample_windows(logs, windows, enough), options)
    loose = replace(options, limit=None, minimum_records=1)
    built = _build(witness, loose, evaluation_set, corrections, on_progress)
    requests = _count_requests(logs, options)
    counts = estimate_counts(
        built.counts,
        options,
        total=round(stored * built.counts.total / witness.read),
        requests=requests,
        is_evaluation_given=evaluation_set is not None,
    )
    check_sizes(counts.selected, options, is_evaluation_given=evaluation_set is not None)
    preview = replace(
        _describe(built, witness),
        records=counts.total,
        is_estimate=True,
        at_least=LOWER_BOUNDS if requests is None else LOWER_BOUNDS[1:],
        counts=counts,
        warnings=list_warnings(counts, options, evaluation=None, validation=None),
        files=_show_files(built, counts),
    )
    return PreviewedBuild(preview=preview, built=built)


def _count_requests(logs: LogStore, options: BuildOptions) -> int | None:
    """Return the number of different requests, None where the store cannot tell or the options narrow further."""
    if options.models or options.finish_reasons or not isinstance(logs, CountsRequests):
        return None
    return logs.count_requests(selection_filter(options))


def _build(
    witness: Witness,
    options: BuildOptions,
    evaluation_set: FrozenEvaluationSet | None,
    corrections: Corrections,
    on_progress: OnProgress | None,
) -> BuiltDatasets:
    return build_datasets(
        witness,
        options,
        name_suffix=NAME_SUFFIX,
        evaluation_set=evaluation_set,
        corrections=corrections,
        on_progress=on_progress,
    )


def _describe(built: BuiltDatasets, witness: Witness) -> Preview:
    version = built.manifest["evaluation_set_version"]
    return Preview(
        records=built.counts.total,
        records_read=built.counts.total,
        is_estimate=False,
        at_least=(),
        counts=built.counts,
        warnings=built.warnings,
        workload_type=built.workload_type,
        answer_format=built.answer_format,
        answer_evidence=built.answer_evidence,
        evaluation_set_version=version if isinstance(version, int) else None,
        first_ms=witness.first_ms,
        last_ms=witness.last_ms,
        files=_show_files(built, built.counts),
        conflicts=tuple(witness.show_conflict(each) for each in built.conflicts[:CONFLICTS_SHOWN]),
        personal_data=witness.list_hints(),
    )


def _show_files(built: BuiltDatasets, counts: BuildCounts) -> tuple[PreviewFile, ...]:
    files = (
        (built.evaluation, counts.evaluation),
        (built.training, counts.training),
        (built.validation, counts.validation),
    )
    return tuple(show_rows(file, records=records) for file, records in files)


def show_rows(file: DatasetFile, *, records: int) -> PreviewFile:
    """Return the first rows of a file that will have so many records."""
    lines = islice(file.content.split(b"\n", ROWS_SHOWN), ROWS_SHOWN)
    return PreviewFile(path=file.path, records=records, rows=tuple(line.decode() for line in lines if line))
