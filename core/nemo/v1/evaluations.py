"""Evaluations: one job per model and file, its progress, its scores and its end (blueprint section 1.7).

Decoding and the number of records are part of every job: without them results vary from run to run and the service
reports no progress. No judge model is configured, so tool calls get the exact metric only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.nemo.errors import RequestRefused, ResourceMissing
from core.nemo.messages import json_body
from core.nemo.operations import EvaluationKind, EvaluationSpec, EvaluationStatus, JobKind, JobState, MarkedJob
from core.nemo.transport import Transport
from core.nemo.v1.fields import (
    KEY_MARK,
    RUN_MARK,
    describe_unknown,
    path_segment,
    read_count,
    read_created_id,
    read_instant,
    read_mapping,
    read_mark,
    read_number,
    read_state,
    read_text,
)
from core.nemo.v1.listing import list_jobs

JOBS = "/v1/evaluation/jobs"
PARALLELISM = 8
ATTEMPTS_PER_RECORD = 3
RECORD_TIMEOUT_S = 300
NO_SUCH_CALL = frozenset({404, 405})


@dataclass(frozen=True, kw_only=True)
class Evaluations:
    """The evaluation jobs of one namespace."""

    services: Transport
    namespace: str
    project: str

    def create(self, spec: EvaluationSpec) -> str:
        """Send the job once, return its id."""
        body = job_body(spec, namespace=self.namespace, project=self.project)
        return read_created_id(self.services.create(JOBS, json_body(body)))

    def find(self, spec: EvaluationSpec, *, since: datetime) -> Sequence[EvaluationStatus]:
        """Return the jobs that carry the spec's key, oldest first."""
        jobs = [job for job in list_jobs(self.services, JOBS, since=since) if read_mark(job, KEY_MARK) == spec.key]
        return [read_evaluation(job) for job in reversed(jobs)]

    def list_marked(self, *, since: datetime) -> Sequence[MarkedJob]:
        """Return the jobs of ours."""
        jobs = [(read_mark(job, KEY_MARK), read_evaluation(job)) for job in list_jobs(self.services, JOBS, since=since)]
        return [MarkedJob(kind=JobKind.EVALUATION, id=job.id, key=key, state=job.state) for key, job in jobs if key]

    def get(self, job_id: str) -> EvaluationStatus:
        """Return the job's state. Its status call would not tell: it knows tasks, not the job."""
        return read_evaluation({"id": job_id, **self.services.read(_path(job_id)).document()})

    def cancel(self, job_id: str) -> None:
        """Ask the job to stop; on builds without that call, remove it."""
        try:
            self.services.send("POST", f"{_path(job_id)}/cancel")
        except RequestRefused as refusal:
            try:
                if self.get(job_id).state.is_final:
                    return
                if refusal.status not in NO_SUCH_CALL:
                    raise refusal from None
                self.services.send("DELETE", _path(job_id))
            except ResourceMissing:
                return

    def scores(self, job_id: str) -> Mapping[str, float]:
        """Return the aggregate scores by `task.metric.score`."""
        return read_scores(self.services.read(f"{_path(job_id)}/results").document())


def job_body(spec: EvaluationSpec, *, namespace: str, project: str) -> Mapping[str, object]:
    """Return the body of the create: the blueprint's tasks and metrics, with decoding in the request template."""
    template: dict[str, object] = {
        "messages": "{{ item.request.messages | tojson }}",
        "temperature": spec.decoding.temperature,
        "max_tokens": spec.decoding.max_tokens,
    }
    if spec.kind is EvaluationKind.TOOL_CALLING:
        template |= {"tools": "{{ item.request.tools | tojson }}", "tool_choice": "required"}
        ground_truth = "{{ item.response.choices[0].message.tool_calls | tojson }}"
        metric = {"type": "tool-calling", "params": {"tool_calls_ground_truth": ground_truth}}
        task_name, metrics = "custom-tool-calling", {"tool-calling-accuracy": metric}
    else:
        ground_truth = "{{ item.response.choices[0].message.content | trim }}"
        task_name, metrics = "chat-completion", {"f1": {"type": "f1", "params": {"ground_truth": ground_truth}}}
    task: Mapping[str, object] = {
        "type": "chat-completion",
        "dataset": {"files_url": f"{spec.dataset.url}/{spec.path}"},
        "params": {"template": template},
        "metrics": metrics,
    }
    params = {
        "limit_samples": spec.limit,
        "parallelism": PARALLELISM,
        "max_retries": ATTEMPTS_PER_RECORD,
        "request_timeout": RECORD_TIMEOUT_S,
    }
    return {
        "namespace": namespace,
        "project": project,
        "config": {"type": "custom", "params": params, "tasks": {task_name: task}},
        "target": {"type": "model", "model": spec.model},
        "custom_fields": {RUN_MARK: spec.run_id, KEY_MARK: spec.key},
    }


def read_evaluation(job: Mapping[str, object]) -> EvaluationStatus:
    """Return the state of a job from its document."""
    details = read_mapping(job.get("status_details"))
    word = job.get("status")
    state = read_state(word)
    message = read_text(details.get("message"))
    return EvaluationStatus(
        id=read_text(job.get("id")) or "",
        state=state,
        progress=1.0 if state is JobState.COMPLETED else _read_progress(job, details),
        detail=describe_unknown(word) or (message if state in (JobState.FAILED, JobState.WAITING) else None),
        created_at=read_instant(job.get("created_at")),
    )


def read_scores(results: Mapping[str, object]) -> Mapping[str, float]:
    """Return every score that has a value; NaN and null have none. `value` is taken, never the mean of the stats."""
    scores: dict[str, float] = {}
    for task_name, task in read_mapping(results.get("tasks")).items():
        for name, value in read_metrics(read_mapping(task).get("metrics")).items():
            scores[f"{task_name}.{name}"] = value
    return scores


def read_metrics(metrics: object) -> Mapping[str, float]:
    """Return the scores of some metrics by `metric.score`, under the blueprint's name where builds differ."""
    scores: dict[str, float] = {}
    for metric_name, metric in read_mapping(metrics).items():
        for score_name, score in read_mapping(read_mapping(metric).get("scores")).items():
            value = read_number(read_mapping(score).get("value"))
            name = "f1_score" if (metric_name, score_name) == ("f1", "f1") else score_name
            if value is not None:
                scores[f"{metric_name}.{name}"] = value
    return scores


def _read_progress(job: Mapping[str, object], details: Mapping[str, object]) -> float | None:
    percentage = read_number(details.get("progress"))
    if percentage is None:
        processed = read_count(details.get("samples_processed"))
        limit = read_count(read_mapping(read_mapping(job.get("config")).get("params")).get("limit_samples"))
        percentage = 100 * processed / limit if processed is not None and limit else None
    return None if percentage is None else min(max(percentage / 100, 0.0), 1.0)


def _path(job_id: str) -> str:
    return f"{JOBS}/{path_segment(job_id)}"
