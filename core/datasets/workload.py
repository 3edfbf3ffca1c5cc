"""What kind of work a workload is, from its answer format and what its answers look like."""

from collections.abc import Iterable, Mapping

from core.datasets.errors import DatasetError
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.options import BuildOptions, WorkloadType
from core.scoring import (
    AnswerFormat,
    AnswerKind,
    DetectedFormat,
    FormatDetector,
    FormatEvidence,
    content_text,
    fold_answer,
)

LABEL_LENGTH = 64  # characters; longer answers are texts, not labels
TEXT_KINDS = tuple(kind for kind in AnswerKind if kind is not AnswerKind.TOOL_CALL)


def choose_format(
    detector: FormatDetector, options: BuildOptions, *, evaluation_set: FrozenEvaluationSet | None = None
) -> DetectedFormat:
    """Return the answer format to use with the evidence: the given one, the frozen set's, else the one detected.

    A given workload type narrows the detection: tool calling reads tool calls, the others do not. Raises
    `DatasetError` when the given format and type contradict each other or the frozen set, or nothing can be read so.
    """
    if evaluation_set is not None:
        return _format_of_set(detector, options, evaluation_set)
    wants_tools = options.workload_type is WorkloadType.TOOL_CALLING
    kinds = tuple(AnswerKind) if options.workload_type is None else TEXT_KINDS
    found = detector.detect(kinds)
    chosen = options.answer_format or (AnswerFormat(kind=AnswerKind.TOOL_CALL) if wants_tools else found.answer_format)
    if options.workload_type is not None and wants_tools is not (chosen.kind is AnswerKind.TOOL_CALL):
        raise DatasetError(
            f"The workload type is {options.workload_type.value!r} but answers are to be read as "
            f"{chosen.kind.value!r}; change one of them, or leave one out to have it detected.",
            field="workload_type",
        )
    if not any(item.format.kind is chosen.kind and item.format.field == chosen.field for item in found.evidence):
        raise DatasetError(
            f"No answer of {options.selection_text} can be read as {_describe(chosen)}; leave out the answer format "
            "and the workload type to have them detected.",
            field="workload_type" if options.answer_format is None else "answer_format",
        )
    return DetectedFormat(answer_format=chosen, evidence=found.evidence)


def detect_workload_type(detected: DetectedFormat, requests: Iterable[Mapping[str, object]]) -> WorkloadType:
    """Return the type of a workload. `requests` are a few of it, looked at for the list of labels they name.

    Tool calls are tool calling, double brackets classification. A JSON field or whole texts are classification if the
    most frequent answers are short and either stand in every one of the requests or occur twice on average.
    """
    kind = detected.answer_format.kind
    if kind is AnswerKind.TOOL_CALL:
        return WorkloadType.TOOL_CALLING
    if kind is AnswerKind.DOUBLE_BRACKETS:
        return WorkloadType.CLASSIFICATION
    evidence = _evidence_for(detected)
    if any(len(example) > LABEL_LENGTH for example in evidence.examples):
        return WorkloadType.FREE_TEXT
    repeats = evidence.distinct * 2 <= evidence.readable
    is_listed = all(_names_all(request, evidence.examples) for request in requests)
    return WorkloadType.CLASSIFICATION if repeats or is_listed else WorkloadType.FREE_TEXT


def _format_of_set(
    detector: FormatDetector, options: BuildOptions, evaluation_set: FrozenEvaluationSet
) -> DetectedFormat:
    """Return the frozen set's format: its results are only comparable when every run reads its answers alike."""
    for field, given, frozen in (
        ("answer_format", options.answer_format, evaluation_set.answer_format),
        ("workload_type", options.workload_type, evaluation_set.workload_type),
    ):
        if given is not None and given != frozen:
            raise DatasetError(
                f"Version {evaluation_set.version} of the evaluation set was frozen with another "
                f"{field.replace('_', ' ')} than the one given; leave {field} out, or freeze a new evaluation set.",
                field=field,
            )
    return DetectedFormat(answer_format=evaluation_set.answer_format, evidence=detector.detect().evidence)


def _evidence_for(detected: DetectedFormat) -> FormatEvidence:
    """Find the evidence of the chosen format, whatever its folding: detection itself always folds case."""
    chosen = detected.answer_format
    return next(
        item for item in detected.evidence if item.format.kind is chosen.kind and item.format.field == chosen.field
    )


def _names_all(request: Mapping[str, object], labels: Iterable[str]) -> bool:
    messages = request.get("messages")
    texts = [content_text(message.get("content")) for message in messages] if isinstance(messages, list) else []
    prompt = fold_answer(" ".join(texts))
    return all(label in prompt for label in labels)


def _describe(answer_format: AnswerFormat) -> str:
    kind = answer_format.kind.value.replace("_", " ")
    return f"{kind} {answer_format.field!r}" if answer_format.field else kind
