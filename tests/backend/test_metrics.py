"""The metrics of evaluations, against hand-made cases and the statistics module."""

import json
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.errors import TemplateProblem
from core.backend.metrics import SCORE_NAMES, STRING_CHECKS, aggregate, find_metric_problem, score_record
from core.scoring import token_overlap_f1

WORDS = st.lists(st.sampled_from(["the", "a", "cat", "Cat", "sat", "sat.", "mat", "-", ""]), max_size=6).map(" ".join)


def score(kind: str, output: str = "", calls: object = None, **parameters: Any) -> dict[str, float | None]:
    message = {"role": "assistant", "content": output, "tool_calls": calls}
    sample = {"output_text": output, "response": {"choices": [{"message": message}]}}
    facts = {"item": {"answer": "The mat.", "calls": parameters.pop("expected", None)}, "sample": sample}
    return score_record({"type": kind, "params": parameters}, facts)


@pytest.mark.parametrize(
    ("output", "exact", "em", "f1"),
    [
        ("The mat.", 1, 1, 1),
        (" The mat. ", 1, 1, 1),
        ("mat", 0, 1, 1),
        ("a Mat!", 0, 1, 1),
        ("the red mat", 0, 0, 2 / 3),  # one of one expected token found, one of two given: 2 * 1 / (2 + 1)
        ("dog", 0, 0, 0),
    ],
)
def test_text_metrics_differ_in_what_they_forgive(output: str, exact: float, em: float, f1: float) -> None:
    assert score("accuracy", output, ground_truth="{{ item.answer }}") == {"accuracy": exact}
    assert score("em", output, ground_truth="{{ item.answer }}") == {"em": em}
    assert score("f1", output, ground_truth="{{ item.answer }}") == {"f1_score": pytest.approx(f1)}
    assert score("f1", "x", candidate=output, reference="{{ item.answer }}") == {"f1_score": pytest.approx(f1)}


@given(output=WORDS, reference=WORDS)
def test_an_exact_match_is_a_full_token_overlap(output: str, reference: str) -> None:
    # `em` normalises as core.scoring's F1 does; where it finds equality, F1 must be 1.
    if score("em", output, ground_truth="{{ '" + reference + "' }}") == {"em": 1.0}:
        assert token_overlap_f1(output, reference) == 1.0


@pytest.mark.parametrize(
    ("operator", "left", "right", "passes"),
    [
        ("equals", "a", "a", True),
        ("==", "a", "b", False),
        ("!=", "a", "b", True),
        ("<>", "a", "a", False),
        ("not equals", "a", "b", True),
        ("contains", "abc", "b", True),
        ("not contains", "abc", "b", False),
        ("startswith", "abc", "ab", True),
        ("endswith", "abc", "ab", False),
    ],
)
def test_string_checks_compare_two_templates(operator: str, left: str, right: str, passes: bool) -> None:
    assert score("string-check", left, check=["{{ sample.output_text }}", operator, right]) == {
        "string-check": float(passes)
    }


def call(name: str, arguments: object) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    ("expected", "given_calls", "name", "arguments"),
    [
        ([call("a", {"x": 1})], [call("a", '{"x": 1}')], 1, 1),
        ([call("a", {"x": 1})], [call("a", '{"x": 2}')], 1, 0),
        ([call("a", {})], [call("b", "{}")], 0, 0),
        ([call("a", {}), call("b", {})], [call("b", "{}"), call("a", "{}")], 1, 1),
        ([call("a", {})], None, 0, 0),
        ([call("a", {"x": 1})], [call("a", "{broken")], 1, 0),
        (None, None, 1, 1),
    ],
)
def test_tool_calls_are_compared_in_any_order(
    expected: object, given_calls: object, name: float, arguments: float
) -> None:
    template = "{{ item.calls | tojson }}"
    assert score("tool-calling", "", given_calls, expected=expected, tool_calls_ground_truth=template) == {
        "function_name_accuracy": name,
        "function_name_and_args_accuracy": arguments,
    }


def test_a_ground_truth_that_is_no_json_is_a_problem() -> None:
    with pytest.raises(TemplateProblem, match="tool_calls_ground_truth does not give JSON"):
        score("tool-calling", tool_calls_ground_truth="{{ item.answer }}")


@pytest.mark.parametrize("kind", SCORE_NAMES)
def test_every_metric_gives_the_scores_it_announces(kind: str) -> None:
    parameters = {"ground_truth": "x", "check": ["x", "==", "x"], "tool_calls_ground_truth": "[]"}
    assert find_metric_problem(kind, parameters) is None
    assert tuple(score(kind, "x", **parameters)) == tuple(SCORE_NAMES[kind])
    assert find_metric_problem(kind, {}) is not None


def test_an_unknown_operator_names_the_known_ones() -> None:
    assert str(find_metric_problem("string-check", {"check": ["a", "is", "b"]})).endswith(", ".join(STRING_CHECKS))


@given(values=st.lists(st.none() | st.floats(0, 1), max_size=30))
def test_the_aggregate_is_the_mean_of_what_is_there(values: list[float | None]) -> None:
    counted = [value for value in values if value is not None]
    result = aggregate(values)
    if not counted:
        assert result is None
        return
    assert result is not None
    stats = result["stats"]
    assert result["value"] == stats["mean"] == pytest.approx(statistics.fmean(counted))
    assert stats["stddev"] == pytest.approx(statistics.pstdev(counted), abs=1e-9)
    assert stats["stderr"] == pytest.approx(statistics.pstdev(counted) / len(counted) ** 0.5, abs=1e-9)
    assert (stats["count"], stats["nan_count"]) == (len(counted), len(values) - len(counted))
    assert (stats["min"], stats["max"]) == (min(counted), max(counted))
    json.dumps(result, allow_nan=False)
