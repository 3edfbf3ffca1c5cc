"""The blueprint's own example resources as specs of ours."""

from dataclasses import replace
from datetime import UTC, datetime

from core.nemo import (
    CustomizationSpec,
    DatasetReference,
    DeploymentSpec,
    EvaluationKind,
    EvaluationSpec,
    Hyperparameters,
)

SINCE = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVALUATION_DATASET = DatasetReference(
    namespace="mdfd", name="flywheel-eval-news-1", url="hf://datasets/mdfd/flywheel-eval-news-1"
)
TRAINING_DATASET = DatasetReference(
    namespace="mdfd", name="flywheel-train-news-1", url="hf://datasets/mdfd/flywheel-train-news-1"
)
DEPLOYMENT = DeploymentSpec(
    name="fw-1-deploy-llama",
    model="meta/llama-3.2-1b-instruct",
    gpus=1,
    run_id="run1",
    image_name="nvcr.io/nim/meta/llama-3.2-1b-instruct",
    image_tag="1.8.3",
    pvc_size="25Gi",
    additional_envs={"NIM_GUIDED_DECODING_BACKEND": "outlines"},
)
CUSTOMIZATION = CustomizationSpec(
    key="fw-run1-customize-llama",
    run_id="run1",
    model="meta/llama-3.2-1b-instruct",
    target="meta/llama-3.2-1b-instruct@2.0",
    dataset=TRAINING_DATASET,
    output_model="mdfd/customized-meta-llama-3.2-1b-instruct",
    gpus=1,
    max_seq_length=8192,
    hyperparameters=Hyperparameters(
        epochs=1, batch_size=64, learning_rate=0.0001, adapter_dim=16, adapter_dropout=0.1, seed=42
    ),
)
CLASSIFICATION = EvaluationSpec(
    key="fw-run1-evaluate-llama",
    run_id="run1",
    model="meta/llama-3.2-1b-instruct",
    dataset=EVALUATION_DATASET,
    path="eval_data.jsonl",
    kind=EvaluationKind.CLASSIFICATION,
    limit=100,
)
TOOL_CALLING = replace(CLASSIFICATION, kind=EvaluationKind.TOOL_CALLING)
