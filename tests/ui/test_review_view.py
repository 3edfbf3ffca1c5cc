"""A run's results as the Review page shows them, made from evidence."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.ui import confusion_view, review_errors, review_gates, review_records, review_view
from app.ui.review_records import Reading
from app.ui.review_view import CandidateView
from core.database import Database
from core.evaluation import Candidate, GateStatus, Outcome, OutcomePair, RecordFilter, count_pairs_of, select_records
from core.migrations import upgrade_schema
from core.policy import Policy
from core.promotion import Decision, Evidence, Grounds, Verdict, gather_evidence
from core.scoring import confusion
from core.settings import Settings, Student, TeacherPrice
from tests.evaluation.made import sample, samples
from tests.promotion.made import BASE, CUSTOMIZED, add_results, make_sources
from tests.runs.rows import NOW, STUDENT

OTHER = Candidate(student="local/linear-medium", variant="customized")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty state."""
    state = Database(f"sqlite:///{tmp_path / 'state.db'}")
    upgrade_schema(state)
    return state


def gather(database: Database, tmp_path: Path, **values: object) -> Evidence:
    sources = make_sources(tmp_path / "data", **values)  # type: ignore[arg-type]  # policy and settings
    with database.read() as session:
        return gather_evidence(session, "run-1", sources=sources)


def decision(sequence: int, verdict: Verdict, candidate: Candidate = CUSTOMIZED) -> Decision:
    return Decision(
        id=f"d{sequence}",
        run_id="run-1",
        workload_id="support",
        candidate=candidate,
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


def test_candidates_stand_by_student_and_base_first(database: Database, tmp_path: Path) -> None:
    add_results(database, {CUSTOMIZED: samples(9, 1), OTHER: samples(8, 2), BASE: samples(5, 5)})
    built = review_view.build_candidates(gather(database, tmp_path), ())
    assert [view.id for view in built] == [str(OTHER), str(BASE), str(CUSTOMIZED)]


def test_the_first_to_look_at_is_the_best_that_nobody_decided_on(database: Database, tmp_path: Path) -> None:
    add_results(database, {CUSTOMIZED: samples(90, 10), OTHER: samples(80, 20), BASE: samples(99, 1)})
    evidence = gather(database, tmp_path)
    best = review_view.choose_candidate(review_view.build_candidates(evidence, ()))
    assert best is not None
    assert best.candidate == CUSTOMIZED
    decided = review_view.choose_candidate(review_view.build_candidates(evidence, (decision(1, Verdict.APPROVED),)))
    assert decided is not None
    assert decided.candidate == OTHER
    assert review_view.choose_candidate(()) is None


def test_the_last_act_stands_unless_it_was_withdrawn(database: Database, tmp_path: Path) -> None:
    add_results(database)
    evidence = gather(database, tmp_path)
    acts = (decision(2, Verdict.REJECTED), decision(1, Verdict.APPROVED))
    (view,) = review_view.build_candidates(evidence, acts)
    assert view.standing_decision is acts[0]
    assert view.sequence == 2
    (withdrawn,) = review_view.build_candidates(evidence, (decision(3, Verdict.WITHDRAWN), *acts))
    assert withdrawn.standing_decision is None
    assert withdrawn.sequence == 3


def only(database: Database, tmp_path: Path, **values: object) -> CandidateView:
    (view,) = review_view.build_candidates(gather(database, tmp_path, **values), ())
    return view


def test_figures_say_unknown_where_nothing_was_measured(database: Database, tmp_path: Path) -> None:
    add_results(database)
    agreement, cost, latency = review_view.list_figures(only(database, tmp_path))
    assert plain(agreement.value) == "95.0 %"
    assert plain(agreement.note) == "91.0 to 97.3 %"
    assert (cost.value, cost.note) == ("unknown", "teacher unknown")
    assert (latency.value, latency.note) == ("unknown", "not measured")


def test_figures_say_cost_and_time_where_they_are_known(database: Database, tmp_path: Path) -> None:
    timed = [
        sample(position, prompt_tokens=1000, completion_tokens=200, latency_ms=position + 1.0)
        for position in range(200)
    ]
    add_results(database, {CUSTOMIZED: timed})
    settings = Settings(
        data=tmp_path / "data",
        students=(Student(name=STUDENT, target="t", context_length=8, price_input_usd=0.1, price_output_usd=0.5),),
        teachers=(TeacherPrice(name="acme", price_input_usd=1, price_output_usd=1),),
    )
    _, cost, latency = review_view.list_figures(only(database, tmp_path, settings=settings))
    # 1,000 requests of 1,000 + 200 tokens at $0.10 and $0.50 per million: 0.10 + 0.10
    assert (cost.value, cost.note) == ("$0.200", "teacher unknown")
    assert (plain(latency.value), plain(latency.note)) == ("190 ms", "200 answers, evaluation")


def test_gates_are_counted_the_worst_first_and_say_why_they_do_not_pass(database: Database, tmp_path: Path) -> None:
    add_results(database, {CUSTOMIZED: samples(60, 20, missing=1)})
    view = only(database, tmp_path, policy=Policy(minimum_agreement=0.7))
    counts = review_view.count_statuses(view)
    assert next(iter(counts)) is GateStatus.FAILS
    assert sum(counts.values()) == len(view.assessed.gates) == 8
    html = review_gates.render_gates(view.assessed.gates)
    assert html.count('<span class="fw-spoken">fails: </span>') == counts[GateStatus.FAILS] == 2
    assert "19 records too few" in html
    assert "1 record got no answer and counts as wrong" in html or "count as wrong" in html
    assert plain(review_gates.describe_count(GateStatus.FAILS, 1, 8)) == "1 gate fails"
    assert plain(review_gates.describe_count(GateStatus.PASSES, 3, 8)) == "3 of 8 gates pass"


def test_gate_texts_are_escaped(database: Database, tmp_path: Path) -> None:
    add_results(database)
    gate = replace(only(database, tmp_path).assessed.gates[0], title="<b>", key="other")
    assert "&lt;b&gt;" in review_gates.render_gates([gate])


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


BASE_SAMPLES = [sample(at, outcome) for at, outcome in enumerate([Outcome.CORRECT, Outcome.WRONG] * 3)]
MADE = [
    sample(at, outcome)
    for at, outcome in enumerate([Outcome.CORRECT, Outcome.CORRECT, Outcome.WRONG, Outcome.WRONG, Outcome.MISSING])
]
FOUND = select_records(MADE, BASE_SAMPLES, RecordFilter())


@pytest.mark.parametrize(
    ("reading", "positions"),
    [
        (Reading.NEWLY_WRONG, [2, 4]),
        (Reading.NEWLY_RIGHT, [1]),
        (Reading.BOTH_WRONG, [3]),
        (Reading.ALL_WRONG, [2, 3, 4]),
        (Reading.ALL, [0, 1, 2, 3, 4]),
        (Reading.MUST_SEE, [4, 0]),
    ],
)
def test_every_record_belongs_to_the_readings_it_should(reading: Reading, positions: list[int]) -> None:
    chosen = review_records.choose_records(FOUND, reading, must_see=[4, 0, 99])
    assert [record.sample.position for record in chosen] == positions


def test_reading_starts_where_something_got_worse() -> None:
    first = review_records.first_reading
    counts = dict.fromkeys(OutcomePair, 0)
    assert first({**counts, OutcomePair.NEWLY_WRONG: 1}, has_base=True) is Reading.NEWLY_WRONG
    assert first({**counts, OutcomePair.NEWLY_WRONG: 1}, has_base=False) is Reading.ALL_WRONG
    assert first({**counts, OutcomePair.BOTH_WRONG: 1}, has_base=True) is Reading.ALL_WRONG
    assert first(counts, has_base=True) is Reading.ALL


def test_counts_say_how_much_there_is_to_read() -> None:
    counts = count_pairs_of(FOUND)
    assert (
        review_records.describe_counts(counts, has_base=True)
        == "3 differ from the teacher · 2 newly wrong · 1 newly right"
    )
    assert review_records.describe_counts(counts, has_base=False) == "3 differ from the teacher"


def test_listed_records_say_what_each_variant_answered() -> None:
    requests = [{"messages": [{"role": "user", "content": f"question {at}"}]} for at in range(6)]
    variants = {"base": {each.key: each for each in BASE_SAMPLES}, "customized": {each.key: each for each in MADE}}
    (record,) = review_records.list_records([FOUND[4]], requests, variants=variants, gold={MADE[4].key: "billing"})
    assert (record.position, record.teacher, record.gold, record.preview) == (4, "billing", "billing", "question 4")
    assert {variant: answer.text for variant, answer in record.answers.items()} == {
        "base": "billing",
        "customized": "(no answer)",
    }


def test_stepping_follows_the_order_of_the_table_and_enters_it_from_outside() -> None:
    assert review_records.step_from(4, [9, 4, 1]) == (9, 1)
    assert review_records.step_from(9, [9, 4, 1]) == (None, 4)
    assert review_records.step_from(5, [9, 4, 1]) == (None, 9)
    assert review_records.step_from(5, []) == (None, None)


def test_long_answers_are_cut_in_the_table() -> None:
    assert review_records.shorten("short") == "short"
    assert len(review_records.shorten("x" * 5_000)) == review_records.ANSWER_CHARS + 1


def test_moves_count_pairs_of_answers_most_frequent_first() -> None:
    made = [*samples(1), *[sample(at, Outcome.WRONG, label="billing") for at in (1, 2)], sample(3, Outcome.MISSING)]
    moves = review_errors.list_moves(made, shown=5)
    assert [(move.expected, move.answered, move.records) for move in moves] == [
        ("billing", "card_fraud", 2),
        ("refund", "no answer", 1),
    ]


def test_arguments_that_differ_are_counted_by_tool_and_path() -> None:
    made = [
        sample(
            at,
            Outcome.WRONG,
            tool_name_correct=True,
            tool_arguments_correct=False,
            expected_key='["[\\"weather\\", {\\"city\\": \\"Oslo\\", \\"days\\": 1}]"]',
            answer_key='["[\\"weather\\", {\\"city\\": \\"Bergen\\"}]"]',
        )
        for at in range(2)
    ]
    (move,) = review_errors.list_moves(
        [replace(one, expected_label="weather", answer_label="weather") for one in made], shown=5
    )
    assert (move.answered, move.records) == ("same tool, other arguments", 2)
    assert review_errors.count_argument_changes(made) == [("weather · city", 2), ("weather · days", 2)]
    assert review_errors.count_argument_changes(samples(2, 2)) == []


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
