"""How a stored request becomes the options of the dataset builder."""

from datetime import datetime

from core.datasets import BuildOptions, LimitMethod, WorkloadType
from core.runs.request import CompletedRequest
from core.scoring import AnswerFormat


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
        limit_method=LimitMethod(request.limit_method),
        stratify=request.stratify,
        rare_class_threshold=request.rare_class_threshold,
        parse_function_arguments=request.parse_function_arguments,
        since=datetime.fromisoformat(request.since) if request.since else None,
        until=datetime.fromisoformat(request.until) if request.until else None,
        text=request.text,
        models=request.models,
        finish_reasons=request.finish_reasons,
        property_limit=request.property_limit,
        answer_format=AnswerFormat.from_dict(request.answer_format) if request.answer_format else None,
        workload_type=WorkloadType(request.workload_type) if request.workload_type else None,
    )
