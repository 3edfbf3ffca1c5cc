"""The steps that work on the services outside: upload, deploy, customize, evaluate, undeploy.

Each is re-entrant: it stores what it created and, entered again, attaches to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from core.artifacts import open_artifact
from core.evaluation import Candidate, store_evaluation
from core.nemo import (
    CustomizationSpec,
    CustomizationStatus,
    DatasetReference,
    DeploymentSpec,
    EvaluationKind,
    EvaluationSpec,
    EvaluationStatus,
    Hyperparameters,
    JobState,
    RemoteSample,
    ResourceMissing,
)
from core.runs.attachment import ensure_created
from core.runs.errors import StepFailed
from core.runs.evaluation_result import build_result, without_examples
from core.runs.execution import Execution
from core.runs.leases import RunEvent
from core.runs.plan import Variant
from core.runs.prepared import Prepared, load_prepared, load_requests
from core.runs.slots import free_idle_slots, note_removed, take_slots
from core.runs.stepping import StepResult, next_stall, note_answer, overdue
from core.runs.tables import StepKind, StepRow

CLOCK_SKEW = timedelta(seconds=60)
"""How much the service's clock may lag behind ours when a job's creation is compared with our intent."""
LOG_LINES = 200
LOSS_POINTS = 2000


def upload(execution: Execution, step: StepRow) -> StepResult:
    """Put the run's datasets into the data store; repeating it overwrites the same files."""
    prepared = load_prepared(execution)
    references = []
    for dataset in prepared.datasets:
        with execution.around.database.read() as session:
            files = {path: open_artifact(session, sha256) for path, sha256 in dataset.files.items()}
        reference = execution.call(
            lambda name=dataset.name, files=files: execution.around.operations.put_dataset(  # type: ignore[misc]
                name, files, run_id=execution.run_id
            )
        )
        references.append(
            {
                "kind": dataset.kind,
                "namespace": reference.namespace,
                "name": reference.name,
                "url": reference.url,
                "records": dataset.records,
                "students": list(dataset.students),
            }
        )
    note_answer(execution, step)
    return StepResult(output={"datasets": references})


def deploy(execution: Execution, step: StepRow) -> StepResult:
    """Deploy the student and wait until the NIM proxy answers for it."""
    operations = execution.around.operations
    student = execution.around.settings.find_student(str(step.student))
    spec = DeploymentSpec(
        name=step.idempotency_key,
        model=student.name,
        gpus=student.gpus,
        run_id=execution.run_id,
        image_name=student.image_name,
        image_tag=student.image_tag,
        pvc_size=student.pvc_size,
    )

    def create() -> str:
        operations.create_deployment(spec)
        return spec.name

    def find() -> str | None:
        return spec.name if operations.find_deployment(spec.name) else None

    if step.intent_at is None:
        existing = _find_existing(execution, student.name)
        if existing is not None:
            return StepResult(output={"deployment": existing, "is_ours": False})
        _wait_for_slots(execution, step, student.gpus)
    ensure_created(execution, step, find=find, create=create)
    while True:
        deployment = execution.call(lambda: operations.find_deployment(spec.name))
        note_answer(execution, step)
        if deployment is None:
            raise StepFailed(f"deployment {spec.name} vanished before it was ready; somebody may have deleted it")
        if deployment.state in (JobState.FAILED, JobState.CANCELLED):
            reason = deployment.detail or "no detail given"
            raise StepFailed(f"the service could not deploy {student.name} ({deployment.state}): {reason}")
        _note_progress(execution, step, state=str(deployment.state), detail=deployment.detail)
        if deployment.state is JobState.COMPLETED and student.name in execution.call(operations.list_models):
            return StepResult(output={"deployment": spec.name, "is_ours": True})
        _wait(execution, step)


def _find_existing(execution: Execution, model: str) -> str | None:
    """Return somebody else's deployment that already answers for the student; it is used and never removed."""
    operations = execution.around.operations
    for deployment in execution.call(operations.list_deployments):
        is_others = deployment.run_id is None and deployment.model == model
        if is_others and deployment.state is JobState.COMPLETED and model in execution.call(operations.list_models):
            return deployment.name
    return None


def _wait_for_slots(execution: Execution, step: StepRow, count: int) -> None:
    while not take_slots(execution, step, count):
        _note_progress(execution, step, state="waiting", detail=f"waits for {count} free slots")
        execution.sleep(execution.around.settings.nemo.poll_s)


def customize(execution: Execution, step: StepRow) -> StepResult:
    """Fine-tune the student and wait until its adapter can be asked."""
    operations = execution.around.operations
    spec = _customization_spec(execution, step)
    find, cancel = find_remote_job(execution, step)
    job_id = ensure_created(execution, step, find=find, create=lambda: operations.create_customization(spec))
    while True:
        try:
            job = execution.call(lambda: operations.get_customization(job_id))
        except ResourceMissing as error:
            raise StepFailed(f"customization job {job_id} vanished from the service; its state may be lost") from error
        note_answer(execution, step)
        _note_progress(execution, step, **_training_details(job), progress=job.progress)
        if job.state is JobState.COMPLETED:
            break
        if job.state.is_final:
            raise StepFailed(f"customization job {job_id} {job.state}: {job.detail or 'no detail given'}")
        _wait(execution, step, cancel=lambda: cancel(job_id))
    model = job.output_model
    if model is None:
        raise StepFailed(f"customization job {job_id} completed without naming its model")
    while model not in execution.call(operations.list_models):
        _wait(execution, step)
    return StepResult(output={"model": model, "job": job_id})


def evaluate(execution: Execution, step: StepRow) -> StepResult:
    """Evaluate one variant, then store every sample, our numbers and the service's own."""
    operations = execution.around.operations
    prepared = load_prepared(execution)
    candidate = Candidate(student=str(step.student), variant=str(step.variant))
    spec = _evaluation_spec(execution, step, prepared)
    find, cancel = find_remote_job(execution, step)
    job_id = ensure_created(execution, step, find=find, create=lambda: operations.create_evaluation(spec))
    while True:
        try:
            job = execution.call(lambda: operations.get_evaluation(job_id))
        except ResourceMissing as error:
            raise StepFailed(f"evaluation job {job_id} vanished from the service; its state may be lost") from error
        note_answer(execution, step)
        _note_progress(execution, step, state=str(job.state), progress=job.progress)
        if job.state is JobState.COMPLETED:
            break
        if job.state.is_final:
            raise StepFailed(f"evaluation job {job_id} {job.state}: {job.detail or 'no detail given'}")
        _wait(execution, step, cancel=lambda: cancel(job_id))
    scores = execution.call(lambda: operations.evaluation_scores(job_id))
    outputs: Sequence[RemoteSample] = execution.call(lambda: list(operations.evaluation_samples(job_id)))
    if candidate.variant == Variant.ICL:
        sent = load_requests(execution, prepared.find_judged(candidate.student, candidate.variant))
        outputs = without_examples(outputs, sent=sent, expected=prepared.expected)
    result = build_result(execution, prepared, candidate, spec=spec, outputs=outputs)

    def store(session: Session) -> None:
        store_evaluation(
            session,
            execution.run_id,
            result,
            model=spec.model,
            remote_id=job_id,
            service_scores=scores,
            decoding=asdict(spec.decoding),
            finished_at=execution.now(),
        )

    return StepResult(output={"model": spec.model, "job": job_id}, store=store)


def undeploy(execution: Execution, step: StepRow) -> StepResult:
    """Take the student's deployment down and wait until it is gone; only what this run created is touched."""
    operations = execution.around.operations
    deployed = execution.get_step(f"deploy:{step.student}")
    if deployed.intent_at is None or deployed.released:
        return StepResult(store=lambda session: free_idle_slots(session, execution.run_id))
    name = deployed.idempotency_key
    execution.call(lambda: operations.delete_deployment(name))
    while execution.call(lambda: operations.find_deployment(name)) is not None:
        _wait(execution, step)
    note_answer(execution, step)
    note_removed(execution, deployed.key, deployment=name)
    return StepResult(output={"deployment": name})


def find_remote_job(execution: Execution, step: StepRow) -> tuple[Callable[[], str | None], Callable[[str], None]]:
    """Return how to look up a step's job by its mark (cancelling doubles, the oldest stays) and how to cancel a job."""
    operations = execution.around.operations
    since = (step.intent_at or execution.now()) - CLOCK_SKEW
    if step.kind == StepKind.CUSTOMIZE:
        training = _customization_spec(execution, step)
        cancel = operations.cancel_customization
        return lambda: _keep_oldest(operations.find_customizations(training, since=since), cancel), cancel
    judged = _evaluation_spec(execution, step, load_prepared(execution))
    cancel = operations.cancel_evaluation
    return lambda: _keep_oldest(operations.find_evaluations(judged, since=since), cancel), cancel


def _customization_spec(execution: Execution, step: StepRow) -> CustomizationSpec:
    student = execution.around.settings.find_student(str(step.student))
    prepared = load_prepared(execution)
    training = prepared.request.training[student.name]
    return CustomizationSpec(
        key=step.idempotency_key,
        run_id=execution.run_id,
        model=student.name,
        target=student.target,
        dataset=_uploaded(execution, _training_name(prepared)),
        output_model=f"{execution.around.settings.nemo.namespace}/{step.idempotency_key}",
        gpus=student.gpus,
        max_seq_length=student.max_seq_length or student.context_length,
        hyperparameters=Hyperparameters(
            epochs=int(training["epochs"]),
            batch_size=int(training["batch_size"]),
            learning_rate=float(training["learning_rate"]),
            adapter_dim=int(training["adapter_dim"]),
            adapter_dropout=float(training["adapter_dropout"]),
            seed=prepared.request.seed,
        ),
    )


def _evaluation_spec(execution: Execution, step: StepRow, prepared: Prepared) -> EvaluationSpec:
    model = str(step.student)
    judged = prepared.find_judged(model, str(step.variant))
    if step.variant == "customized":
        model = str(execution.get_step(f"customize:{step.student}").output["model"])
    return EvaluationSpec(
        key=step.idempotency_key,
        run_id=execution.run_id,
        model=model,
        dataset=_uploaded(execution, judged.name),
        path=judged.only_file[0],
        kind=EvaluationKind.TOOL_CALLING if prepared.is_tool_calling else EvaluationKind.CLASSIFICATION,
        limit=len(prepared.expected),
    )


def _training_name(prepared: Prepared) -> str:
    return next(dataset.name for dataset in prepared.datasets if dataset.kind == "training")


def _uploaded(execution: Execution, name: str) -> DatasetReference:
    for entry in execution.get_step("upload").output["datasets"]:
        if entry["name"] == name:
            return DatasetReference(namespace=entry["namespace"], name=entry["name"], url=entry["url"])
    raise StepFailed(f"dataset {name} was not uploaded")


def _keep_oldest(
    jobs: Sequence[CustomizationStatus] | Sequence[EvaluationStatus], cancel: Callable[[str], None]
) -> str | None:
    for extra in jobs[1:]:
        if not extra.state.is_final:
            cancel(extra.id)
    return jobs[0].id if jobs else None


def _training_details(job: CustomizationStatus) -> Mapping[str, Any]:
    every = -(-len(job.losses) // LOSS_POINTS) or 1  # a long curve is thinned, not cut
    points = [[point.series, point.step, point.value] for point in job.losses[::every]]
    return {
        "state": str(job.state),
        "detail": job.detail,
        "epochs_completed": job.epochs_completed,
        "steps_completed": job.steps_completed,
        "losses": points,
        "log": list(job.log[-LOG_LINES:]),
    }


def _note_progress(execution: Execution, step: StepRow, *, progress: float | None = None, **details: Any) -> None:
    """Store progress when it changed, so that an idle poll writes nothing."""
    grown = progress is not None and (step.progress is None or progress > step.progress)
    if not grown and details == step.details:
        return
    events: tuple[RunEvent, ...] = ()
    if grown:
        events = (RunEvent(type="step.progress", step=step.key, data={"progress": progress}),)
        step.progress = progress
    step.details, step.stalls_at = details, next_stall(execution)
    execution.update_step(
        step.key, *events, progress=step.progress, details=details, stalls_at=step.stalls_at, attempts=0
    )


def _wait(execution: Execution, step: StepRow, *, cancel: Callable[[], object] | None = None) -> None:
    """Wait one poll; past the deadline, or without any progress for too long, the remote job is cancelled."""
    reason = overdue(step, now=execution.now())
    if reason is not None:
        if cancel is not None:
            execution.call(cancel)
        raise StepFailed(reason)
    execution.sleep(execution.around.settings.nemo.poll_s)
