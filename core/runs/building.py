"""Building a run's datasets in its first step: records from the log store, corrections and set from the state."""

from dataclasses import dataclass

from core.datasets import (
    BuiltDatasets,
    BuiltIcl,
    Corrections,
    DatasetError,
    EvaluationSet,
    FrozenEvaluationSet,
    OnProgress,
    Progress,
    build_datasets,
    build_icl,
    find_evaluation_set,
    load_corrections,
    open_evaluation_set,
    selection_filter,
    spaced,
)
from core.runs.execution import Execution
from core.runs.options import build_options
from core.runs.plan import Variant
from core.runs.request import CompletedRequest
from core.runs.similarity import open_similarity
from core.runs.tables import StepRow

SECONDS_BETWEEN_NOTES = 1.0


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build made and what it rested on. `evaluation_set` None means that a new one was drawn."""

    datasets: BuiltDatasets
    icl: BuiltIcl | None
    corrections: Corrections
    evaluation_set: EvaluationSet | None


def build(execution: Execution, request: CompletedRequest, step: StepRow) -> Built:
    """Build all datasets of a run; an interruption leaves the work behind.

    Raises `DatasetError` for records that do not suffice, and what an embedding endpoint raises when it is down.
    """
    with execution.around.database.read() as session:
        corrections = load_corrections(session, request.workload_id)
        chosen = find_evaluation_set(session, request.evaluation_set) if request.evaluation_set else None
        if request.evaluation_set and chosen is None:
            raise DatasetError(
                f"Evaluation set {request.evaluation_set[:12]} of this run is gone; launch it again with another.",
                field="evaluation_set",
            )
        frozen = open_evaluation_set(session, chosen) if chosen else None
    note = _note_progress(execution, step)
    datasets = execution.call(lambda: _build(execution, request, frozen, corrections, note))
    icl = None
    if Variant.ICL in request.variants:
        icl = execution.call(lambda: _build_icl(execution, request, datasets, note))
    return Built(datasets=datasets, icl=icl, corrections=corrections, evaluation_set=chosen)


def _build(
    execution: Execution,
    request: CompletedRequest,
    frozen: FrozenEvaluationSet | None,
    corrections: Corrections,
    note: OnProgress,
) -> BuiltDatasets:
    options = build_options(request)
    return build_datasets(
        execution.around.logs.stream(selection_filter(options)),
        options,
        name_suffix=execution.run_id,
        evaluation_set=frozen,
        corrections=corrections,
        on_progress=note,
    )


def _build_icl(execution: Execution, request: CompletedRequest, built: BuiltDatasets, note: OnProgress) -> BuiltIcl:
    with open_similarity(execution.around.settings) as similarity:
        return build_icl(
            built,
            request.context_lengths,
            request.icl_options,
            workload_id=request.workload_id,
            name_suffix=execution.run_id,
            similarity=similarity,
            on_progress=note,
        )


def _note_progress(execution: Execution, step: StepRow) -> OnProgress:
    """Return what stores a build's progress on its step, at most once a second; a lost lease ends the build."""

    def note(progress: Progress) -> None:
        details = {"stage": progress.stage.value, "done": progress.done, "total": progress.total}
        execution.update_step(step.key, details=details)

    return spaced(note, clock=execution.now, seconds=SECONDS_BETWEEN_NOTES)
