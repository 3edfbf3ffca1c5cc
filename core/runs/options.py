"""How a stored request becomes the options of the dataset builder."""

from core.datasets import BuildOptions
from core.runs.request import CompletedRequest


def build_options(request: CompletedRequest) -> BuildOptions:
    """Return the builder's options for a run."""
    return BuildOptions(
        workload_id=request.workload_id,
        client_id=request.client_id,
        evaluation_size=request.evaluation_size,
        validation_ratio=request.validation_ratio,
        minimum_records=request.minimum_records,
        seed=request.seed,
        limit=request.limit,
        stratify=request.stratify,
        rare_class_threshold=request.rare_class_threshold,
        parse_function_arguments=request.parse_function_arguments,
    )
