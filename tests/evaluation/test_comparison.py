"""Candidates side by side: counts, pairs, gold, classes, and the guard against comparing what is not comparable."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation import (
    Candidate,
    ComparisonError,
    EvaluationInputs,
    Lead,
    Outcome,
    OutcomePair,
    compare,
    find_common_keys,
    pair_outcomes,
    rank_candidates,
)
from core.statistics import PairedCounts, exact_mcnemar, tango_interval
from tests.evaluation.made import INPUTS, candidate, gold_for, key_of, paired, result, sample, samples


def test_agreement_counts_every_record_and_only_equal_answers_as_right() -> None:
    made = samples(80, 8, invalid=3, truncated=2, errors=4, missing=3)

    row = compare([result(made)], has_labels=True).candidates[0]

    assert (row.n, row.agreement.count, row.agreement.value) == (100, 80, 0.8)
    assert row.outcomes == {
        "correct": 80,
        "wrong": 8,
        "invalid_format": 3,
        "truncated": 2,
        "error": 4,
        "missing": 3,
    }
    assert row.unanswered == 7
    assert (row.unreadable.count, row.unreadable.n) == (5, 100)


def test_customized_is_paired_with_its_own_base() -> None:
    base, customized = paired(60, 25, 5, 10)
    other = result(samples(100), "base", student="local/linear-small")

    comparison = compare([other, customized, base], has_labels=True)

    row = comparison.find(candidate("customized"))
    assert row is not None
    pair = row.against_base
    assert pair is not None
    assert pair.reference == candidate("base")
    assert pair.counts == PairedCounts(both_right=60, newly_right=25, newly_wrong=5, both_wrong=10)
    assert pair.difference == pytest.approx(0.2)
    assert pair.interval == tango_interval(pair.counts)
    assert pair.p_value == exact_mcnemar(25, 5)
    assert pair.lead is Lead.BETTER
    assert [each.against_base for each in comparison.candidates if each.candidate.variant == "base"] == [None, None]


def test_pairs_are_joined_by_key_whatever_the_order() -> None:
    base, customized = paired(30, 10, 3, 7)
    shuffled = replace(customized, samples=list(reversed(customized.samples)))

    in_order, reversed_ = (compare([base, each], has_labels=True).candidates[1] for each in (customized, shuffled))

    assert in_order.against_base == reversed_.against_base
    assert in_order.agreement == reversed_.agreement


def test_p_values_are_adjusted_for_the_number_of_pairs() -> None:
    tables = {"a/large": (200, 30, 2, 2), "a/medium": (200, 9, 2, 23), "a/small": (200, 9, 2, 23)}
    results = [
        replace(each, candidate=replace(each.candidate, student=student))
        for student, table in tables.items()
        for each in paired(*table)
    ]

    comparison = compare(results, has_labels=True)

    large, medium, small = (row.against_base for row in comparison.candidates if row.candidate.variant == "customized")
    single = exact_mcnemar(9, 2)
    assert large is not None
    assert medium is not None
    assert small is not None
    assert large.compared == 3
    assert large.adjusted_p_value == pytest.approx(3 * exact_mcnemar(30, 2))
    assert large.lead is Lead.BETTER
    assert medium.p_value == small.p_value == single
    assert medium.adjusted_p_value == small.adjusted_p_value == pytest.approx(2 * single)


def test_lead_that_is_shown_alone_may_not_be_shown_among_several() -> None:
    base, customized = paired(80, 10, 2, 8)
    in_context = replace(customized, candidate=candidate("icl"))

    alone = compare([base, customized], has_labels=True).candidates[1].against_base
    among_two = compare([base, customized, in_context], has_labels=True).candidates[1].against_base

    assert alone is not None
    assert among_two is not None
    assert alone.p_value == pytest.approx(0.0386, abs=1e-4)
    assert among_two.adjusted_p_value == pytest.approx(0.0771, abs=1e-4)
    assert (alone.lead, among_two.lead) == (Lead.BETTER, Lead.NOT_SHOWN)


def test_careful_one_of_test_and_interval_decides() -> None:
    # Fagerland, Lydersen and Laake 2014: Tango's interval excludes 0 (0.0054 to 0.1240), exact McNemar has p = 0.052.
    base, customized = paired(59, 16, 6, 80)

    pair = compare([base, customized], has_labels=True).candidates[1].against_base

    assert pair is not None
    assert pair.interval is not None
    assert pair.interval.low > 0
    assert pair.p_value > 0.05
    assert pair.lead is Lead.NOT_SHOWN


def test_worse_than_the_base_is_said() -> None:
    base, customized = paired(60, 2, 30)

    pair = compare([base, customized], has_labels=True).candidates[1].against_base

    assert pair is not None
    assert pair.lead is Lead.WORSE
    assert pair.difference is not None
    assert pair.difference < 0


def test_without_a_base_the_reason_is_given() -> None:
    row = compare([result(samples(10))], has_labels=True).candidates[0]

    assert row.against_base is None
    assert row.not_compared == "there is no result of the base local/linear-large"


def test_records_become_outcome_pairs_by_key() -> None:
    base, customized = paired(1, 1, 1, 1)

    assert pair_outcomes(customized.samples, base.samples) == {
        key_of(0): OutcomePair.BOTH_RIGHT,
        key_of(1): OutcomePair.NEWLY_RIGHT,
        key_of(2): OutcomePair.NEWLY_WRONG,
        key_of(3): OutcomePair.BOTH_WRONG,
    }


def test_gold_compares_candidate_and_teacher_on_records_with_gold() -> None:
    made = samples(300, 40)
    gold = gold_for(made, both_right=200, newly_right=12, newly_wrong=8, both_wrong=30)

    found = (
        compare([result(made)], has_labels=True, gold={**gold, key_of(999): "a key of another set"}).candidates[0].gold
    )

    assert found.counts == PairedCounts(both_right=200, newly_right=12, newly_wrong=8, both_wrong=30)
    assert (found.candidate.count, found.teacher.count, found.candidate.n) == (212, 208, 250)
    assert found.difference == pytest.approx(4 / 250)
    assert found.interval == tango_interval(found.counts)


def test_missing_answer_is_wrong_on_gold() -> None:
    made = samples(1, missing=1)

    found = compare([result(made)], has_labels=True, gold={each.key: each.expected_key or "" for each in made})

    assert found.candidates[0].gold.counts == PairedCounts(both_right=1, newly_right=0, newly_wrong=1, both_wrong=0)


def test_no_gold_has_no_numbers() -> None:
    found = compare([result(samples(5))], has_labels=True).candidates[0].gold

    assert (found.counts.n, found.difference, found.interval, found.candidate.value) == (0, None, None, None)


def test_classes_have_precision_and_recall_with_intervals() -> None:
    made = [
        sample(0, label="refund"),
        sample(1, label="refund"),
        sample(2, Outcome.WRONG, label="refund"),  # answers billing
        sample(3, label="billing"),
        sample(4, Outcome.MISSING, label="billing"),
    ]

    row = compare([result(made)], has_labels=True).candidates[0]

    billing, refund = row.classes
    assert (billing.label, billing.support, billing.predicted, billing.precision.value, billing.recall.value) == (
        "billing",
        2,
        2,
        0.5,
        0.5,
    )
    assert (refund.recall.count, refund.recall.n, refund.precision.value) == (2, 3, 1.0)
    assert refund.f1 == pytest.approx(0.8)
    assert row.confusion is not None
    assert row.confusion.counts == ((1, 0), (1, 2))
    assert row.confusion.unreadable == (1, 0)


def test_free_text_has_no_classes() -> None:
    row = compare([result(samples(5))], has_labels=False).candidates[0]

    assert (row.classes, row.confusion, row.metrics.macro_f1) == ((), None, None)


def test_tool_scores_are_shares_of_all_records() -> None:
    made = [
        sample(0, tool_name_correct=True, tool_arguments_correct=True),
        sample(1, Outcome.WRONG, tool_name_correct=True, tool_arguments_correct=False),
        sample(2, Outcome.MISSING, tool_name_correct=None, tool_arguments_correct=None),
    ]

    row = compare([result(made)], has_labels=True).candidates[0]

    assert row.tool_name is not None
    assert row.tool_arguments is not None
    assert (row.tool_name.count, row.tool_name.n, row.tool_arguments.count) == (2, 3, 1)
    assert compare([result(samples(3))], has_labels=True).candidates[0].tool_name is None


DIFFERENT = [
    (replace(INPUTS, evaluation_set="77a" + "0" * 61), "evaluation set"),
    (replace(INPUTS, scorer_version="2"), "scorer version"),
    (replace(INPUTS, prompt_template="with examples"), "prompt template"),
    (replace(INPUTS, prompt_template=None), "prompt template"),
    (replace(INPUTS, decoding={"temperature": 0.7, "max_tokens": 64}), "decoding setting temperature"),
    (replace(INPUTS, decoding={"temperature": 0}), "decoding setting max_tokens"),
]


@pytest.mark.parametrize(("inputs", "name"), DIFFERENT)
def test_differing_input_is_named_and_the_pair_not_compared(inputs: EvaluationInputs, name: str) -> None:
    base, customized = paired(50, 20, 5, 5)

    comparison = compare([base, replace(customized, inputs=inputs)], has_labels=True)

    assert not comparison.is_comparable
    assert [difference.name for difference in comparison.differences] == [name]
    assert set(comparison.differences[0].values) == {"local/linear-large:base", "local/linear-large:customized"}
    row = comparison.candidates[1]
    assert row.against_base is None
    assert row.not_compared is not None
    assert name in row.not_compared
    assert comparison.common_records == 80
    assert row.agreement.n == 80  # its own numbers stand


def test_every_differing_input_is_named() -> None:
    base, customized = paired(5, 2, 1)
    inputs = replace(INPUTS, scorer_version="2", evaluation_set="77a", decoding={"temperature": 1, "max_tokens": 64})

    comparison = compare([base, replace(customized, inputs=inputs)], has_labels=True)

    assert [difference.name for difference in comparison.differences] == [
        "evaluation set",
        "scorer version",
        "decoding setting temperature",
    ]
    assert comparison.differences[1].to_text() == (
        "scorer version (1 for local/linear-large:base; 2 for local/linear-large:customized)"
    )


def test_common_records_can_be_compared_on_request_and_stay_labelled() -> None:
    base, customized = paired(50, 20, 5, 5)
    newer = replace(
        customized,
        samples=[*customized.samples[10:], *(sample(position) for position in range(80, 100))],
        inputs=replace(INPUTS, evaluation_set="77a"),
    )

    comparison = compare([base, newer], has_labels=True, on_difference="use_common_records")

    row = comparison.candidates[1]
    assert comparison.is_restricted
    assert [difference.name for difference in comparison.differences] == ["evaluation set"]
    assert [each.n for each in comparison.candidates] == [70, 70]
    assert row.against_base is not None
    assert row.against_base.counts == PairedCounts(both_right=40, newly_right=20, newly_wrong=5, both_wrong=5)


def test_one_evaluation_set_with_other_records_is_a_difference() -> None:
    base, customized = paired(50, 20, 5, 5)

    comparison = compare([base, replace(customized, samples=customized.samples[:-1])], has_labels=True)

    assert [difference.name for difference in comparison.differences] == ["records"]


def test_the_same_candidate_of_two_runs_is_told_apart() -> None:
    older, newer = result(samples(8, 2), run_id="run-1"), result(samples(9, 1), run_id="run-2")

    comparison = compare([older, newer], has_labels=True)

    second = comparison.find(candidate(), run_id="run-2")
    assert second is not None
    assert second.agreement.count == 9


def test_result_or_record_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(ComparisonError, match="local/linear-large:customized stands there twice"):
        compare([result(samples(3)), result(samples(3))], has_labels=True)
    with pytest.raises(ComparisonError, match="2 times"):
        compare([result([sample(1), sample(1)])], has_labels=True)


def test_no_results_and_no_records_are_no_failure() -> None:
    nothing = compare([], has_labels=True)
    empty = compare([result([])], has_labels=True)

    assert (nothing.candidates, nothing.common_records, nothing.is_comparable) == ((), 0, True)
    assert (empty.candidates[0].n, empty.candidates[0].agreement.value) == (0, None)


def test_comparison_is_plain_json() -> None:
    comparison = compare(paired(50, 20, 5, 5), has_labels=True, gold={key_of(0): "billing"})

    values = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))

    assert values["is_comparable"] is True
    second = values["candidates"][1]
    assert second["candidate"] == {
        "name": "local/linear-large:customized",
        "student": "local/linear-large",
        "variant": "customized",
    }
    assert second["agreement"]["interval"].keys() == {"low", "high"}
    assert second["against_base"]["lead"] == "better"
    assert second["gold"]["counts"] == {"both_right": 1, "newly_right": 0, "newly_wrong": 0, "both_wrong": 0}


@given(keys=st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=4))
def test_common_keys_are_those_all_hold_in_the_order_of_the_first(keys: list[list[str]]) -> None:
    common = find_common_keys(keys)

    assert set(common) == (set.intersection(*map(set, keys)) if keys else set())
    assert list(common) == [key for key in (keys[0] if keys else []) if key in common]


def test_ranking_without_a_shown_difference_is_not_decisive() -> None:
    results = [result(samples(90 + extra, 10 - extra), student=f"a/{extra}") for extra in range(3)]

    ranking = rank_candidates(results)

    assert ranking is not None
    assert ranking.order[0] == Candidate(student="a/2", variant="customized")
    assert ranking.sentence == (
        "No difference between the candidates is shown on 100 records (exact McNemar, Holm over 3 pairs): "
        "the ranking is not decisive."
    )


def test_ranking_names_over_whom_the_lead_is_shown() -> None:
    results = [result(samples(right, 100 - right), student=f"a/{right}") for right in (95, 94, 60)]

    ranking = rank_candidates(results)

    assert ranking is not None
    assert [each.student for each in ranking.shown_over] == ["a/60"]
    assert ranking.sentence == (
        "a/95:customized agrees with the teacher most often on 100 records; its lead is shown over 1 of 2 others, "
        "not over a/94:customized (exact McNemar, Holm over 3 pairs)."
    )


def test_ranking_of_two_with_a_clear_winner_says_so() -> None:
    base, customized = paired(40, 50, 2, 8)

    ranking = rank_candidates([base, customized])

    assert ranking is not None
    assert ranking.sentence == (
        "local/linear-large:customized agrees with the teacher most often on 100 records, and its lead over the other "
        "is shown (exact McNemar)."
    )


def test_single_candidate_has_no_ranking() -> None:
    assert rank_candidates([result(samples(10))]) is None
    assert rank_candidates([]) is None
