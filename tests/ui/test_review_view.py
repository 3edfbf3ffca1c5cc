"""A run's results as the Review page shows them."""

from datetime import UTC, datetime

import pytest

from app.ui import confusion_view, review_records, review_view
from app.ui.review_records import Reading
from core.evaluation import Candidate, Outcome, ResultsBasis, Sample, StoredEvaluation, measure
from core.promotion import Decision, Grounds, Verdict
from core.scoring import AnswerFormat, AnswerKind, confusion
from core.settings import Student
from core.statistics import wilson_interval

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def sample(position: int, outcome: Outcome = Outcome.CORRECT, *, answer: str | None = "a") -> Sample:
    return Sample(
        position=position,
        key=f"key-{position}",
        outcome=outcome,
        expected_text="a",
        expected_key="a",
        expected_label="a",
        answer_text=answer,
        answer_label=answer,
    )


def outcomes(text: str) -> list[Sample]:
    """One sample a letter: r is right, w is wrong, m is missing."""
    kinds = {"r": (Outcome.CORRECT, "a"), "w": (Outcome.WRONG, "b"), "m": (Outcome.MISSING, None)}
    return [sample(at, kinds[letter][0], answer=kinds[letter][1]) for at, letter in enumerate(text)]


def evaluation(student: str, variant: str, text: str) -> StoredEvaluation:
    metrics = measure(outcomes(text), has_labels=True)
    return StoredEvaluation(
        run_id="run-1",
        candidate=Candidate(student=student, variant=variant),
        model=student,
        remote_id="eval-1",
        evaluation_set="e" * 64,
        scorer_version="1",
        answer_format=AnswerFormat(kind=AnswerKind.WHOLE_TEXT),
        prompt_template=None,
        decoding={},
        metrics=metrics,
        agreement=wilson_interval(metrics.correct, metrics.n),
        estimates=None,
        probe=None,
        service_scores={},
        samples_hash="a" * 64,
        finished_at=NOW,
    )


def decision(student: str, sequence: int, verdict: Verdict) -> Decision:
    return Decision(
        id=f"d{sequence}",
        run_id="run-1",
        workload_id="support",
        candidate=Candidate(student=student, variant="customized"),
        sequence=sequence,
        supersedes=None,
        verdict=verdict,
        reason="because",
        decided_by="priya.raman",
        decided_at=NOW,
        results_hash="a" * 64,
        grounds=Grounds(
            policy_hash="p" * 64, policy={}, basis={}, gates=(), sentence="", must_see={}, override_reason=None
        ),
        is_current=True,
    )


def views(*results: StoredEvaluation, acts: tuple[Decision, ...] = ()) -> tuple[review_view.CandidateView, ...]:
    bases = {
        result.candidate: ResultsBasis(
            candidate=result.candidate, evaluation_set="e", scorer_version="1", policy="p", gold="g", samples="s"
        )
        for result in results
    }
    return review_view.build_candidates(results, acts, costs={}, bases=bases)


def test_candidates_stand_by_student_and_base_first() -> None:
    built = views(
        evaluation("b/two", "customized", "rr"), evaluation("b/two", "base", "rw"), evaluation("a/one", "icl", "rr")
    )
    assert [view.id for view in built] == ["a/one:icl", "b/two:base", "b/two:customized"]


def test_the_first_to_look_at_is_the_best_that_nobody_decided_on() -> None:
    results = (
        evaluation("a/one", "base", "rrrrrrrr"),
        evaluation("a/one", "customized", "rrrrrrrw"),
        evaluation("b/two", "customized", "rrrrwwww"),
    )
    best = review_view.choose_candidate(views(*results))
    assert best is not None
    assert best.id == "a/one:customized"
    decided = review_view.choose_candidate(views(*results, acts=(decision("a/one", 1, Verdict.APPROVED),)))
    assert decided is not None
    assert decided.id == "b/two:customized"
    assert review_view.choose_candidate(()) is None


def test_the_last_act_stands_unless_it_was_withdrawn() -> None:
    acts = (decision("a/one", 2, Verdict.REJECTED), decision("a/one", 1, Verdict.APPROVED))
    (view,) = views(evaluation("a/one", "customized", "rr"), acts=acts)
    assert view.standing_decision is acts[0]
    assert view.sequence == 2
    (withdrawn,) = views(evaluation("a/one", "customized", "rr"), acts=(decision("a/one", 3, Verdict.WITHDRAWN), *acts))
    assert withdrawn.standing_decision is None
    assert withdrawn.sequence == 3


def test_a_gain_is_paired_and_has_tangos_interval() -> None:
    gain = review_view.measure_gain(outcomes("rrrw"), outcomes("rwww"))
    assert gain is not None
    assert gain.interval is not None
    assert gain.value == pytest.approx(0.5)
    assert gain.interval.low < 0.5 < gain.interval.high
    assert review_view.measure_gain(outcomes("rr"), []) is None


def test_no_record_gives_no_verdict() -> None:
    (view,) = views(evaluation("a/one", "customized", ""))
    assert review_view.state_verdict(view) == "No record was judged, so nothing is known about this candidate."
    assert review_view.describe_agreement(view) == "unknown"


def test_cost_needs_both_prices_and_both_token_counts() -> None:
    metrics = measure(
        [Sample(position=0, key="k", outcome=Outcome.CORRECT, prompt_tokens=1000, completion_tokens=200)],
        has_labels=False,
    )
    student = Student(name="a/one", target="t", context_length=8, price_input_usd=0.1, price_output_usd=0.5)
    # 1,000 requests of 1,000 + 200 tokens at $0.10 and $0.50 per million: 0.10 + 0.10
    assert review_view.price_per_1k(metrics, student) == pytest.approx(0.2)
    assert review_view.price_per_1k(metrics, student.model_copy(update={"price_output_usd": None})) is None
    assert review_view.price_per_1k(measure(outcomes("r"), has_labels=True), student) is None
    assert review_view.price_per_1k(metrics, None) is None


def test_every_record_belongs_to_the_readings_it_should() -> None:
    samples, base = outcomes("rrwwm"), outcomes("rwrww")
    counts = review_records.count_readings(samples, base)
    assert counts == {
        Reading.NEWLY_WRONG: 1,
        Reading.NEWLY_RIGHT: 1,
        Reading.BOTH_WRONG: 2,
        Reading.ALL_WRONG: 3,
        Reading.ALL: 5,
    }
    for reading in Reading:
        assert len(review_records.select_samples(samples, base, reading)) == counts[reading]


def test_reading_starts_where_something_got_worse() -> None:
    first = review_records.first_reading
    assert first(review_records.count_readings(outcomes("rw"), outcomes("rr"))) is Reading.NEWLY_WRONG
    assert first(review_records.count_readings(outcomes("rw"), [])) is Reading.ALL_WRONG
    assert first(review_records.count_readings(outcomes("rr"), [])) is Reading.ALL


def test_listed_records_say_what_each_answered() -> None:
    requests = [{"messages": [{"role": "user", "content": f"question {at}"}]} for at in range(2)]
    (record,) = review_records.list_records(outcomes("rm"), outcomes("rw"), requests, reading=Reading.BOTH_WRONG)
    assert (record.position, record.teacher, record.base, record.candidate) == (1, "a", "b", "(no answer)")
    assert record.preview == "question 1"


def test_stepping_stays_in_the_reading_and_enters_it_from_outside() -> None:
    assert review_records.step_from(4, [1, 4, 9]) == (1, 9)
    assert review_records.step_from(1, [1, 4, 9]) == (None, 4)
    assert review_records.step_from(5, [1, 4, 9]) == (4, 9)
    assert review_records.step_from(5, []) == (None, None)


def test_moves_count_pairs_of_answers_most_frequent_first() -> None:
    moves = review_records.list_moves(outcomes("rwwm"), shown=5)
    assert [(move.expected, move.answered, move.records) for move in moves] == [("a", "b", 2), ("a", "no answer", 1)]


def test_a_small_matrix_stays_whole_and_answers_outside_the_classes_get_a_column() -> None:
    matrix = confusion_view.make_readable(confusion(["a", "a", "b"], ["a", "z", None]))
    assert matrix.columns == ("a", "b", confusion_view.NOT_A_CLASS)
    assert matrix.counts == ((1, 0, 1), (0, 0, 1))
    assert matrix.left_out == 0


def test_a_large_matrix_keeps_the_classes_with_the_most_errors() -> None:
    expected = ["a", "b", "b", "c", "c", "c"]
    predicted = ["a", "c", "b", "b", "b", "c"]
    matrix = confusion_view.make_readable(confusion(expected, predicted), max_classes=2)
    assert matrix.rows == ("b", "c", confusion_view.OTHERS)
    assert matrix.left_out == 1
    assert sum(sum(row) for row in matrix.counts) == len(expected)
