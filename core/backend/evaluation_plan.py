"""From an evaluation's configuration and target to the order for its process: everything is checked before it starts.

Offered are configurations of type `custom` with `chat-completion` tasks, and `similarity_metrics` whose rows hold
`prompt` and `ideal_response`; the target is a model of the NIM proxy.
"""

from collections.abc import Mapping
from typing import Any

from core.backend.context import Context
from core.backend.dataset_files import resolve_dataset
from core.backend.errors import InvalidError
from core.backend.evaluation_bodies import ConfigBody, MetricBody, ParametersBody, TargetBody, TaskBody
from core.backend.metrics import SCORE_NAMES, find_metric_problem
from core.backend.state import Document
from core.backend.templates import check_template, find_templates

TASK_TYPES: Mapping[str, str] = {"custom": "chat-completion", "similarity_metrics": "default"}
SIMILARITY_MESSAGES = [{"role": "user", "content": "{{ item.prompt }}"}]
SIMILARITY_REFERENCE = "{{ item.ideal_response }}"
DECODING = ("max_tokens", "temperature", "top_p", "stop")

Location = tuple[str | int, ...]


def plan_tasks(context: Context, config: ConfigBody) -> list[Document]:
    """Return the tasks as the work reads them. Raises `InvalidError` naming the field below `config` that is wrong."""
    location: Location = ("body", "config")
    if config.type not in TASK_TYPES:
        message = f"the local backend has no evaluation of type {config.type!r}; it has {', '.join(TASK_TYPES)}"
        raise InvalidError.at(*location, "type", message=message)
    if not config.tasks:
        raise InvalidError.at(*location, "tasks", message="an evaluation needs at least one task")
    parameters = config.params or ParametersBody()
    return [
        _plan_task(context, name, task, config_type=config.type, parameters=parameters)
        for name, task in config.tasks.items()
    ]


def model_of(target: TargetBody) -> str:
    """Return the id of the model that a target means. Raises `InvalidError` below `target`."""
    if target.type != "model":
        message = f"the local backend evaluates targets of type 'model', not {target.type!r}"
        raise InvalidError.at("body", "target", "type", message=message)
    model = target.model
    if isinstance(model, Mapping):
        endpoint = model.get("api_endpoint")
        model = endpoint.get("model_id") if isinstance(endpoint, Mapping) else None
    if not isinstance(model, str) or not model:
        message = "expected the model's id, or an object with `api_endpoint.model_id`"
        raise InvalidError.at("body", "target", "model", message=message)
    return model


def _plan_task(
    context: Context, name: str, task: TaskBody, *, config_type: str, parameters: ParametersBody
) -> Document:
    location: Location = ("body", "config", "tasks", name)
    if task.type != TASK_TYPES[config_type]:
        message = f"the local backend has no task of type {task.type!r} in {config_type!r} evaluations"
        raise InvalidError.at(*location, "type", message=f"{message}; it has {TASK_TYPES[config_type]!r}")
    if task.dataset is None:
        raise InvalidError.at(*location, "dataset", message="the task names no dataset")
    if not task.metrics:
        raise InvalidError.at(*location, "metrics", message="the task has no metric")
    dataset = resolve_dataset(context, task.dataset, location=(*location, "dataset"))
    is_custom = config_type == "custom"
    template = _read_template(task, location) if is_custom else {"messages": SIMILARITY_MESSAGES}
    return {
        "name": name,
        "template": template,
        "params": {key: value for key in DECODING if (value := getattr(parameters, key)) is not None},
        "metrics": [_plan_metric(key, metric, location, is_custom=is_custom) for key, metric in task.metrics.items()],
        "has_stats": is_custom,  # the contract: similarity metrics carry none
        "files": [(file.path, str(file.location)) for file in dataset.files],
        "limit": min(filter(None, (dataset.limit, parameters.limit_samples)), default=None),
    }


def _read_template(task: TaskBody, location: Location) -> Document:
    template: Any = task.params.get("template")
    where = (*location, "params", "template")
    if not isinstance(template, Mapping) or "messages" not in template:
        raise InvalidError.at(*where, message="expected an object with `messages`")
    _check_templates(template, where)
    return dict(template)


def _plan_metric(name: str, metric: MetricBody, location: Location, *, is_custom: bool) -> Document:
    where = (*location, "metrics", name)
    parameters = metric.params if is_custom else {"ground_truth": SIMILARITY_REFERENCE} | metric.params
    problem = find_metric_problem(metric.type, parameters)
    if problem:
        raise InvalidError.at(*where, message=problem)
    _check_templates(parameters, (*where, "params"))
    return {"name": name, "type": metric.type, "params": parameters, "scores": SCORE_NAMES[metric.type]}


def _check_templates(source: Mapping[str, object], location: Location) -> None:
    for text in find_templates(source):
        if problem := check_template(text):
            raise InvalidError.at(*location, message=problem)
