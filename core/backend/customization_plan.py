"""From the body of a customization job to its record and its order: everything named in it is looked up and checked."""

from dataclasses import asdict, dataclass

from core.backend.context import Context
from core.backend.customization_bodies import UNUSED_HYPERPARAMETERS, JobBody, TrainingOption
from core.backend.customization_configs import resolve_config
from core.backend.customization_job import TrainingPlan
from core.backend.dataset_files import ResolvedDataset, resolve_dataset
from core.backend.entity_store import MODEL, ModelBody
from core.backend.errors import InvalidError, TakenError
from core.backend.repositories import StoredFile
from core.backend.state import Document
from core.backend.student_names import require_student
from core.backend.students import TrainingError, TrainingParameters

TRAINED_HERE = ("sft", "lora")


@dataclass(frozen=True, kw_only=True)
class PlannedJob:
    """A checked job: the record to store and what its process is to do."""

    record: Document
    plan: TrainingPlan


def plan_job(context: Context, job_id: str, body: JobBody) -> PlannedJob:
    """Return the job. Raises `InvalidError` naming the field that is wrong, `TakenError` for a model that exists."""
    config = resolve_config(context.state, body.config)
    option = _choose_option(config, body)
    student = require_student(config["target"]["base_model"], location=("body", "config", "target"))
    dataset = resolve_dataset(context, body.dataset, location=("body", "dataset"))
    training = dataset.below("training")
    if not training:
        message = f"dataset '{dataset.reference}' has no training/*.jsonl file"
        raise InvalidError.at("body", "dataset", message=message)
    parameters = _read_parameters(body)
    output_model = _name_output(context, body, job_id)
    record = _write_record(body, config=config, option=option, student=student, dataset=dataset)
    order = {
        "work": "train",
        "student": student,
        "training": _as_pairs(training),
        "validation": _as_pairs(dataset.below("validation")),
        "hyperparameters": asdict(parameters),
        "adapter": str(context.adapters.location_for(job_id)),
    }
    plan = TrainingPlan(
        order=order,
        epochs=parameters.epochs,
        log_every_n_steps=body.hyperparameters.log_every_n_steps,
        model=_describe_model(output_model, body, student, job_id) if output_model else None,
    )
    return PlannedJob(record=record | {"output_model": output_model}, plan=plan)


def _choose_option(config: Document, body: JobBody) -> Document:
    wanted = (body.hyperparameters.training_type, body.hyperparameters.finetuning_type)
    location = ("body", "hyperparameters", "finetuning_type")
    if wanted != TRAINED_HERE:
        message = f"the local backend trains 'sft' with 'lora', not {wanted[0]!r} with {wanted[1]!r}"
        raise InvalidError.at(*location, message=message)
    for option in config["training_options"]:
        offered = TrainingOption.model_validate(option)
        if offered.kind == wanted:
            return offered.model_dump(mode="json", exclude_none=True)
    raise InvalidError.at(*location, message=f"the configuration does not offer {wanted[0]!r} with {wanted[1]!r}")


def _read_parameters(body: JobBody) -> TrainingParameters:
    given = body.hyperparameters
    try:
        return TrainingParameters(
            epochs=given.epochs,
            batch_size=given.batch_size,
            learning_rate=given.learning_rate,
            adapter_dim=given.lora.adapter_dim,
            adapter_dropout=given.lora.adapter_dropout,
            seed=given.seed,
        )
    except TrainingError as error:
        raise InvalidError.at("body", "hyperparameters", message=str(error)) from error


def _name_output(context: Context, body: JobBody, job_id: str) -> str | None:
    """Return the model's name with its revision: the job's id, unless the client named one."""
    if body.output_model is None:
        return None
    named = body.output_model if "@" in body.output_model else f"{body.output_model}@{job_id}"
    namespace, _, name = named.partition("/")
    if context.state.find(MODEL, namespace, name) is not None:
        raise TakenError(f"{MODEL} '{named}' already exists")
    return named


def _write_record(
    body: JobBody, *, config: Document, option: Document, student: str, dataset: ResolvedDataset
) -> Document:
    set_but_unused = [name for name in UNUSED_HYPERPARAMETERS if getattr(body.hyperparameters, name) is not None]
    warnings = [{"message": f"{name} is not used by the local backend", "explanation": None} for name in set_but_unused]
    return {
        "namespace": body.namespace,
        "description": body.description,
        "project": body.project,
        "custom_fields": body.custom_fields,
        "ownership": body.ownership,
        "config": body.config if isinstance(body.config, str) else config,
        "dataset": dataset.reference,
        "hyperparameters": body.hyperparameters.model_dump(mode="json"),
        "dataset_parameters": body.dataset_parameters,
        "integrations": body.integrations,
        "warnings": warnings or None,
        "config_snapshot": {
            "base_model": student,
            "max_seq_length": config["max_seq_length"],
            "precision": config["training_precision"],
            "prompt_template": config["prompt_template"],
            "training_option": option,
        },
    }


def _describe_model(output_model: str, body: JobBody, student: str, job_id: str) -> Document:
    namespace, _, name = output_model.partition("/")
    lora = {"alpha": body.hyperparameters.lora.alpha or 16, "apply_lora_to_mlp": True, "apply_lora_to_output": True}
    model = ModelBody(
        name=name,
        namespace=namespace,
        description=f"adapter of {student}, made by {job_id}",
        project=body.project,
        custom_fields=body.custom_fields,
        base_model=student,
        artifact={
            "files_url": f"hf://{output_model}",
            "status": "upload_completed",
            "backend_engine": "nemo",
            "gpu_arch": "cpu",
            "precision": "fp32",
            "tensor_parallelism": 1,
        },
        peft={"finetuning_type": "lora", "lora": lora},
    )
    return model.model_dump(mode="json")


def _as_pairs(files: tuple[StoredFile, ...]) -> list[tuple[str, str]]:
    return [(file.path, str(file.location)) for file in files]
