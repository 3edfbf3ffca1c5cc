"""The services outside that deploy, train and evaluate students.

`operations` says what a run may ask for (`ModelOps`), `errors` what can go wrong, `transport` owns HTTP, and one
package per contract implements the seam (`v1`). Nothing outside this package knows an address or a JSON body.
"""

from core.nemo.connect import connect_model_ops
from core.nemo.embeddings import HttpEmbedder, connect_embedder
from core.nemo.errors import (
    RequestRefused,
    ResourceExists,
    ResourceMissing,
    ServiceError,
    ServiceUnavailable,
)
from core.nemo.operations import (
    CustomizationSpec,
    CustomizationStatus,
    DatasetReference,
    Decoding,
    Deployment,
    DeploymentSpec,
    EvaluationKind,
    EvaluationSpec,
    EvaluationStatus,
    Hyperparameters,
    JobKind,
    JobState,
    LossPoint,
    MarkedJob,
    ModelOps,
    RemoteSample,
    ServiceHealth,
    TimedAnswer,
)

__all__ = [
    "CustomizationSpec",
    "CustomizationStatus",
    "DatasetReference",
    "Decoding",
    "Deployment",
    "DeploymentSpec",
    "EvaluationKind",
    "EvaluationSpec",
    "EvaluationStatus",
    "HttpEmbedder",
    "Hyperparameters",
    "JobKind",
    "JobState",
    "LossPoint",
    "MarkedJob",
    "ModelOps",
    "RemoteSample",
    "RequestRefused",
    "ResourceExists",
    "ResourceMissing",
    "ServiceError",
    "ServiceHealth",
    "ServiceUnavailable",
    "TimedAnswer",
    "connect_embedder",
    "connect_model_ops",
]
