"""The Review page: verdict, evidence, tabs, records, and deciding."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import decision_dialog
from core.database import Database, utc_now
from core.evaluation import Candidate, list_evaluations
from core.promotion import DecisionRequest, Verdict, decide, list_decisions
from tests.ui.conftest import open_page
from tests.ui.runs import LARGE, add_finished_run, add_running_run, evidence_sources, open_state

BEST = f"{LARGE}:customized"


@pytest.fixture
def database(data: Path) -> Database:
    """The state with one finished run."""
    state = open_state(data)
    add_finished_run(state)
    return state


def texts(app: AppTest) -> str:
    values = [element.value for kind in (app.markdown, app.caption, app.success, app.error) for element in kind]
    return " | ".join(str(value) for value in values).replace("\N{NO-BREAK SPACE}", " ")


def decisions(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        return [(act.verdict.value, act.decided_by, act.reason) for act in list_decisions(session)]


def test_it_opens_on_the_best_candidate_and_says_what_would_replace_what(database: Database) -> None:
    app = open_page("review", run="done-1")
    assert app.title[0].value == "Promotion review: news_classifier"
    assert app.selectbox(key="candidate").value == BEST
    assert (
        "Replace **acme/teacher-70b-instruct** with **local/linear-large · customized** for **news_classifier**"
        in texts(app)
    )


def test_the_verdict_has_comparator_interval_and_n_as_stored(database: Database) -> None:
    with database.read() as session:
        result = next(r for r in list_evaluations(session, "done-1") if str(r.candidate) == BEST)
    assert result.agreement is not None
    app = open_page("review", run="done-1")
    low, high = f"{result.agreement.low * 100:.1f}", f"{result.agreement.high * 100:.1f}"
    assert (
        f"Agrees with the teacher on {result.metrics.accuracy * 100:.1f} % of answers: {result.metrics.correct} of"
        f" 60 records, 95 % interval {low} to {high} %." in texts(app)
    )
    agreement, gain, cost = app.metric
    assert agreement.value.startswith(f"{result.metrics.accuracy * 100:.1f}")
    assert gain.value.startswith("+")
    assert cost.value == "unknown"


def test_a_link_names_the_candidate_and_the_tab(database: Database) -> None:
    app = open_page("review", run="done-1", candidate=f"{LARGE}:base", tab="Errors")
    assert app.selectbox(key="candidate").value == f"{LARGE}:base"
    assert any("Answers that moved most" in title.value for title in app.subheader)
    assert app.metric[1].value == "none"  # a base has no base


def test_an_unknown_candidate_names_the_near_miss(database: Database) -> None:
    app = open_page("review", run="done-1", candidate="local/linear-larg:customized")
    assert f"did you mean '{BEST}'" in app.warning[0].value.replace("\\", "")


def test_an_unknown_run_says_so(database: Database) -> None:
    app = open_page("review", run="done-2")
    assert "no run 'done-2'" in app.warning[0].value.lower()


def test_without_a_run_it_leads_to_the_runs(database: Database) -> None:
    assert "No run was chosen" in texts(open_page("review"))


def test_a_run_without_results_says_that_they_come(database: Database) -> None:
    add_running_run(database)
    assert "Nothing to review yet" in texts(open_page("review", run="running-1"))


def test_the_records_tab_starts_with_what_became_wrong(database: Database) -> None:
    app = open_page("review", run="done-1", tab="Records")
    assert app.segmented_control(key="show_records").value == "Newly wrong"
    assert "differ from the teacher" in texts(app)


def test_a_record_that_is_not_in_the_set_is_refused(database: Database) -> None:
    app = open_page("review", run="done-1", record="60")
    assert "no record '60'" in app.warning[0].value


def test_an_approval_is_stored_with_who_and_why(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.button(key="act_approved").click().run()
    app.text_area(key=decision_dialog.REASON).set_value("Read every newly wrong record.")
    app.button(key="confirm_act").click().run()
    assert not app.exception
    assert decisions(database) == [("approved", "priya.raman", "Read every newly wrong record.")]
    assert "Approved" in texts(app)
    assert "Read every newly wrong record." in texts(app)


def test_a_decision_without_a_reason_is_refused_and_the_dialog_stays(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.button(key="act_rejected").click().run()
    app.button(key="confirm_act").click().run()
    assert decisions(database) == []
    assert "needs a reason" in app.warning[0].value


def test_asking_for_changes_and_withdrawing_are_acts_of_their_own(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.button(key="act_changes_requested").click().run()
    app.text_area(key=decision_dialog.REASON).set_value("Judge on 500 records.")
    app.button(key="confirm_act").click().run()
    app.button(key="act_withdrawn").click().run()
    app.text_area(key=decision_dialog.REASON).set_value("Asked by mistake.")
    app.button(key="confirm_act").click().run()
    assert [act[0] for act in decisions(database)] == ["withdrawn", "changes_requested"]
    assert "Awaiting decision" in texts(app)


def test_who_comes_second_is_told_who_was_first_and_keeps_the_reason(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.button(key="act_approved").click().run()
    other = DecisionRequest(
        run_id="done-1",
        candidate=Candidate(student=LARGE, variant="customized"),
        verdict=Verdict.REJECTED,
        reason="Too many credit ratings are lost.",
        decided_by="jonas.reuter",
        expected_sequence=0,
        idempotency_key="other",
    )
    decide(database, other, sources=evidence_sources(database), now=utc_now())
    app.text_area(key=decision_dialog.REASON).set_value("Looks fine.")
    app.button(key="confirm_act").click().run()
    assert [act[1] for act in decisions(database)] == ["jonas.reuter"]
    (told,) = [error.value for error in app.error if "was first" in error.value]
    assert "onas.reuter was first" in told
    assert "Too many credit ratings are lost." in told
    assert app.text_area(key=decision_dialog.REASON).value == "Looks fine."


def test_an_engineer_sees_the_buttons_but_may_not_decide(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.selectbox(key="demo_account").select("maya.lindqvist").run()
    assert all(app.button(key=f"act_{act}").disabled for act in ("approved", "rejected", "changes_requested"))


def test_a_reviewer_may_reject_but_not_approve(database: Database) -> None:
    app = open_page("review", run="done-1")
    app.selectbox(key="demo_account").select("jonas.reuter").run()
    assert app.button(key="act_approved").disabled
    assert not app.button(key="act_rejected").disabled
