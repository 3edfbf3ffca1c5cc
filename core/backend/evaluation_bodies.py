"""Request bodies of the evaluator. A job may name its configuration and target or bring them along."""

from typing import Annotated, Any, Literal

from pydantic import Field

from core.backend.answers import Body
from core.backend.entities import EntityBody, EntityName


class MetricBody(Body):
    """One metric of a task."""

    type: str
    params: dict[str, Any] = Field(default_factory=dict)


class TaskBody(Body):
    """One task of a configuration."""

    type: str
    params: dict[str, Any] = Field(default_factory=dict)
    dataset: str | dict[str, Any] | None = None
    metrics: dict[str, MetricBody] = Field(default_factory=dict)


class ParametersBody(Body):
    """What applies to a whole evaluation."""

    parallelism: int | None = None
    request_timeout: int | None = None
    max_retries: int | None = None
    limit_samples: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    stop: str | list[str] | None = None
    extra: dict[str, Any] | None = None


class ConfigBody(EntityBody):
    """`POST /v1/evaluation/configs`, and the inline `config` of a job."""

    type: str
    params: ParametersBody | None = None
    tasks: dict[str, TaskBody] | None = None
    groups: dict[str, Any] | None = None


class TargetBody(EntityBody):
    """`POST /v1/evaluation/targets`, and the inline `target` of a job."""

    type: Literal["model", "cached_outputs", "retriever", "rag", "rows", "dataset"]
    model: str | dict[str, Any] | None = None
    cached_outputs: dict[str, Any] | None = None
    dataset: str | dict[str, Any] | None = None
    retriever: dict[str, Any] | None = None
    rag: dict[str, Any] | None = None
    rows: list[dict[str, Any]] | None = None


class JobBody(Body):
    """`POST /v1/evaluation/jobs`."""

    config: str | dict[str, Any]
    target: str | dict[str, Any]
    namespace: EntityName = "default"
    description: str | None = None
    project: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    ownership: dict[str, Any] | None = None
    output_files_url: str | None = None
