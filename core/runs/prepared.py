"""What the first step of a run leaves for the others: datasets, manifest and evaluation set, as artifacts.

`prepare` builds them once from the log store; every later step, on whatever host, reads them from here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import rfc8785
from sqlmodel import Session

from core import VERSION
from core.artifacts import open_artifact, put_artifact
from core.datasets import BuiltDatasets, WorkloadType, build_datasets
from core.evaluation import ExpectedAnswer, read_evaluation_set
from core.logs import LogFilter
from core.runs.execution import Execution
from core.runs.options import build_options
from core.runs.request import CompletedRequest
from core.runs.stepping import StepResult
from core.runs.tables import RunRow, StepRow
from core.scoring import AnswerFormat

JSONL = "application/jsonl"
JSON = "application/json"
MANIFEST_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class PreparedDataset:
    """A dataset to upload: `kind` is `evaluation` or `training`, `files` maps repository paths to artifact hashes."""

    kind: str
    name: str
    records: int
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything later steps need, read back from the state."""

    request: CompletedRequest
    datasets: tuple[PreparedDataset, ...]
    evaluation_path: str
    evaluation_set: str
    answer_format: AnswerFormat
    workload_type: WorkloadType
    expected: tuple[ExpectedAnswer, ...]

    @property
    def is_tool_calling(self) -> bool:
        """Tell whether the workload's answers are tool calls."""
        return self.workload_type is WorkloadType.TOOL_CALLING

    @property
    def has_labels(self) -> bool:
        """Tell whether classes mean anything for this workload."""
        return self.workload_type is not WorkloadType.FREE_TEXT


def prepare(execution: Execution, _step: StepRow) -> StepResult:
    """Select the records, build the datasets and store them with their manifest."""
    request = load_request(execution)
    built = execution.call(partial(_build, execution, request))
    manifest = rfc8785.dumps(_describe(request, built))
    now = execution.now()
    with execution.write() as session:
        datasets = [
            asdict(
                PreparedDataset(
                    kind=dataset.kind,
                    name=dataset.name,
                    records=dataset.records,
                    files={
                        path: put_artifact(session, content, media_type=JSONL, now=now)
                        for path, content in dataset.files.items()
                    },
                )
            )
            for dataset in built.datasets
        ]
        manifest_hash = put_artifact(session, manifest, media_type=JSON, now=now)
    evaluation_path, evaluation_set = next(
        (path, sha256) for entry in datasets if entry["kind"] == "evaluation" for path, sha256 in entry["files"].items()
    )
    return StepResult(
        output={
            "datasets": datasets,
            "manifest": manifest_hash,
            "evaluation_path": evaluation_path,
            "evaluation_set": evaluation_set,
            "answer_format": built.answer_format.to_dict(),
            "workload_type": str(built.workload_type),
        },
        run_values={
            "record_count": built.record_count,
            "manifest": manifest_hash,
            "evaluation_set": evaluation_set,
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


def _describe(request: CompletedRequest, built: BuiltDatasets) -> dict[str, Any]:
    """Return the run's manifest: what was asked with every effective value, by which program, and what was built."""
    return {
        "version": MANIFEST_VERSION,
        "program": VERSION,
        "request": request.to_dict(),
        "datasets": dict(built.manifest),
    }


def _build(execution: Execution, request: CompletedRequest) -> BuiltDatasets:
    records = execution.around.logs.stream(LogFilter(workload_id=request.workload_id, client_id=request.client_id))
    return build_datasets(records, build_options(request), name_suffix=execution.run_id)


def _load(execution: Execution) -> Prepared:
    output = execution.get_step("prepare").output
    answer_format = AnswerFormat.from_dict(output["answer_format"])
    with execution.around.database.read() as session:
        content = open_artifact(session, output["evaluation_set"])
    return Prepared(
        request=load_request(execution),
        datasets=tuple(PreparedDataset(**entry) for entry in output["datasets"]),
        evaluation_path=output["evaluation_path"],
        evaluation_set=output["evaluation_set"],
        answer_format=answer_format,
        workload_type=WorkloadType(output["workload_type"]),
        expected=read_evaluation_set(content, answer_format),
    )


def _run(session: Session, run_id: str) -> RunRow:
    return session.get_one(RunRow, run_id)
