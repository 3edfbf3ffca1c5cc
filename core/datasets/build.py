"""From records to datasets, in seven steps whose order matters.

1. Select and check: records of the selection, malformed ones counted by reason.
2. Detect: the answer format from all answers, then the workload type.
3. Filter: records without a usable answer, counted by reason.
4. Deduplicate: the oldest record of each request, conflicts noted.
5. Draw: at most `limit` records, of them the evaluation set.
6. Separate: no record with a prompt of the evaluation set trains; the rest is split into training and validation.
7. Write: files, counts, warnings, manifest.

Pure: the same records, options and suffix give the same bytes, whatever order the records come in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from core.datasets.counts import BuildCounts, ClassCounts, count_classes
from core.datasets.dedup import Conflict, Deduplicated, UsableRecord, drop_duplicates
from core.datasets.files import (
    EVALUATION_PATH,
    TRAINING_PATH,
    VALIDATION_PATH,
    Dataset,
    DatasetFile,
    gather_dataset,
    write_file,
)
from core.datasets.intake import Intake, check_left, take_in
from core.datasets.manifest import BuildFacts, hash_manifest, write_manifest
from core.datasets.names import dataset_name
from core.datasets.options import BuildOptions, WorkloadType, check_options
from core.datasets.partition import Partition, partition_records
from core.datasets.rows import evaluation_row, training_row
from core.datasets.warnings import BuildWarning, list_warnings
from core.logs import LogRecord
from core.scoring import Answer, AnswerFormat, answer_message, read_answer


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One record of the evaluation set as it was logged, with the teacher's answer. `key` is its request's hash."""

    key: str
    record_id: str
    timestamp_ms: int
    request: Mapping[str, object]
    response: Mapping[str, object]
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class BuiltDatasets:
    """Everything a build makes. `manifest` holds plain JSON values and names the files by their SHA-256."""

    evaluation: DatasetFile
    training: DatasetFile
    validation: DatasetFile
    manifest: Mapping[str, object]
    answer_format: AnswerFormat
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


def build_datasets(records: Iterable[LogRecord], options: BuildOptions, *, name_suffix: str) -> BuiltDatasets:
    """Return evaluation, training and validation files of one workload, with their manifest.

    `name_suffix` ends the dataset names and must be unique among builds. Records are not changed. Raises
    `DatasetError` when the options are impossible or the records too few, with the option to change in `field`.
    """
    check_options(options)
    intake = take_in(records, options)  # steps 1 to 3
    unique = drop_duplicates(intake.records)  # step 4
    removed = {**intake.invalid, **intake.quality, "duplicates": unique.duplicates}
    check_left(len(unique.records), options, total=intake.total, removed=removed)
    parts = partition_records(unique.records, options)  # steps 5 and 6
    files = _write_files(parts, intake.workload_type, options, name_suffix=name_suffix)  # step 7
    counts = _count(intake, unique, parts)
    warnings = list_warnings(counts, options, evaluation=parts.evaluation_draw, validation=parts.validation_draw)
    facts = BuildFacts(
        options=options,
        detected=intake.detected,
        workload_type=intake.workload_type,
        counts=counts,
        conflicts=unique.conflicts,
        evaluation=parts.evaluation_draw,
        validation=parts.validation_draw,
        warnings=warnings,
        files=files,
    )
    evaluation, training, validation = files
    return BuiltDatasets(
        evaluation=evaluation,
        training=training,
        validation=validation,
        manifest=write_manifest(facts),
        answer_format=intake.detected.answer_format,
        workload_type=intake.workload_type,
        evaluation_records=_evaluation_records(parts.evaluation, intake.detected.answer_format),
        counts=counts,
        conflicts=unique.conflicts,
        warnings=warnings,
    )


def _write_files(
    parts: Partition, workload_type: WorkloadType, options: BuildOptions, *, name_suffix: str
) -> tuple[DatasetFile, DatasetFile, DatasetFile]:
    parse = options.parse_function_arguments
    evaluation_name = dataset_name("evaluation", options.workload_id, suffix=name_suffix)
    training_name = dataset_name("training", options.workload_id, suffix=name_suffix)
    evaluation = (evaluation_row(it.held.body, workload_type, parse_arguments=parse) for it in parts.evaluation)
    training = (training_row(it.held.body, workload_type, parse_arguments=parse) for it in parts.training)
    validation = (training_row(it.held.body, workload_type, parse_arguments=parse) for it in parts.validation)
    return (
        write_file(evaluation, dataset=evaluation_name, path=EVALUATION_PATH),
        write_file(training, dataset=training_name, path=TRAINING_PATH),
        write_file(validation, dataset=training_name, path=VALIDATION_PATH),
    )


def _count(intake: Intake, unique: Deduplicated, parts: Partition) -> BuildCounts:
    classes: Mapping[str, ClassCounts] = {}
    if intake.workload_type is not WorkloadType.FREE_TEXT:
        classes = count_classes(
            [record.label for record in parts.evaluation],
            [record.label for record in parts.training],
            [record.label for record in parts.validation],
        )
    return BuildCounts(
        total=intake.total,
        invalid=intake.invalid,
        quality=intake.quality,
        duplicates=unique.duplicates,
        conflicting_requests=len(unique.conflicts),
        conflicting_records=sum(len(conflict.content_hashes) for conflict in unique.conflicts),
        not_drawn=parts.not_drawn,
        selected=parts.selected,
        leaked=parts.leaked,
        evaluation=len(parts.evaluation),
        training=len(parts.training),
        validation=len(parts.validation),
        rare_classes=parts.evaluation_draw.rare_classes,
        classes=classes,
    )


def _evaluation_records(records: Sequence[UsableRecord], answer_format: AnswerFormat) -> tuple[EvaluationRecord, ...]:
    return tuple(_evaluation_record(record, answer_format) for record in records)


def _evaluation_record(record: UsableRecord, answer_format: AnswerFormat) -> EvaluationRecord:
    body = record.held.body
    response = cast("Mapping[str, object]", body["response"])
    return EvaluationRecord(
        key=record.held.request_key,
        record_id=record.held.record_id,
        timestamp_ms=record.held.timestamp_ms,
        request=cast("Mapping[str, object]", body["request"]),
        response=response,
        answer=read_answer(answer_message(response), answer_format),
    )
