"""Deployments: which students answer on the NIM proxy.

A deployment is pending for a moment and then ready, which is read off its age, so that a restart changes nothing about
it. Only students of this backend can be deployed; images and GPUs are accepted and kept, and mean nothing here.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from core.backend.answers import NIM_PREFIX, Body, check_body
from core.backend.context import Context
from core.backend.entities import EntityBody, EntityCalls, EntityKind, EntityName, name_near_miss
from core.backend.errors import InvalidError, TakenError
from core.backend.identity import read_time
from core.backend.lists import ListRules
from core.backend.state import Document
from core.backend.student_names import require_student

DEPLOYMENT = "model deployment"
CONFIG = "deployment config"
READY = "ready"


class NimBody(Body):
    """How a NIM would be started; kept and echoed."""

    image_name: str = "local-backend"
    image_tag: str = "none"
    gpu: Annotated[int, Field(ge=0)] = 0
    pvc_size: str | None = None
    additional_envs: dict[str, str] | None = None
    disable_lora_support: bool = False
    namespace: str | None = None


class ConfigBody(EntityBody):
    """`POST /v1/deployment/configs`, and the inline `config` of a deployment."""

    model: str | dict[str, Any] | None = None
    nim_deployment: NimBody | None = None
    external_endpoint: dict[str, Any] | None = None


class DeploymentBody(EntityBody):
    """`POST /v1/deployment/model-deployments`."""

    name: EntityName
    config: str | dict[str, Any]
    async_enabled: bool = False
    hf_token: str | None = None
    models: list[str] | None = None


CONFIGS = EntityKind(
    title=CONFIG, path="/v1/deployment/configs", id_prefix="deployment-config", body=ConfigBody, rules=ListRules()
)
DEPLOYMENTS = EntityKind(
    title=DEPLOYMENT,
    path="/v1/deployment/model-deployments",
    id_prefix="model-deployment",
    body=DeploymentBody,
    rules=ListRules(
        readings={
            "config.model": lambda deployment: deployment["models"][0],
            "model": lambda deployment: deployment["models"][0],
        }
    ),
)


class DeploymentCalls(EntityCalls):
    """The calls on deployments."""

    def add(self, body: EntityBody) -> Document:
        """Store a deployment and prepare for its jobs. 409 when the name is taken."""
        assert isinstance(body, DeploymentBody)
        if self._state.find(DEPLOYMENT, body.namespace, body.name) is not None:
            raise TakenError(f"model deployment already exists: '{body.namespace}/{body.name}'")
        deployed = super().add(body)
        self._context.jobs.warm_up()
        return deployed

    def complete(self, document: Document) -> Document:
        """Return the deployment with the model it serves."""
        config, model = self._resolve_config(document["config"])
        shown = {key: value for key, value in document.items() if key != "hf_token"}
        return shown | {"config": config, "models": [model], "schema_version": "1.0"}

    def show(self, document: Document) -> Document:
        """Return the deployment with its present state."""
        ready = is_ready(document, self._context)
        status, description = (READY, "Model deployment is ready") if ready else ("pending", "Model deployment created")
        return document | {
            "deployed": ready,
            "url": NIM_PREFIX if ready else "",
            "status_details": {"status": status, "description": description},
        }

    def _resolve_config(self, config: str | Document) -> tuple[str | Document, str]:
        """Return the configuration as it is shown, and its model."""
        if isinstance(config, str):
            namespace, _, name = config.partition("/")
            known = self._state.find(CONFIG, namespace, name)
            if known is None:
                message = f"no {CONFIG} {config!r}{name_near_miss(self._state, CONFIG, config)}"
                raise InvalidError.at("body", "config", message=message)
            return config, _student_of(check_body(ConfigBody, known, location=("body", "config")))
        checked = check_body(ConfigBody, config, location=("body", "config"))
        model = _student_of(checked)
        if checked.nim_deployment is None:
            return config, model
        return config | {"nim_deployment": checked.nim_deployment.model_dump(exclude_none=True)}, model


def is_ready(deployment: Document, context: Context) -> bool:
    """Tell whether the deployment answers now."""
    return context.clock() - read_time(deployment["created_at"]) >= timedelta(seconds=context.deploy_s)


def find_ready_students(context: Context) -> frozenset[str]:
    """Return the students that have a ready deployment."""
    deployments = context.state.documents(DEPLOYMENT)
    return frozenset(deployment["models"][0] for deployment in deployments if is_ready(deployment, context))


def deployment_routers(context: Context) -> list[APIRouter]:
    """Return the routes of this service."""
    return [EntityCalls(context, CONFIGS).router(), DeploymentCalls(context, DEPLOYMENTS).router()]


def _student_of(config: ConfigBody) -> str:
    if config.external_endpoint is not None:
        message = "external endpoints are not offered by the local backend; give `model` and `nim_deployment`"
        raise InvalidError.at("body", "config", "external_endpoint", message=message)
    return require_student(config.model, location=("body", "config", "model"))
