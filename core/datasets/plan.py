"""Steps 1 to 6 of a build: what becomes of each record. The steps are listed in `core.datasets.build`."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.datasets.counts import BuildCounts, ClassCounts, count_classes
from core.datasets.dedup import Conflict, Deduplicated, drop_duplicates
from core.datasets.files import EVALUATION_PATH, TRAINING_PATH, VALIDATION_PATH, DatasetFile, make_file
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet, read_evaluation_file
from core.datasets.gold_answers import Corrections
from core.datasets.intake import Intake, check_left, take_in
from core.datasets.json_bytes import to_line
from core.datasets.leakage import prompt_key
from core.datasets.names import dataset_name
from core.datasets.options import BuildOptions, WorkloadType
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
from core.scoring import DetectedFormat


@dataclass(frozen=True, kw_only=True)
class DatasetPlan:
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


def plan_datasets(
    records: Iterable[LogRecord],
    options: BuildOptions,
    *,
    evaluation_set: FrozenEvaluationSet | None,
    corrections: Corrections,
    on_progress: OnProgress | None,
) -> DatasetPlan:
    """Decide about every record. Raises `DatasetError` when too few are left, with the option to change in `field`."""
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
    return DatasetPlan(
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
