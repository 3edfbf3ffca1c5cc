"""From what an evaluation job returned to the result that is stored: samples judged, measured, and their intervals.

The bootstrap of graded scores takes longer than a click, so it is done here, once, with the run's seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.evaluation import (
    Candidate,
    EvaluationResult,
    ExpectedAnswer,
    Sample,
    estimate_scores,
    evaluate_outputs,
    load_samples,
)
from core.logs import canonical_request_key
from core.nemo import EvaluationSpec, RemoteSample
from core.runs.execution import Execution
from core.runs.plan import Variant
from core.runs.prepared import Prepared


def build_result(
    execution: Execution,
    prepared: Prepared,
    candidate: Candidate,
    *,
    spec: EvaluationSpec,
    outputs: Sequence[RemoteSample],
) -> EvaluationResult:
    """Return a candidate's result with bootstrap intervals of its scores, and of its gain where its base has a result.

    An interruption of the run leaves the calculation behind.
    """
    result = evaluate_outputs(
        prepared.expected,
        outputs,
        candidate=candidate,
        answer_format=prepared.answer_format,
        has_labels=prepared.has_labels,
        evaluation_set=prepared.evaluation_set,
    )
    base = _load_base(execution, candidate)
    estimates = execution.call(
        lambda: estimate_scores(result.samples, base=base, has_labels=prepared.has_labels, seed=prepared.request.seed)
    )
    return replace(result, prompt_template=f"{spec.kind.value} task", estimates=estimates)


def without_examples(
    outputs: Sequence[RemoteSample], *, sent: Sequence[Mapping[str, object]], expected: Sequence[ExpectedAnswer]
) -> list[RemoteSample]:
    """Return outputs of requests with in-context examples under the requests of the evaluation set.

    `sent` are the requests with examples, in the order of `expected`. What belongs to none of them is left out.
    """
    plain = {canonical_request_key(request): each.record for request, each in zip(sent, expected, strict=True)}
    kept = [(plain.get(canonical_request_key(output.request)), output) for output in outputs]
    return [
        replace(output, request=record["request"])  # type: ignore[arg-type]  # checked when the set was drawn
        for record, output in kept
        if record is not None
    ]


def _load_base(execution: Execution, candidate: Candidate) -> Sequence[Sample] | None:
    if candidate.variant == Variant.BASE:
        return None
    with execution.around.database.read() as session:
        base = Candidate(student=candidate.student, variant=Variant.BASE)
        return load_samples(session, execution.run_id, base) or None
