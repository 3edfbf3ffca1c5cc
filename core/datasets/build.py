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

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.datasets.counts import BuildCounts, ClassCounts, count_classes
from core.datasets.dedup import Conflict, Deduplicated, drop_duplicates
from core.datasets.files import (
    EVALUATION_PATH,
    TRAINING_PATH,
    VALIDATION_PATH,
    Dataset,
    DatasetFile,
    gather_dataset,
    make_file,
)
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet, read_evaluation_file
from core.datasets.gold_answers import NO_CORRECTIONS, Corrections
from core.datasets.intake import Intake, check_left, take_in
from core.datasets.json_bytes import to_line
from core.datasets.leakage import prompt_key
from core.datasets.manifest import BuildFacts, hash_manifest, write_manifest
from core.datasets.names import dataset_name
from core.datasets.options import BuildOptions, WorkloadType, check_options
from core.datasets.partition import (
    EvaluationDraw,
    Separated,
    TrainingSplit,
    draw_around,
    draw_evaluation,
    separate,
    split_training,
)
from core.datasets.progress import OnProgress
from core.datasets.rows import evaluation_row
from core.datasets.split import Draw
from core.datasets.training_rows import TrainingRows
from core.datasets.warnings import BuildWarning, list_warnings
from core.logs import LogRecord
from core.scoring import AnswerFormat, DetectedFormat


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
    plan = _plan(records, options, evaluation_set=evaluation_set, corrections=corrections, on_progress=on_progress)
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
        workload_type=plan.workload_type,
        evaluation_records=plan.evaluation,
        counts=plan.counts,
        conflicts=plan.conflicts,
        warnings=plan.warnings,
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What steps 1 to 6 decided. It holds no records: they are freed before the files take their memory.

    `training` and `validation` are the positions of the records in the order of the files.
    """

    detected: DetectedFormat
    workload_type: WorkloadType
    counts: BuildCounts
    conflicts: tuple[Conflict, ...]
    warnings: tuple[BuildWarning, ...]
    evaluation_draw: Draw | None
    validation_draw: Draw
    evaluation: tuple[EvaluationRecord, ...]
    evaluation_content: bytes
    rows: TrainingRows
    training: Sequence[int]
    validation: Sequence[int]

    def write_files(
        self, workload_id: str, *, name_suffix: str, on_progress: OnProgress | None
    ) -> tuple[DatasetFile, DatasetFile, DatasetFile]:
        """Return the files for evaluation, training and validation."""
        name = dataset_name("evaluation", workload_id, suffix=name_suffix)
        evaluation = make_file(
            self.evaluation_content, dataset=name, path=EVALUATION_PATH, records=len(self.evaluation)
        )
        name = dataset_name("training", workload_id, suffix=name_suffix)
        training, validation = (
            make_file(self.rows.write(part, on_progress), dataset=name, path=path, records=len(part))
            for part, path in ((self.training, TRAINING_PATH), (self.validation, VALIDATION_PATH))
        )
        return evaluation, training, validation


def _plan(
    records: Iterable[LogRecord],
    options: BuildOptions,
    *,
    evaluation_set: FrozenEvaluationSet | None,
    corrections: Corrections,
    on_progress: OnProgress | None,
) -> _Plan:
    intake = take_in(  # steps 1 to 3
        records, options, corrections=corrections, evaluation_set=evaluation_set, on_progress=on_progress
    )
    unique = drop_duplicates(intake.records)  # step 4
    removed = {**intake.invalid, "vetoed": intake.vetoed, **intake.quality, "duplicates": unique.duplicates}
    check_left(len(unique.records), options, total=intake.total, removed=removed)
    drawn, content = _draw_evaluation(intake, unique, options, evaluation_set)  # step 5
    record_ids = None if evaluation_set else [record.held.record_id for record in drawn.held_out]
    evaluation = read_evaluation_file(content, intake.detected.answer_format, record_ids=record_ids)
    rows = TrainingRows(options)
    separated = separate(  # step 6
        drawn.rest,
        options,
        evaluation_prompts=[prompt_key(record.request) for record in evaluation],
        find_near_duplicates=lambda others: rows.find_near_duplicates(
            others, intake, evaluation=evaluation, on_progress=on_progress
        ),
    )
    split = split_training(separated.records, options)
    counts = _count(intake, unique, drawn=drawn, separated=separated, split=split)
    counts = replace(counts, **_count_evaluation(evaluation, split, intake.workload_type, corrections))
    vetoed = set(corrections.vetoed)
    warnings = list_warnings(
        counts,
        options,
        evaluation=drawn.draw,
        validation=split.draw,
        vetoed_evaluation=sum(record.key in vetoed for record in evaluation),
    )
    return _Plan(
        detected=intake.detected,
        workload_type=intake.workload_type,
        counts=counts,
        conflicts=unique.conflicts,
        warnings=warnings,
        evaluation_draw=drawn.draw,
        validation_draw=split.draw,
        evaluation=evaluation,
        evaluation_content=content,
        rows=rows,
        training=array("q", (record.held.position for record in split.training)),
        validation=array("q", (record.held.position for record in split.validation)),
    )


def _draw_evaluation(
    intake: Intake, unique: Deduplicated, options: BuildOptions, frozen: FrozenEvaluationSet | None
) -> tuple[EvaluationDraw, bytes]:
    """Return the draw and the evaluation file: the frozen set's, or that of a new one."""
    if frozen is not None:
        evaluated = [bytes.fromhex(record.key) for record in read_evaluation_file(frozen.content, frozen.answer_format)]
        return draw_around(unique.records, options, evaluated=evaluated), frozen.content
    drawn = draw_evaluation(unique.records, options)
    lines = {
        record.held.position: to_line(
            evaluation_row(body, intake.workload_type, parse_arguments=options.parse_function_arguments)
        )
        for record, body in intake.read_bodies(drawn.held_out)
    }
    return drawn, b"".join(lines[record.held.position] for record in drawn.held_out)


def _count(
    intake: Intake, unique: Deduplicated, *, drawn: EvaluationDraw, separated: Separated, split: TrainingSplit
) -> BuildCounts:
    return BuildCounts(
        total=intake.total,
        invalid=intake.invalid,
        vetoed=intake.vetoed,
        quality=intake.quality,
        duplicates=unique.duplicates,
        conflicting_requests=len(unique.conflicts),
        conflicting_records=sum(len(conflict.content_hashes) for conflict in unique.conflicts),
        not_drawn=drawn.not_drawn,
        selected=len(drawn.held_out) + len(drawn.rest),
        held_out=len(drawn.held_out),
        leaked=separated.leaked,
        near_duplicates=separated.near_duplicates,
        training=len(split.training),
        validation=len(split.validation),
        gold_training=sum(record.gold is not None for record in separated.records),
        unreadable_gold=intake.unreadable_gold,
        rare_classes=(drawn.draw or split.draw).rare_classes,
    )


def _count_evaluation(
    evaluation: Sequence[EvaluationRecord],
    split: TrainingSplit,
    workload_type: WorkloadType,
    corrections: Corrections,
) -> dict[str, Any]:
    """Return the counts that concern the evaluation set, frozen or new."""
    classes: Mapping[str, ClassCounts] = {}
    if workload_type is not WorkloadType.FREE_TEXT:
        classes = count_classes(
            [record.answer.label or "" for record in evaluation],
            [record.trained_label for record in split.training],
            [record.trained_label for record in split.validation],
        )
    gold = sum(record.key in corrections.gold for record in evaluation)
    return {"evaluation": len(evaluation), "gold_evaluation": gold, "classes": classes}
