"""What the first step of a run leaves for the others: datasets, manifest and evaluation set, as artifacts.

`prepare` builds them once from the log store; every later step, on whatever host, reads them from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
import rfc8785
from sqlmodel import Session

from core import VERSION
from core.artifacts import open_artifact, put_artifact
from core.datasets import (
    BuiltDatasets,
    BuiltIcl,
    Dataset,
    EvaluationSet,
    WorkloadType,
    freeze_evaluation_set,
    keep_corrections,
)
from core.evaluation import ExpectedAnswer, read_evaluation_set
from core.runs.building import Built, build
from core.runs.errors import StepFailed
from core.runs.execution import Execution
from core.runs.plan import Variant
from core.runs.request import CompletedRequest
from core.runs.stepping import StepResult
from core.runs.tables import RunRow, StepRow
from core.scoring import AnswerFormat

JSONL = "application/jsonl"
JSON = "application/json"
MANIFEST_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class PreparedDataset:
    """A dataset to upload: `kind` is `evaluation`, `training` or `icl`, `files` maps its paths to artifact hashes.

    `students` are those whose in-context evaluation uses it, for `icl`.
    """

    kind: str
    name: str
    records: int
    files: Mapping[str, str]
    students: Sequence[str] = ()

    @property
    def only_file(self) -> tuple[str, str]:
        """The path and the artifact hash of a dataset with one file."""
        ((path, sha256),) = self.files.items()
        return path, sha256


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything later steps need, read back from the state. `icl_unavailable` says why students have no examples."""

    request: CompletedRequest
    datasets: tuple[PreparedDataset, ...]
    evaluation_set: str
    answer_format: AnswerFormat
    workload_type: WorkloadType
    expected: tuple[ExpectedAnswer, ...]
    icl_unavailable: Mapping[str, str] = field(default_factory=dict)

    def find_judged(self, student: str, variant: str) -> PreparedDataset:
        """Return the dataset a candidate is judged on. Raises `StepFailed` when its context holds no examples."""
        kind = "icl" if variant == Variant.ICL else "evaluation"
        for dataset in self.datasets:
            if dataset.kind == kind and (kind == "evaluation" or student in dataset.students):
                return dataset
        raise StepFailed(self.icl_unavailable.get(student, f"the run has no {kind} dataset for {student}"))

    @property
    def is_tool_calling(self) -> bool:
        """Tell whether the workload's answers are tool calls."""
        return self.workload_type is WorkloadType.TOOL_CALLING

    @property
    def has_labels(self) -> bool:
        """Tell whether classes mean anything for this workload."""
        return self.workload_type is not WorkloadType.FREE_TEXT


def prepare(execution: Execution, step: StepRow) -> StepResult:
    """Select the records, build the datasets, freeze a new evaluation set and store all with their manifest."""
    request = load_request(execution)
    built = build(execution, request, step)
    now = execution.now()
    with execution.write() as session:
        keep_corrections(session, built.corrections, now=now)
        frozen = built.evaluation_set or _freeze(session, execution, request, built.datasets)
        datasets = [
            _store_dataset(session, execution, dataset, students=students)
            for dataset, students in _list_datasets(built.datasets, built.icl)
        ]
        manifest = rfc8785.dumps(_describe(execution, request, built, frozen))
        manifest_hash = put_artifact(session, manifest, media_type=JSON, now=now)
    return StepResult(
        output={
            "datasets": [asdict(dataset) for dataset in datasets],
            "manifest": manifest_hash,
            "evaluation_set": frozen.sha256,
            "answer_format": built.datasets.answer_format.to_dict(),
            "workload_type": str(built.datasets.workload_type),
            "icl_unavailable": dict(built.icl.unavailable) if built.icl else {},
        },
        run_values={
            "record_count": built.datasets.record_count,
            "manifest": manifest_hash,
            "evaluation_set": frozen.sha256,
        },
    )


def load_prepared(execution: Execution) -> Prepared:
    """Return what `prepare` left, read once per execution."""
    if execution.prepared is None:
        execution.prepared = _load(execution)
    assert isinstance(execution.prepared, Prepared)
    return execution.prepared


def load_request(execution: Execution) -> CompletedRequest:
    """Return the run's request as it was completed at launch."""
    with execution.around.database.read() as session:
        return CompletedRequest.from_dict(_run(session, execution.run_id).request)


def load_requests(execution: Execution, dataset: PreparedDataset) -> list[Mapping[str, Any]]:
    """Return the requests of a dataset with one file, in its order: what a candidate is asked."""
    _, sha256 = dataset.only_file
    with execution.around.database.read() as session:
        content = open_artifact(session, sha256)
    return [orjson.loads(line)["request"] for line in content.splitlines() if line.strip()]


def _freeze(session: Session, execution: Execution, request: CompletedRequest, built: BuiltDatasets) -> EvaluationSet:
    run = session.get_one(RunRow, execution.run_id)
    return freeze_evaluation_set(
        session,
        built,
        workload_id=request.workload_id,
        client_id=request.client_id,
        actor=run.requested_by,
        now=execution.now(),
        note=f"drawn by run {run.id}",
    )


def _list_datasets(built: BuiltDatasets, icl: BuiltIcl | None) -> list[tuple[Dataset, Sequence[str]]]:
    plain: list[tuple[Dataset, Sequence[str]]] = [(dataset, ()) for dataset in built.datasets]
    return plain + [(each.dataset, each.students) for each in (icl.datasets if icl else ())]


def _store_dataset(
    session: Session, execution: Execution, dataset: Dataset, *, students: Sequence[str]
) -> PreparedDataset:
    return PreparedDataset(
        kind=dataset.kind,
        name=dataset.name,
        records=dataset.records,
        files={
            path: put_artifact(session, content, media_type=JSONL, now=execution.now())
            for path, content in dataset.files.items()
        },
        students=list(students),
    )


def _describe(execution: Execution, request: CompletedRequest, built: Built, frozen: EvaluationSet) -> dict[str, Any]:
    """Return the run's manifest: what was asked with every effective value, by which program, and what was built."""
    return {
        "version": MANIFEST_VERSION,
        "program": VERSION,
        "request": request.to_dict(),
        "probe": execution.around.settings.probe.model_dump(),
        "evaluation_set": {"version": frozen.version, "sha256": frozen.sha256, "is_new": built.evaluation_set is None},
        "datasets": dict(built.datasets.manifest),
        "icl": built.icl.to_dict() if built.icl else None,
    }


def _load(execution: Execution) -> Prepared:
    output = execution.get_step("prepare").output
    answer_format = AnswerFormat.from_dict(output["answer_format"])
    with execution.around.database.read() as session:
        content = open_artifact(session, output["evaluation_set"])
    return Prepared(
        request=load_request(execution),
        datasets=tuple(PreparedDataset(**entry) for entry in output["datasets"]),
        evaluation_set=output["evaluation_set"],
        answer_format=answer_format,
        workload_type=WorkloadType(output["workload_type"]),
        expected=read_evaluation_set(content, answer_format),
        icl_unavailable=output.get("icl_unavailable", {}),
    )


def _run(session: Session, run_id: str) -> RunRow:
    return session.get_one(RunRow, run_id)
