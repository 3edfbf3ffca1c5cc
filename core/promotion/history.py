"""A workload's candidates across runs, and whether two of them may be set side by side.

The guard (`core.evaluation.comparability`) names every input that differs; what is left then are the records that both
results hold, on which the two are compared when somebody asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.datasets import list_evaluation_sets
from core.evaluation import (
    Candidate,
    CandidateSamples,
    InputDifference,
    PairedComparison,
    Share,
    StoredEvaluation,
    compare,
    compare_pair,
    find_common_keys,
    find_differences,
    get_evaluation,
    list_evaluations,
    load_samples,
)
from core.promotion.decisions import Decision, list_decisions
from core.runs.tables import RunRow

RUNS_LISTED = 100


@dataclass(frozen=True, kw_only=True)
class PastResult:
    """One candidate of one run. `evaluation_set` is its version, such as v3, or the beginning of its address.

    `differences` are the inputs that are not those of the result it is listed against; empty means comparable.
    """

    run_id: str
    created_at: datetime
    evaluation: StoredEvaluation
    evaluation_set: str
    differences: tuple[InputDifference, ...]
    decision: Decision | None

    @property
    def candidate(self) -> Candidate:
        """The student in its variant."""
        return self.evaluation.candidate


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Two results on the records both hold: each one's agreement with the teacher, and the pairs, ours minus theirs.

    `is_restricted` says that the numbers are of the common records alone because inputs differ.
    """

    ours: Share
    theirs: Share
    pair: PairedComparison
    common_records: int
    differences: tuple[InputDifference, ...]
    is_restricted: bool


def list_history(session: Session, workload_id: str, *, against: StoredEvaluation) -> list[PastResult]:
    """Return the results of a workload's last runs, newest run first, with what keeps each from being compared."""
    runs = session.exec(
        select(RunRow)
        .where(col(RunRow.workload_id) == workload_id, col(RunRow.deleted_at).is_(None))
        .order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())
        .limit(RUNS_LISTED)
    )
    versions = {each.sha256: each.name for each in list_evaluation_sets(session, workload_id=workload_id)}
    acts = {
        (act.run_id, act.candidate): act
        for act in list_decisions(session, workload_id=workload_id, only_current=True, limit=10_000)
    }
    return [
        PastResult(
            run_id=run.id,
            created_at=run.created_at,
            evaluation=result,
            evaluation_set=versions.get(result.evaluation_set, result.evaluation_set[:8]),
            differences=_find_differences(against, result),
            decision=acts.get((run.id, result.candidate)),
        )
        for run in runs
        for result in list_evaluations(session, run.id)
    ]


def compare_across_runs(session: Session, ours: StoredEvaluation, run_id: str, candidate: Candidate) -> SideBySide:
    """Return our result beside another run's, on the records both hold. Raises `NotFoundError` for an unknown one.

    Right means the teacher's answer as each run knew it.
    """
    theirs = get_evaluation(session, run_id, candidate)
    samples = [load_samples(session, each.run_id, each.candidate) for each in (ours, theirs)]
    compared = compare(
        [
            CandidateSamples(candidate=each.candidate, samples=held, inputs=each.inputs, run_id=each.run_id)
            for each, held in zip((ours, theirs), samples, strict=True)
        ],
        has_labels=False,
        on_difference="use_common_records",
    )
    common = set(find_common_keys([[sample.key for sample in held] for held in samples]))
    left, right = ([sample for sample in held if sample.key in common] for held in samples)
    return SideBySide(
        ours=compared.candidates[0].agreement,
        theirs=compared.candidates[1].agreement,
        pair=compare_pair(left, right, theirs.candidate),
        common_records=compared.common_records,
        differences=_name_sides(compared.differences, ours=ours, theirs=theirs),
        is_restricted=compared.is_restricted,
    )


def _find_differences(ours: StoredEvaluation, theirs: StoredEvaluation) -> tuple[InputDifference, ...]:
    return find_differences({"this": ours.inputs, "that": theirs.inputs})


def _name_sides(
    differences: Sequence[InputDifference], *, ours: StoredEvaluation, theirs: StoredEvaluation
) -> tuple[InputDifference, ...]:
    """Return the differences with the two results called "this" and "that", as the list of past results calls them."""
    names = {f"{each.candidate} of run {each.run_id}": side for side, each in (("this", ours), ("that", theirs))}
    return tuple(
        InputDifference(
            name=each.name, values={names.get(result, result): value for result, value in each.values.items()}
        )
        for each in differences
    )
