"""Deployments: students put behind the NIM proxy and taken away again (blueprint section 1.4, contract 1.6, 1.7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from core.nemo.errors import RequestRefused, ResourceMissing
from core.nemo.messages import json_body
from core.nemo.operations import Deployment, DeploymentSpec, JobState
from core.nemo.transport import Transport
from core.nemo.v1.fields import (
    RUN_MARK,
    describe_unknown,
    path_segment,
    read_list,
    read_mapping,
    read_mark,
    read_name,
    read_state,
    read_text,
)

PATH = "/v1/deployment/model-deployments"
PAGE_SIZE = 100
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123: the service names its Kubernetes objects after the deployment."""


@dataclass(frozen=True, kw_only=True)
class Deployments:
    """The deployments of one namespace and the models that answer."""

    services: Transport
    nim: Transport
    namespace: str
    project: str

    def create(self, spec: DeploymentSpec) -> None:
        """Ask once for a deployment."""
        self.services.create(PATH, json_body(deployment_body(spec, namespace=self.namespace, project=self.project)))

    def find(self, name: str) -> Deployment | None:
        """Return the deployment of this name, or None."""
        try:
            return read_deployment(name, self.services.read(self._path(name)).document())
        except ResourceMissing:
            return None

    def list(self) -> Sequence[Deployment]:
        """Return all deployments of the namespace; a service without any sends null or an empty list."""
        found: dict[str, Deployment] = {}
        for page in count(1):
            reply = self.services.read(PATH, query={"page": page, "page_size": PAGE_SIZE}).document()
            documents = [read_mapping(each) for each in read_list(reply.get("data"))]
            named = {read_text(document.get("name")) or "": document for document in documents}
            fresh = {name: document for name, document in named.items() if name and name not in found}
            if not fresh:  # past the end, or a server that ignores `page`
                break
            own = {name: each for name, each in fresh.items() if each.get("namespace") in (self.namespace, None)}
            found |= {name: read_deployment(name, document) for name, document in own.items()}
        return list(found.values())

    def delete(self, name: str) -> None:
        """Remove a deployment. Its pods go later: it is gone when it is no longer found."""
        try:
            self.services.send("DELETE", self._path(name))
        except ResourceMissing:
            return

    def list_models(self) -> frozenset[str]:
        """Return the ids that answer."""
        models = read_list(self.nim.read("/v1/models").document().get("data"))
        return frozenset(name for model in models if (name := read_text(read_mapping(model).get("id"))))

    def _path(self, name: str) -> str:
        return f"{PATH}/{path_segment(self.namespace)}/{path_segment(name)}"


def deployment_body(spec: DeploymentSpec, *, namespace: str, project: str) -> Mapping[str, object]:
    """Return the body of the create. Without an image the service chooses how to serve the model."""
    if not DNS_LABEL.fullmatch(spec.name):
        raise RequestRefused(
            f"the deployment name {spec.name!r} is no DNS label: at most 63 lower-case letters, digits and hyphens"
        )
    config: dict[str, object] = {"model": spec.model}
    if spec.image_name is not None:
        if spec.image_tag is None:
            raise RequestRefused(f"student {spec.model!r} has an image_name but no image_tag; set it in the settings")
        nim: dict[str, object] = {"image_name": spec.image_name, "image_tag": spec.image_tag, "gpu": spec.gpus}
        nim |= {"pvc_size": spec.pvc_size} if spec.pvc_size else {}
        nim |= {"additional_envs": dict(spec.additional_envs)} if spec.additional_envs else {}
        config["nim_deployment"] = nim
    return {
        "name": spec.name,
        "namespace": namespace,
        "project": project,
        "config": config,
        "custom_fields": {RUN_MARK: spec.run_id},
    }


def read_deployment(name: str, document: Mapping[str, object]) -> Deployment:
    """Return what the service says about a deployment."""
    details = read_mapping(document.get("status_details"))
    status = details.get("status")
    unknown = describe_unknown(status)
    is_deployed = document.get("deployed") is True and unknown is not None
    model = read_name(read_mapping(document.get("config")).get("model"))
    answering = (read_text(model) for model in read_list(document.get("models")))
    return Deployment(
        name=name,
        model=model or next((answer for answer in answering if answer), ""),
        state=JobState.COMPLETED if is_deployed else read_state(status),
        detail=read_text(details.get("description")) or (None if is_deployed else unknown),
        run_id=read_mark(document, RUN_MARK),
    )
