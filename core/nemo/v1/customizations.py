"""Customizations: a configuration made or reused, a fine-tuning job, its losses and its end (blueprint section 1.6).

A configuration's name holds a hash of its contents, so that other settings get another configuration and an existing
one of the same name is the same. Jobs carry our key; on builds that drop it the output model tells whose job it is.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.nemo.errors import RequestRefused, ResourceExists, ResourceMissing, ServiceUnavailable
from core.nemo.messages import json_body
from core.nemo.operations import CustomizationSpec, CustomizationStatus, JobKind, MarkedJob
from core.nemo.transport import Transport
from core.nemo.v1.customization_status import read_customization
from core.nemo.v1.fields import (
    KEY_MARK,
    RUN_MARK,
    path_segment,
    read_created_id,
    read_list,
    read_mapping,
    read_mark,
    read_name,
    read_text,
)
from core.nemo.v1.listing import list_jobs

CONFIGS = "/v1/customization/configs"
JOBS = "/v1/customization/jobs"
CONFIG_VERSION = "v1.0.0+fw"


@dataclass(frozen=True, kw_only=True)
class Customizations:
    """The fine-tuning jobs of one namespace."""

    services: Transport
    namespace: str
    project: str

    def create(self, spec: CustomizationSpec) -> str:
        """Make or reuse the configuration, send the job once, return its id."""
        try:
            config = self._ensure_config(spec)
        except ServiceUnavailable as error:
            error.ambiguous = False  # whatever became of the configuration, no job was sent
            raise
        body = job_body(spec, config=config, namespace=self.namespace, project=self.project)
        return read_created_id(self.services.create(JOBS, json_body(body)))

    def find(self, spec: CustomizationSpec, *, since: datetime) -> Sequence[CustomizationStatus]:
        """Return the jobs of this spec, oldest first."""
        jobs = [job for job in list_jobs(self.services, JOBS, since=since) if _is_of(job, spec)]
        return [read_customization(job, {}) for job in reversed(jobs)]

    def list_marked(self, *, since: datetime) -> Sequence[MarkedJob]:
        """Return the jobs of ours; without custom fields the output model, named after the key, tells whose it is."""
        prefix = f"{self.namespace}/"
        found = []
        for job in list_jobs(self.services, JOBS, since=since):
            output_model = (read_text(job.get("output_model")) or "").partition("@")[0]
            key = read_mark(job, KEY_MARK) or output_model.removeprefix(prefix)
            status = read_customization(job, {})
            if key:
                found.append(MarkedJob(kind=JobKind.CUSTOMIZATION, id=status.id, key=key, state=status.state))
        return found

    def get(self, job_id: str) -> CustomizationStatus:
        """Return the job's state: the status tells losses and progress, the job its output model and epochs."""
        path = f"{JOBS}/{path_segment(job_id)}"
        status = self.services.read(f"{path}/status").document()
        return read_customization({"id": job_id, **self.services.read(path).document()}, status)

    def cancel(self, job_id: str) -> None:
        """Ask the job to stop. What a service answers for a job that has ended is not documented: look."""
        try:
            self.services.send("POST", f"{JOBS}/{path_segment(job_id)}/cancel")
        except ResourceMissing:
            return
        except RequestRefused:
            if not self.get(job_id).state.is_final:
                raise

    def delete_model(self, model: str) -> None:
        """Remove `namespace/name@revision` from the entity store."""
        namespace, _, name = model.partition("/")
        try:
            self.services.send("DELETE", f"/v1/models/{path_segment(namespace)}/{path_segment(name)}")
        except ResourceMissing:
            return

    def _ensure_config(self, spec: CustomizationSpec) -> str:
        """Return `namespace/name@version` of a configuration with exactly the contents that the spec needs."""
        contents = config_contents(spec)
        name = config_name(spec.model, contents)
        try:
            self.services.send("POST", CONFIGS, body=json_body({"name": name, "namespace": self.namespace, **contents}))
        except ResourceExists:
            path = f"{CONFIGS}/{path_segment(self.namespace)}/{path_segment(name)}"
            differences = compare_config(self.services.read(path).document(), contents)
            if differences:
                raise RequestRefused(
                    f"customization configuration {self.namespace}/{name} exists with other contents:"
                    f" {'; '.join(differences)}; remove it, then try again"
                ) from None
        return f"{self.namespace}/{name}"


def config_contents(spec: CustomizationSpec) -> Mapping[str, object]:
    """Return what a configuration says beside its name: LoRA, supervised, the weights split over the student's GPUs."""
    option: Mapping[str, object] = {
        "training_type": "sft",
        "finetuning_type": "lora",
        "num_gpus": spec.gpus,
        "num_nodes": 1,
        "tensor_parallel_size": max(spec.gpus, 1),
        "data_parallel_size": 1,
        "use_sequence_parallel": False,
        "micro_batch_size": 1,
    }
    return {
        "target": spec.target,
        "training_options": [option],
        "training_precision": "bf16-mixed",
        "max_seq_length": spec.max_seq_length,
    }


def config_name(model: str, contents: Mapping[str, object]) -> str:
    """Return `model@v1.0.0+fw<hash>`; the same contents give the same name, others another."""
    digest = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()[:12]
    return f"{model.rpartition('/')[2]}@{CONFIG_VERSION}{digest}"


def compare_config(existing: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    """Return what an existing configuration says differently, empty when it can be reused.

    Fields that the service added or left out are no difference; the target may come back as a whole object.
    """
    found = {**existing, "target": read_name(existing.get("target"))}
    differences = [
        f"{field} is {found[field]!r}, wanted {wanted[field]!r}"
        for field in ("target", "max_seq_length", "training_precision")
        if found.get(field) is not None and found[field] != wanted[field]
    ]
    options = [read_mapping(option) for option in read_list(existing.get("training_options"))]
    option = read_mapping(read_list(wanted["training_options"])[0])
    if options and not any(_offers(offered, option) for offered in options):
        differences.append(f"no training option is {dict(option)}")
    return differences


def job_body(spec: CustomizationSpec, *, config: str, namespace: str, project: str) -> Mapping[str, object]:
    """Return the body of the create.

    Sequence packing, which the blueprint turns on, is left out: the documentation calls it experimental.
    """
    wanted = spec.hyperparameters
    return {
        "name": spec.key,
        "namespace": namespace,
        "project": project,
        "output_model": spec.output_model,
        "config": config,
        "dataset": {"name": spec.dataset.name, "namespace": spec.dataset.namespace},
        "hyperparameters": {
            "training_type": "sft",
            "finetuning_type": "lora",
            "epochs": wanted.epochs,
            "batch_size": wanted.batch_size,
            "learning_rate": wanted.learning_rate,
            "seed": wanted.seed,
            "lora": {"adapter_dim": wanted.adapter_dim, "adapter_dropout": wanted.adapter_dropout},
        },
        "custom_fields": {RUN_MARK: spec.run_id, KEY_MARK: spec.key},
    }


def _offers(offered: Mapping[str, object], option: Mapping[str, object]) -> bool:
    return all(offered.get(name) in (value, None) for name, value in option.items())


def _is_of(job: Mapping[str, object], spec: CustomizationSpec) -> bool:
    key = read_mark(job, KEY_MARK)
    if key is not None:
        return key == spec.key
    # The service appends the revision: `namespace/name@cust-...`.
    output_model = read_text(job.get("output_model")) or ""
    return output_model == spec.output_model or output_model.startswith(f"{spec.output_model}@")
