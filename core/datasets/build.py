"""From records to datasets, in seven steps whose order matters.

1. Select and check: records of the selection, malformed and vetoed ones counted.
2. Detect: the answer format from all answers, then the workload type.
3. Filter: records without a usable answer, counted by reason.
4. Deduplicate: the oldest record of each request, conflicts noted.
5. Draw: at most `limit` records, of them the evaluation set, unless a frozen one is given.
6. Separate: no record with a prompt of the evaluation set, or nearly one, trains; the rest is split.
7. Write: files, counts, warnings, manifest.

Pure: the same records, options, evaluation set and corrections give the same bytes, whatever order the records come in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.datasets.collector import collector_paused
from core.datasets.counts import BuildCounts
from core.datasets.dedup import Conflict
from core.datasets.files import Dataset, DatasetFile, gather_dataset
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections
from core.datasets.manifest import BuildFacts, hash_manifest, write_manifest
from core.datasets.options import BuildOptions, WorkloadType, check_options
from core.datasets.plan import plan_datasets
from core.datasets.progress import OnProgress
from core.datasets.warnings import BuildWarning
from core.logs import LogRecord
from core.scoring import AnswerFormat, FormatEvidence


@dataclass(frozen=True, kw_only=True)
class BuiltDatasets:
    """Everything a build makes. `manifest` holds plain JSON values and names the files by their SHA-256."""

    evaluation: DatasetFile
    training: DatasetFile
    validation: DatasetFile
    manifest: Mapping[str, object]
    answer_format: AnswerFormat
    answer_evidence: tuple[FormatEvidence, ...]
    workload_type: WorkloadType
    evaluation_records: tuple[EvaluationRecord, ...]
    counts: BuildCounts
    conflicts: tuple[Conflict, ...]
    warnings: tuple[BuildWarning, ...]

    @property
    def datasets(self) -> tuple[Dataset, Dataset]:
        """The two datasets to upload: evaluation, then training with its validation file."""
        return (
            gather_dataset("evaluation", self.evaluation),
            gather_dataset("training", self.training, self.validation),
        )

    @property
    def evaluation_set(self) -> str:
        """The address of the evaluation set: the SHA-256 of its file."""
        return self.evaluation.sha256

    @property
    def record_count(self) -> int:
        """How many records the run uses: unique, usable and within the limit."""
        return self.counts.selected

    @property
    def manifest_hash(self) -> str:
        """The SHA-256 of the manifest's canonical JSON (RFC 8785)."""
        return hash_manifest(self.manifest)


def build_datasets(
    records: Iterable[LogRecord],
    options: BuildOptions,
    *,
    name_suffix: str,
    evaluation_set: FrozenEvaluationSet | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    on_progress: OnProgress | None = None,
) -> BuiltDatasets:
    """Return evaluation, training and validation files of one workload, with their manifest.

    `name_suffix` ends the dataset names and must be unique among builds. With a frozen `evaluation_set` that file is
    the evaluation file, byte by byte, and `options.evaluation_size` is not looked at; without, one is drawn. Records
    are not changed. Raises `DatasetError` when the options are impossible or the records too few, with the option to
    change in `field`.
    """
    check_options(options)
    with collector_paused():
        plan = plan_datasets(  # steps 1 to 6
            records, options, evaluation_set=evaluation_set, corrections=corrections, on_progress=on_progress
        )
        files = plan.write_files(options.workload_id, name_suffix=name_suffix, on_progress=on_progress)  # step 7
    facts = BuildFacts(
        options=options,
        name_suffix=name_suffix,
        detected=plan.detected,
        workload_type=plan.workload_type,
        counts=plan.counts,
        conflicts=plan.conflicts,
        evaluation=plan.evaluation_draw,
        validation=plan.validation_draw,
        frozen=evaluation_set,
        corrections=corrections,
        warnings=plan.warnings,
        files=files,
    )
    evaluation, training, validation = files
    return BuiltDatasets(
        evaluation=evaluation,
        training=training,
        validation=validation,
        manifest=write_manifest(facts),
        answer_format=plan.detected.answer_format,
        answer_evidence=plan.detected.evidence,
        workload_type=plan.workload_type,
        evaluation_records=plan.evaluation,
        counts=plan.counts,
        conflicts=plan.conflicts,
        warnings=plan.warnings,
    )
