"""The example's answer: once, only where the story has it, with the run's figures, and never over a person's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.story import REVIEWER, answer_example, best_result
from app.installation import Installation, installed
from core.evaluation import StoredEvaluation, list_evaluations
from core.promotion import Decision, Verdict, list_decisions
from core.settings import Settings
from tests.ui.acts import act
from tests.ui.runs import LARGE, NOW, RECORDS, add_finished_run, open_state

RUNS = {"news_classifier": "news", "support_intents": "support", "broker_assistant": "broker"}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Installation]:
    """An installation in which two runs of the story are finished."""
    state = open_state(tmp_path / "data")
    add_finished_run(state, "broker")
    add_finished_run(state, "news")
    state.dispose()
    with installed(Settings(data=tmp_path / "data")) as parts:
        yield parts


def best_of(parts: Installation, run_id: str) -> StoredEvaluation:
    with parts.database.read() as session:
        best = best_result(list_evaluations(session, run_id))
    assert best is not None
    return best


def decisions(parts: Installation) -> list[Decision]:
    with parts.database.read() as session:
        return list_decisions(session)


def test_the_best_candidate_is_asked_for_changes_once_with_its_figures(parts: Installation) -> None:
    best = best_of(parts, "broker")
    for _ in range(2):
        answer_example(parts, RUNS, best, now=NOW)
    (answer,) = decisions(parts)
    assert (answer.candidate.student, answer.candidate.variant) == (LARGE, "customized")
    assert (answer.verdict, answer.decided_by) == (Verdict.CHANGES_REQUESTED, REVIEWER)
    differing = round(RECORDS * (1 - best.metrics.accuracy))
    assert f": {differing} of {RECORDS} calls differ" in answer.reason


def test_the_other_runs_are_left_to_people(parts: Installation) -> None:
    answer_example(parts, RUNS, best_of(parts, "news"), now=NOW)
    answer_example(parts, RUNS, None, now=NOW)
    assert decisions(parts) == []


def test_what_a_person_decided_before_stays(parts: Installation) -> None:
    best = best_of(parts, "broker")
    act(parts.database, "broker", best.candidate, Verdict.REJECTED, "Too slow for me.")
    answer_example(parts, RUNS, best, now=NOW)
    assert [(entry.verdict, entry.is_current) for entry in decisions(parts)] == [(Verdict.REJECTED, True)]
