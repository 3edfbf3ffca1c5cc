"""The Review page: verdict, evidence, tabs, records, and deciding."""

from pathlib import Path

import pytest
from sqlmodel import col, update
from streamlit.testing.v1 import AppTest

from app.ui import decision_dialog
from core.database import Database, utc_now
from core.evaluation import Candidate
from core.evaluation.tables import EvaluationRow
from core.promotion import DecisionRequest, Verdict, decide, gather_evidence, list_decisions, list_seen
from tests.ui.conftest import open_page
from tests.ui.runs import (
    LARGE,
    POLICY,
    add_finished_run,
    add_running_run,
    evidence_sources,
    open_state,
    write_policy,
)

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


def test_the_card_says_what_the_evidence_says(database: Database) -> None:
    with database.read() as session:
        evidence = gather_evidence(session, "done-1", sources=evidence_sources(database))
    assessed = evidence.assessment.find(Candidate(student=LARGE, variant="customized"))
    assert assessed is not None
    app = open_page("review", run="done-1")
    shown = texts(app)
    assert assessed.verdict.sentence in shown
    assert str(assessed.verdict.training) in shown
    agreement, cost, latency = app.metric
    assert agreement.value.startswith(f"{(assessed.comparison.agreement.value or 0) * 100:.1f}")
    assert assessed.latency.candidate is not None
    assert cost.value == "unknown"
    assert latency.value == f"{assessed.latency.candidate.p95.value:.0f}\N{NO-BREAK SPACE}ms"


def test_failing_gates_disable_approve_and_are_named(data: Path, database: Database) -> None:
    write_policy(data, "minimum_records = 50\n")
    app = open_page("review", run="done-1")
    assert app.button(key="act_approved").disabled
    assert not app.button(key="act_rejected").disabled
    assert "Approve is blocked by what fails: Records without an answer" in texts(app)


def test_an_override_needs_a_reason_and_is_shown_in_red(data: Path, database: Database) -> None:
    write_policy(data, "minimum_records = 50\nallow_override = true\n")
    app = open_page("review", run="done-1")
    assert "Approving overrides what fails: Records without an answer" in texts(app)
    app.button(key="act_approved").click().run()
    app.text_area(key=decision_dialog.REASON).set_value("Read them all.")
    app.button(key="confirm_act").click().run()
    assert "overrides failing gates" in app.warning[0].value
    app.text_area(key=decision_dialog.OVERRIDE_REASON).set_value("Two time-outs of the service.")
    app.button(key="confirm_act").click().run()
    assert decisions(database) == [("approved", "priya.raman", "Read them all.")]
    assert "Two time-outs of the service." in "".join(error.value for error in app.error)


def test_an_approval_waits_for_the_must_see_records(data: Path, database: Database) -> None:
    write_policy(data, f"{POLICY}\nrequire_must_see = true\n")
    app = open_page("review", run="done-1")
    assert app.button(key="act_approved").disabled
    assert "Approve waits until" in texts(app)


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


def test_filters_come_from_the_url_and_what_is_no_option_is_refused(database: Database) -> None:
    app = open_page("review", run="done-1", tab="Records", show="All records", label="credit ratings")
    assert app.selectbox(key="filter_label").value == "credit ratings"
    assert "No record is of this kind" in texts(open_page("review", run="done-1", tab="Records", text="nowhere said"))
    refused = open_page("review", run="done-1", tab="Records", label="earning")
    assert "did you mean 'earnings'" in refused.warning[0].value.replace("\\", "")


def test_the_history_names_what_differs_and_offers_the_records_both_hold(database: Database) -> None:
    add_finished_run(database, "done-0")
    with database.write() as session:
        changed = update(EvaluationRow).where(col(EvaluationRow.run_id) == "done-0")
        session.execute(changed.values(evaluation_set="d" * 64, decoding={"temperature": 0.7}))
    beside = f"done-0:{LARGE}:base"
    app = open_page("review", run="done-1", tab="History", against=beside)
    assert "only the 60 records that both hold are compared" in app.warning[0].value.replace("\N{NO-BREAK SPACE}", " ")
    assert "This result agrees with the teacher more often on 60 common records" in texts(app)
    refused = open_page("review", run="done-1", tab="History", against="done-9:x:base")
    assert "has no result 'done-9:x:base'" in refused.warning[0].value.replace("\\", "")


def test_opening_a_record_counts_as_reading_it_for_reviewers_only(database: Database) -> None:
    def seen() -> frozenset[int]:
        with database.read() as session:
            return list_seen(session, "done-1", Candidate(student=LARGE, variant="customized"))

    app = open_page("review", run="done-1")
    app.selectbox(key="demo_account").select("teo.vargas").run()
    app.query_params["record"] = "3"
    app.run()
    assert seen() == frozenset()
    open_page("review", run="done-1", record="5")
    assert seen() == {5}


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
