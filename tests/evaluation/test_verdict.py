"""The verdict never claims more than the test: constructed cases word for word, and laws for every other one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.evaluation import CandidateAssessment, CandidateSamples, Circumstances, GateStatus, assess, wording
from core.policy import Policy
from core.statistics import Interval
from tests.evaluation.made import gold_for, paired, result, samples
from tests.evaluation.verdict_cases import CASES, Case


def last_of(results: list[CandidateSamples], *, policy: Policy, case: Case | None = None) -> CandidateAssessment:
    assessment = assess(
        results,
        policy=policy,
        has_labels=True,
        gold=case.gold if case else None,
        circumstances=Circumstances(leaked=case.leaked if case else 0),
        on_difference="use_common_records" if case and case.use_common_records else "refuse",
    )
    return assessment.candidates[-1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_constructed_case_gives_its_sentence(case: Case) -> None:
    verdict = last_of(case.results, policy=case.policy, case=case).verdict

    assert verdict.sentence == case.sentence
    assert verdict.training == case.training
    assert verdict.status is case.status


def test_thirty_cases_and_more_are_constructed() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30


minimums = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


@given(right=st.integers(0, 400), wrong=st.integers(0, 80), minimum=minimums)
def test_agreement_is_claimed_only_where_an_independent_interval_shows_it(
    right: int, wrong: int, minimum: float
) -> None:
    n = right + wrong
    policy = Policy(minimum_agreement=minimum, minimum_records=1)

    sentence = last_of([result(samples(right, wrong))], policy=policy).verdict.sentence

    low, high = proportion_confint(right, n, method="wilson") if n else (0.0, 1.0)
    minimum_text = f"the minimum of {minimum * 100:.1f} % is"
    # Within 1e-9 of the minimum the two libraries may round to different sides.
    if abs(low - minimum) > 1e-9:
        assert (f"{minimum_text} shown" in sentence) == (low >= minimum)
    assert (f"{minimum_text} missed" in sentence) == (high < minimum)
    assert (f" of {n:,} record" in sentence) or n == 0


@given(
    both_right=st.integers(0, 200),
    newly_right=st.integers(0, 40),
    newly_wrong=st.integers(0, 40),
    rest=st.integers(0, 50),
)
def test_lead_over_the_base_is_claimed_only_where_the_exact_test_shows_it(
    both_right: int, newly_right: int, newly_wrong: int, rest: int
) -> None:
    results = paired(both_right, newly_right, newly_wrong, rest)

    training = last_of(results, policy=Policy()).verdict.training

    assert training is not None
    table = [[both_right, newly_right], [newly_wrong, rest]]
    is_significant = newly_right != newly_wrong and mcnemar(table, exact=True).pvalue <= 0.05
    assert not (" more often " in training and not (is_significant and newly_right > newly_wrong))
    assert not (" less often " in training and not (is_significant and newly_right < newly_wrong))


@given(counts=st.tuples(st.integers(0, 150), st.integers(0, 20), st.integers(0, 20), st.integers(0, 50)))
def test_clause_about_gold_names_its_own_number_and_never_equality(counts: tuple[int, int, int, int]) -> None:
    made = samples(200, 40)
    both_right, newly_right, newly_wrong, both_wrong = counts
    gold = gold_for(
        made, both_right=both_right, newly_right=newly_right, newly_wrong=newly_wrong, both_wrong=both_wrong
    )
    case = Case(name="", results=[result(made)], sentence="", gold=gold)

    assessed = last_of(case.results, policy=Policy(), case=case)

    sentence, gate = assessed.verdict.sentence, next(each for each in assessed.gates if each.key == "gold")
    n = sum(counts)
    assert f"{n:,} record{'' if n == 1 else 's'} with gold" in sentence or n == 0
    assert ("shown not to be worse" in sentence) == (gate.status is GateStatus.PASSES)
    assert ("shown to be worse" in sentence) == (gate.status is GateStatus.FAILS)
    assert not any(word in sentence for word in ("equal", "as good as", "same", "better"))


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_rounded_interval_always_encloses_the_interval(low: float, high: float) -> None:
    text = wording.share_interval(Interval(low=low, high=high))

    shown_low, shown_high = (float(part) / 100 for part in text.removesuffix(" %").split(" to "))
    assert shown_low <= low + 1e-9
    assert shown_high >= high - 1e-9


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "100.0 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.0, "0.0 %"), (0.9, "90.0 %")]
)
def test_all_and_none_are_said_of_all_and_none_only(value: float, text: str) -> None:
    assert wording.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0496, "p = 0.0496"), (0.0504, "p = 0.0504"), (0.00099, "p < 0.001"), (1.0, "p = 1")]
)
def test_p_values_keep_the_digits_that_decide(value: float, text: str) -> None:
    assert wording.p_value(value) == text
