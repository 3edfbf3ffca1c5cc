"""The Decisions page: filters in the URL, one act with its history, and acts that supersede it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import decision_dialog, decision_table
from core.database import Database
from core.promotion import Decision, Verdict, list_decisions
from tests.ui.acts import FINE, LARGE_CUSTOMIZED, RENAMED, SMALL_CUSTOMIZED, act, add_history
from tests.ui.conftest import open_page
from tests.ui.runs import add_finished_run, open_state


@pytest.fixture
def database(data: Path) -> Database:
    """The state with two finished runs, one of another workload."""
    state = open_state(data)
    add_finished_run(state, "done-1")
    add_finished_run(state, "done-2", workload_id="support_router")
    return state


@pytest.fixture
def acts(database: Database) -> dict[str, Decision]:
    """Five acts on three candidates."""
    return add_history(database, "done-1", "done-2")


def listed(app: AppTest) -> str:
    """The table as the page sends it, empty when there is none."""
    tables = [json for component in app.get("bidi_component") if (json := component.proto.json)]
    return " ".join(tables)


def texts(app: AppTest) -> str:
    values = [element.value for kind in (app.markdown, app.caption) for element in kind]
    html = [element.proto.body for element in app.get("html")]
    return " | ".join(str(value) for value in values + html).replace("\N{NO-BREAK SPACE}", " ")


def stored(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        return [(act.verdict.value, act.decided_by, act.reason) for act in list_decisions(session)]


def test_without_any_decision_it_says_where_they_are_made(database: Database) -> None:
    app = open_page("decisions")
    assert "Nothing has been decided yet" in texts(app)
    assert app.title[0].value == "Decisions"


def test_it_counts_what_stands_and_what_is_on_record(acts: dict[str, Decision]) -> None:
    assert "2 decisions stand now · 5 acts on record" in texts(open_page("decisions"))


def test_the_url_chooses_verdict_workload_and_what_is_current(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", verdict="approved", workload="news_classifier", current="only")
    assert app.selectbox(key="decisions_verdict").value == Verdict.APPROVED
    assert app.selectbox(key="decisions_workload").value == "news_classifier"
    assert app.toggle(key="decisions_current").value
    assert acts["approved"].id in listed(app)
    assert all(acts[name].id not in listed(app) for name in ("changes", "rejected", "superseded", "withdrawn"))


def test_a_changed_filter_goes_into_the_url_and_can_be_cleared(acts: dict[str, Decision]) -> None:
    app = open_page("decisions")
    app.selectbox(key="decisions_verdict").select(Verdict.WITHDRAWN).run()
    app.toggle(key="decisions_current").set_value(True).run()
    assert dict(app.query_params) == {"verdict": "withdrawn", "current": "only"}
    app.button(key="clear_filters").click().run()
    assert dict(app.query_params) == {}


def test_filters_that_leave_nothing_offer_to_clear_them(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", verdict="changes_requested", current="only")
    assert "No decision matches these filters" in texts(app)
    app.button(key="clear_all").click().run()
    assert acts["changes"].id in listed(app)


def test_an_unknown_verdict_names_the_near_miss(acts: dict[str, Decision]) -> None:
    assert "did you mean 'approved'" in open_page("decisions", verdict="aproved").warning[0].value


def test_an_act_shows_who_when_why_and_on_which_results(acts: dict[str, Decision]) -> None:
    approved = acts["approved"]
    app = open_page("decisions", decision=approved.id)
    shown = texts(app)
    for fact in ("Priya Raman", "priya.raman", "25 Nov", "15:00 UTC", FINE, "done-1", approved.results_hash):
        assert fact in shown
    assert "**local/linear-large · customized** may replace the teacher for **news_classifier**." in shown


def test_the_acts_before_and_after_stand_beside_it(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", decision=acts["superseded"].id)
    assert "Superseded" in texts(app)
    assert "2. Withdrawn by Priya Raman" in listed(app)
    assert RENAMED in listed(app)
    assert not [button for button in app.button if str(button.key).startswith("next_")]


def test_an_act_that_is_not_there_can_be_taken_out_of_the_link(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", decision="0123456789abcdef")
    assert "no decision '0123456789abcdef'" in app.warning[0].value.lower()
    app.button(key="without_decision").click().run()
    assert not app.warning


def test_what_an_act_rested_on_is_kept_beside_it(acts: dict[str, Decision]) -> None:
    decision = acts["approved"]
    app = open_page("decisions", decision=decision.id)
    assert "gates pass" in texts(app)
    assert "opened" in texts(app)
    app.session_state["grounds"] = True
    app.run()
    shown = texts(app)
    assert "Gates when it was decided" in shown
    for gate in decision.grounds.gates:
        assert gate["observed_text"].replace("\N{NO-BREAK SPACE}", " ") in shown


def test_overridden_gates_are_said_in_the_list_and_beside_the_reason(database: Database) -> None:
    why = "The missing tenth are weather reports that nobody reads."
    decision = act(database, "done-1", SMALL_CUSTOMIZED, Verdict.APPROVED, FINE, override=why)
    assert "gates overridden" in listed(open_page("decisions"))
    app = open_page("decisions", decision=decision.id)
    assert [error.value for error in app.error] == [why]


def test_an_approval_is_given_in_review_only(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", decision=acts["withdrawn"].id)
    keys = {str(button.key) for button in app.button if str(button.key).startswith("next_")}
    assert keys == {"next_rejected", "next_changes_requested"}


def test_withdrawing_needs_a_reason_and_is_a_new_act_that_the_page_goes_on_with(
    acts: dict[str, Decision], database: Database
) -> None:
    app = open_page("decisions", decision=acts["approved"].id)
    app.button(key="next_withdrawn").click().run()
    app.button(key="confirm_act").click().run()
    assert "needs a reason" in app.warning[0].value
    app.text_area(key=decision_dialog.REASON).set_value(RENAMED)
    app.button(key="confirm_act").click().run()
    assert not app.exception
    assert stored(database)[0] == ("withdrawn", "priya.raman", RENAMED)
    assert app.query_params["decision"] != acts["approved"].id
    assert "The decision on **local/linear-large · customized**" in texts(app)


def test_a_rejection_supersedes_the_approval(acts: dict[str, Decision], database: Database) -> None:
    app = open_page("decisions", decision=acts["approved"].id)
    app.button(key="next_rejected").click().run()
    assert "This supersedes the decision before it" in texts(app)
    app.text_area(key=decision_dialog.REASON).set_value("Two customers complained.")
    app.button(key="confirm_act").click().run()
    with database.read() as session:
        newest, before, *_ = list_decisions(session, run_id="done-1", candidate=LARGE_CUSTOMIZED)
    assert (newest.verdict, newest.supersedes, before.is_current) == (Verdict.REJECTED, before.id, False)


def test_who_acts_on_an_act_that_was_superseded_meanwhile_is_told_by_whom(
    acts: dict[str, Decision], database: Database
) -> None:
    app = open_page("decisions", decision=acts["approved"].id)
    app.button(key="next_withdrawn").click().run()
    act(database, "done-1", LARGE_CUSTOMIZED, Verdict.REJECTED, "Too slow.", by="jonas.reuter")
    app.text_area(key=decision_dialog.REASON).set_value(RENAMED)
    app.button(key="confirm_act").click().run()
    assert any("onas.reuter was first" in error.value for error in app.error)
    assert app.text_area(key=decision_dialog.REASON).value == RENAMED


def test_cancelling_leads_back_to_the_act(acts: dict[str, Decision], database: Database) -> None:
    app = open_page("decisions", decision=acts["approved"].id)
    app.button(key="next_rejected").click().run()
    app.button(key="cancel_act").click().run()
    assert "Evidence in Review" in [link.proto.label for link in app.get("page_link")]
    assert len(stored(database)) == 5


def test_an_auditor_reads_everything_and_may_do_nothing(acts: dict[str, Decision]) -> None:
    app = open_page("decisions", decision=acts["approved"].id)
    app.selectbox(key="demo_account").select("teo.vargas").run()
    assert all(button.disabled for button in app.button if str(button.key).startswith("next_"))


def test_the_review_page_leads_to_the_act_on_record(acts: dict[str, Decision]) -> None:
    app = open_page("review", run="done-1", candidate=str(LARGE_CUSTOMIZED))
    (link,) = [link for link in app.get("page_link") if link.proto.label == "On record"]
    assert acts["approved"].id in link.proto.query_string


def test_a_long_reason_is_shortened_in_the_list_only(database: Database) -> None:
    reason = "word " * 100
    decision = act(database, "done-1", LARGE_CUSTOMIZED, Verdict.REJECTED, reason)
    assert reason.strip() not in listed(open_page("decisions"))
    assert reason.strip() in texts(open_page("decisions", decision=decision.id))
    assert len(reason) > decision_table.REASON_CHARS
