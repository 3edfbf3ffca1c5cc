"""Candidates across runs: what differs is named, and the records both hold are what is compared."""

import pytest
from sqlmodel import col, update

from core.database import Database
from core.errors import NotFoundError
from core.evaluation import Candidate, Outcome, get_evaluation
from core.evaluation.tables import EvaluationRow
from core.promotion import compare_across_runs, list_history
from tests.evaluation.made import sample, samples
from tests.promotion.made import BASE, CUSTOMIZED, add_results
from tests.runs.rows import STUDENT


@pytest.fixture
def runs(database: Database) -> Database:
    """Two runs of one workload: the later is judged on records 50 to 249 of another set, with another temperature."""
    add_results(database, {CUSTOMIZED: samples(190, 10)}, run_id="first")
    later = [sample(at, Outcome.WRONG if at < 60 else Outcome.CORRECT) for at in range(50, 250)]
    made = [each.__class__(**{**vars(each), "position": place}) for place, each in enumerate(later)]
    add_results(database, {BASE: made, CUSTOMIZED: made}, run_id="second")
    with database.write() as session:
        session.execute(
            update(EvaluationRow)
            .where(col(EvaluationRow.run_id) == "second")
            .values(evaluation_set="d" * 64, decoding={"temperature": 0.7, "max_tokens": 1024})
        )
    return database


def test_every_differing_input_is_named(runs: Database) -> None:
    with runs.read() as session:
        history = list_history(session, "support", against=get_evaluation(session, "first", CUSTOMIZED))
        assert list_history(session, "elsewhere", against=history[0].evaluation) == []
    found = {(each.run_id, each.candidate): [difference.name for difference in each.differences] for each in history}
    assert found == {
        ("first", CUSTOMIZED): [],
        ("second", BASE): ["evaluation set", "decoding setting temperature"],
        ("second", CUSTOMIZED): ["evaluation set", "decoding setting temperature"],
    }
    assert [each.evaluation_set for each in history if each.run_id == "second"] == ["dddddddd"] * 2


def test_results_that_differ_are_compared_on_the_records_both_hold(runs: Database) -> None:
    with runs.read() as session:
        ours = get_evaluation(session, "first", CUSTOMIZED)
        side_by_side = compare_across_runs(session, ours, "second", CUSTOMIZED)
    assert side_by_side.is_restricted
    assert (side_by_side.common_records, side_by_side.ours.n, side_by_side.theirs.n) == (150, 150, 150)
    assert (side_by_side.ours.count, side_by_side.theirs.count) == (140, 140)  # 10 wrong at the end, 10 at the start
    counts = side_by_side.pair.counts
    assert (counts.newly_right, counts.newly_wrong, counts.both_right) == (10, 10, 130)
    temperature = next(each for each in side_by_side.differences if each.name == "decoding setting temperature")
    assert temperature.to_text() == "decoding setting temperature (0.0 for this; 0.7 for that)"


def test_comparable_results_are_compared_whole(database: Database) -> None:
    add_results(database, {CUSTOMIZED: samples(190, 10)}, run_id="first")
    add_results(database, {CUSTOMIZED: samples(180, 20)}, run_id="second")
    with database.read() as session:
        ours = get_evaluation(session, "first", CUSTOMIZED)
        side_by_side = compare_across_runs(session, ours, "second", CUSTOMIZED)
    assert not side_by_side.is_restricted
    assert side_by_side.differences == ()
    assert side_by_side.pair.counts.newly_right == 10
    assert side_by_side.pair.difference == pytest.approx(0.05)


def test_an_unknown_result_is_named(runs: Database) -> None:
    with runs.read() as session:
        ours = get_evaluation(session, "first", CUSTOMIZED)
        with pytest.raises(NotFoundError, match="has no result for candidate"):
            compare_across_runs(session, ours, "second", Candidate(student=STUDENT, variant="icl"))
