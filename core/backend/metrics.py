"""The metrics of evaluations: one record's scores, and what becomes of them over all records.

Names of metrics, parameters and scores are the contract's. A score that cannot be computed is None: it is counted as
`nan_count` and left out of the value, as the real evaluator does.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence

from core.backend.errors import TemplateProblem
from core.backend.state import Document
from core.backend.templates import render
from core.scoring import overlap_tokens, read_tool_calls, token_overlap_f1, tool_arguments_match, tool_name_matches

Scores = dict[str, float | None]
SCORE_NAMES: Mapping[str, Sequence[str]] = {
    "accuracy": ("accuracy",),
    "em": ("em",),
    "f1": ("f1_score",),  # the blueprint reads this key
    "string-check": ("string-check",),
    "tool-calling": ("function_name_accuracy", "function_name_and_args_accuracy"),
}
OUTPUT_TEXT = "{{ sample.output_text }}"
STRING_CHECKS: Mapping[str, Callable[[str, str], bool]] = {
    "equals": lambda left, right: left == right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    "not equals": lambda left, right: left != right,
    "contains": lambda left, right: right in left,
    "not contains": lambda left, right: right not in left,
    "startswith": lambda left, right: left.startswith(right),
    "endswith": lambda left, right: left.endswith(right),
}


def score_record(metric: Mapping[str, object], facts: Mapping[str, object]) -> Scores:
    """Return the scores of one record for a metric that `find_metric_problem` accepts. Raises `TemplateProblem`."""
    parameters = metric["params"]
    assert isinstance(parameters, Mapping)
    return _SCORERS[str(metric["type"])](parameters, facts)


def find_metric_problem(kind: str, parameters: Mapping[str, object]) -> str | None:
    """Return what is wrong with a metric's type or parameters, or None."""
    if kind not in _SCORERS:
        return f"the local backend has no metric {kind!r}; it has {', '.join(sorted(_SCORERS))}"
    if kind == "string-check":
        return _find_check_problem(parameters.get("check"))
    if kind == "tool-calling":
        given = parameters.get("tool_calls_ground_truth")
        return None if isinstance(given, str) else "params.tool_calls_ground_truth is missing or not a text"
    given = _reference_template(parameters)
    return None if isinstance(given, str) else "params.ground_truth is missing or not a text"


def aggregate(values: Sequence[float | None]) -> Document | None:
    """Return `{"value", "stats"}` over the values that are there; None when there is none.

    Standard deviation and variance are of the population, as the contract says; `stderr` is stddev / sqrt(count).
    """
    counted = [value for value in values if value is not None]
    if not counted:
        return None
    count, total = len(counted), math.fsum(counted)
    mean = total / count
    variance = math.fsum((value - mean) ** 2 for value in counted) / count
    stats = {
        "count": count,
        "sum": total,
        "mean": mean,
        "min": min(counted),
        "max": max(counted),
        "stddev": math.sqrt(variance),
        "stderr": math.sqrt(variance / count),
        "variance": variance,
        "sum_squared": math.fsum(value * value for value in counted),
        "nan_count": len(values) - count,
    }
    return {"value": mean, "stats": stats}


def _score_texts(name: str, compare: Callable[[str, str], float]) -> Callable[..., Scores]:
    def score(parameters: Mapping[str, object], facts: Mapping[str, object]) -> Scores:
        candidate = render(str(parameters.get("candidate", OUTPUT_TEXT)), facts)
        return {name: compare(candidate, render(str(_reference_template(parameters)), facts))}

    return score


def _score_check(parameters: Mapping[str, object], facts: Mapping[str, object]) -> Scores:
    check = parameters["check"]
    assert isinstance(check, list)
    left, operator, right = check
    passed = STRING_CHECKS[operator](render(str(left), facts), render(str(right), facts))
    return {"string-check": float(passed)}


def _score_tool_calls(parameters: Mapping[str, object], facts: Mapping[str, object]) -> Scores:
    text = render(str(parameters["tool_calls_ground_truth"]), facts)
    try:
        expected_calls = json.loads(text)
    except ValueError as error:
        raise TemplateProblem(f"tool_calls_ground_truth does not give JSON: {error}") from error
    expected = read_tool_calls({"tool_calls": expected_calls})
    predicted = read_tool_calls(_message_of(facts))
    return {
        "function_name_accuracy": float(tool_name_matches(expected, predicted)),
        "function_name_and_args_accuracy": float(tool_arguments_match(expected, predicted)),
    }


def _message_of(facts: Mapping[str, object]) -> Mapping[str, object]:
    sample = facts["sample"]
    assert isinstance(sample, Mapping)
    message: Mapping[str, object] = sample["response"]["choices"][0]["message"]
    return message


def _equal_normalised(candidate: str, reference: str) -> float:
    return float(overlap_tokens(candidate) == overlap_tokens(reference))


def _equal_trimmed(candidate: str, reference: str) -> float:
    return float(candidate.strip() == reference.strip())


def _reference_template(parameters: Mapping[str, object]) -> object:
    return parameters.get("ground_truth", parameters.get("reference"))


def _find_check_problem(check: object) -> str | None:
    if not isinstance(check, list) or len(check) != 3:
        return "params.check must be a list of three: left, operator, right"
    if check[1] not in STRING_CHECKS:
        return f"params.check has the operator {check[1]!r}; use one of {', '.join(STRING_CHECKS)}"
    return None


_SCORERS: Mapping[str, Callable[..., Scores]] = {
    "accuracy": _score_texts("accuracy", _equal_trimmed),
    "em": _score_texts("em", _equal_normalised),
    "f1": _score_texts("f1_score", token_overlap_f1),
    "string-check": _score_check,
    "tool-calling": _score_tool_calls,
}
