"""Every request body against the blueprint's examples and against the types of the official SDK."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from nemo_microservices.types import dataset_create_params, dataset_update_params, namespace_create_params
from nemo_microservices.types.customization import config_create_params as customization_configs
from nemo_microservices.types.customization import job_create_params as customization_jobs
from nemo_microservices.types.deployment import model_deployment_create_params
from nemo_microservices.types.evaluation import job_create_params as evaluation_jobs
from pydantic import ValidationError

from core.nemo import Decoding, RequestRefused
from core.nemo.v1.customizations import config_contents, config_name
from core.nemo.v1.customizations import job_body as customization_body
from core.nemo.v1.deployments import deployment_body
from core.nemo.v1.evaluations import job_body as evaluation_body
from tests.nemo.scripted import ScriptedService, open_adapter, reply
from tests.nemo.sdk_types import check_body
from tests.nemo.specs import CLASSIFICATION, CUSTOMIZATION, DEPLOYMENT, TOOL_CALLING

WHERE: dict[str, Any] = {"namespace": "mdfd", "project": "flywheel"}


def without(body: Mapping[str, object], *keys: str) -> dict[str, object]:
    return {key: value for key, value in body.items() if key not in keys}


def test_a_deployment_is_the_blueprints_with_our_mark() -> None:
    body = deployment_body(DEPLOYMENT, **WHERE)
    assert body == {
        "name": "fw-1-deploy-llama",
        "namespace": "mdfd",
        "project": "flywheel",
        "config": {
            "model": "meta/llama-3.2-1b-instruct",
            "nim_deployment": {
                "image_name": "nvcr.io/nim/meta/llama-3.2-1b-instruct",
                "image_tag": "1.8.3",
                "pvc_size": "25Gi",
                "gpu": 1,
                "additional_envs": {"NIM_GUIDED_DECODING_BACKEND": "outlines"},
            },
        },
        "custom_fields": {"flywheel_run": "run1"},
    }


def test_a_deployment_without_an_image_leaves_the_choice_to_the_service() -> None:
    spec = replace(DEPLOYMENT, image_name=None, image_tag=None, pvc_size=None, additional_envs={}, gpus=0)
    assert deployment_body(spec, **WHERE)["config"] == {"model": "meta/llama-3.2-1b-instruct"}


@pytest.mark.parametrize("name", ["Meta/llama", "", "-a", "a-", "a.b", "x" * 64, "a\n"])
def test_a_deployment_name_that_is_no_dns_label_is_not_sent(name: str) -> None:
    with pytest.raises(RequestRefused, match="DNS label"):
        deployment_body(replace(DEPLOYMENT, name=name), **WHERE)


def test_an_image_without_a_tag_is_not_sent() -> None:
    with pytest.raises(RequestRefused, match="image_tag"):
        deployment_body(replace(DEPLOYMENT, image_tag=None), **WHERE)


def test_a_customization_configuration_is_the_blueprints() -> None:
    assert config_contents(CUSTOMIZATION) == {
        "target": "meta/llama-3.2-1b-instruct@2.0",
        "training_options": [
            {
                "training_type": "sft",
                "finetuning_type": "lora",
                "num_gpus": 1,
                "num_nodes": 1,
                "tensor_parallel_size": 1,
                "data_parallel_size": 1,
                "use_sequence_parallel": False,
                "micro_batch_size": 1,
            }
        ],
        "training_precision": "bf16-mixed",
        "max_seq_length": 8192,
    }


def test_a_customization_job_is_the_blueprints_without_sequence_packing() -> None:
    body = customization_body(CUSTOMIZATION, config="mdfd/llama-3.2-1b-instruct@v1.0.0+dfw", **WHERE)
    assert without(body, "name", "namespace", "project", "custom_fields") == {
        "output_model": "mdfd/customized-meta-llama-3.2-1b-instruct",
        "config": "mdfd/llama-3.2-1b-instruct@v1.0.0+dfw",
        "dataset": {"name": "flywheel-train-news-1", "namespace": "mdfd"},
        "hyperparameters": {
            "training_type": "sft",
            "finetuning_type": "lora",
            "epochs": 1,
            "batch_size": 64,
            "learning_rate": 0.0001,
            "seed": 42,
            "lora": {"adapter_dim": 16, "adapter_dropout": 0.1},
        },
    }
    assert body["name"] == "fw-run1-customize-llama"
    assert body["custom_fields"] == {"flywheel_run": "run1", "flywheel_key": "fw-run1-customize-llama"}


def test_other_settings_make_another_configuration_and_the_same_make_the_same() -> None:
    def name(**changes: Any) -> str:
        spec = replace(CUSTOMIZATION, **changes)
        return config_name(spec.model, config_contents(spec))

    same = name(key="other", run_id="run2", output_model="mdfd/other")
    others = {name(gpus=2), name(max_seq_length=4096), name(target="nvidia/llama-3.2-1b-instruct@2.0")}
    assert same == name()
    assert len(others - {name()}) == 3
    assert name().startswith("llama-3.2-1b-instruct@v1.0.0+fw")


def test_a_classification_is_the_blueprints_with_decoding_and_limit() -> None:
    body = evaluation_body(CLASSIFICATION, **WHERE)
    config = body["config"]
    assert isinstance(config, dict)
    assert config["params"]["limit_samples"] == 100
    assert without(config, "params") == {
        "type": "custom",
        "tasks": {
            "chat-completion": {
                "type": "chat-completion",
                "dataset": {"files_url": "hf://datasets/mdfd/flywheel-eval-news-1/eval_data.jsonl"},
                "params": {
                    "template": {
                        "messages": "{{ item.request.messages | tojson }}",
                        "temperature": 0.0,
                        "max_tokens": 1024,
                    }
                },
                "metrics": {
                    "f1": {
                        "type": "f1",
                        "params": {"ground_truth": "{{ item.response.choices[0].message.content | trim }}"},
                    }
                },
            }
        },
    }
    assert body["target"] == {"type": "model", "model": "meta/llama-3.2-1b-instruct"}
    assert body["custom_fields"] == {"flywheel_run": "run1", "flywheel_key": "fw-run1-evaluate-llama"}


def test_a_tool_evaluation_is_the_blueprints_without_the_judge_that_nobody_configured() -> None:
    config = evaluation_body(replace(TOOL_CALLING, decoding=Decoding(max_tokens=64)), **WHERE)["config"]
    assert isinstance(config, dict)
    assert config["tasks"] == {
        "custom-tool-calling": {
            "type": "chat-completion",
            "dataset": {"files_url": "hf://datasets/mdfd/flywheel-eval-news-1/eval_data.jsonl"},
            "params": {
                "template": {
                    "messages": "{{ item.request.messages | tojson }}",
                    "tools": "{{ item.request.tools | tojson }}",
                    "tool_choice": "required",
                    "temperature": 0.0,
                    "max_tokens": 64,
                }
            },
            "metrics": {
                "tool-calling-accuracy": {
                    "type": "tool-calling",
                    "params": {"tool_calls_ground_truth": "{{ item.response.choices[0].message.tool_calls | tojson }}"},
                }
            },
        }
    }


def registration_bodies() -> dict[str, list[Any]]:
    """What the adapter itself sends when it stores a dataset that is registered already."""
    stored = {"type": "file", "path": "eval_data.jsonl", "size": 3, "oid": "x"}
    dataset = "/v1/hf/api/datasets/mdfd/d"
    service = ScriptedService(
        {
            "POST /v1/namespaces": reply({}),
            "POST /v1/datastore/namespaces": reply({}, 201),
            "POST /v1/hf/api/repos/create": reply({}),
            f"GET {dataset}/tree/main": [reply([]), reply([stored])],
            f"POST {dataset}/preupload/main": reply({"files": []}),
            f"POST {dataset}/commit/main": reply({"commitUrl": ""}),
            "POST /v1/datasets": reply({"detail": "exists"}, 409),
            "PATCH /v1/datasets/mdfd/d": reply({}),
            "GET /v1/datasets/mdfd/d": reply({"files_url": "hf://datasets/mdfd/d"}),
        }
    )
    open_adapter(service).put_dataset("d", {"eval_data.jsonl": b"{}\n"}, run_id="run1")
    return {
        call: service.bodies(call) for call in ("POST /v1/namespaces", "POST /v1/datasets", "PATCH /v1/datasets/mdfd/d")
    }


def test_a_registration_is_the_blueprints_with_our_mark() -> None:
    (created,) = registration_bodies()["POST /v1/datasets"]
    assert without(created, "custom_fields") == {
        "name": "d",
        "namespace": "mdfd",
        "description": "",
        "files_url": "hf://datasets/mdfd/d",
        "project": "flywheel",
    }


BODIES: dict[str, tuple[Any, Any]] = {
    "deployment": (
        model_deployment_create_params.ModelDeploymentCreateParams,
        lambda: deployment_body(DEPLOYMENT, **WHERE),
    ),
    "configuration": (
        customization_configs.ConfigCreateParams,
        lambda: {"name": "x@1", "namespace": "mdfd", **config_contents(CUSTOMIZATION)},
    ),
    "customization": (
        customization_jobs.JobCreateParams,
        lambda: customization_body(CUSTOMIZATION, config="mdfd/x@1", **WHERE),
    ),
    "classification": (evaluation_jobs.JobCreateParams, lambda: evaluation_body(CLASSIFICATION, **WHERE)),
    "tool calling": (evaluation_jobs.JobCreateParams, lambda: evaluation_body(TOOL_CALLING, **WHERE)),
    "namespace": (
        namespace_create_params.NamespaceCreateParams,
        lambda: registration_bodies()["POST /v1/namespaces"][0],
    ),
    "dataset": (dataset_create_params.DatasetCreateParams, lambda: registration_bodies()["POST /v1/datasets"][0]),
    "dataset update": (
        dataset_update_params.DatasetUpdateParams,
        # The SDK's type also holds the namespace, which stands in the path.
        lambda: {"namespace": "mdfd", **registration_bodies()["PATCH /v1/datasets/mdfd/d"][0]},
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_the_official_types_accept_every_body(case: str) -> None:
    request_type, make_body = BODIES[case]
    check_body(request_type, make_body())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"hyperparameters": {"finetuning_type": "qlora"}}, "'lora', 'lora_merged' or 'all_weights'"),
        (
            {"hyperparameters": {"finetuning_type": "lora", "lora": {"adapter_dims": 1}}},
            "Extra inputs are not permitted",
        ),
        ({"datasets": "x"}, "Extra inputs are not permitted"),
        ({"custom_fields": {"flywheel_run": 7}}, "valid string"),
    ],
)
def test_the_check_of_bodies_can_fail(change: dict[str, object], complaint: str) -> None:
    body = customization_body(CUSTOMIZATION, config="mdfd/x@1", **WHERE)
    with pytest.raises(ValidationError, match=complaint):
        check_body(customization_jobs.JobCreateParams, {**body, **change})


def test_the_check_of_bodies_looks_into_lists() -> None:
    body = {"max_seq_length": 1, "training_options": [{"nonsense": 1}]}
    with pytest.raises(ValidationError, match="micro_batch_size"):
        check_body(customization_configs.ConfigCreateParams, body)
