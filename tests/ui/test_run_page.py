"""The Run page: where a run stands, what stands in its way, what it measured, and what can be done with it."""

from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.promotion import Verdict
from core.runs import RunStatus, get_run
from core.settings import Settings
from tests.ui.acts import FINE, LARGE_CUSTOMIZED, act
from tests.ui.conftest import open_page
from tests.ui.reading import button_keys, read_html, read_links, read_tables, read_texts
from tests.ui.run_states import (
    add_cancelled_run,
    add_manifest,
    add_outage_run,
    add_service_down,
    add_waiting_run,
    add_worker,
)
from tests.ui.runs import LARGE, SMALL, add_failed_run, add_finished_run, add_running_run, open_state


@pytest.fixture
def database(data: Path) -> Database:
    return open_state(data)


def status(database: Database, run_id: str) -> RunStatus:
    with database.read() as session:
        return get_run(session, run_id).summary.status


def test_a_running_run_says_which_step_it_is_at_and_how_far(database: Database) -> None:
    add_running_run(database)
    app = open_page("run", id="running-1")
    assert "Step 5 of 12: customize local/linear-small." in read_texts(app)
    assert [metric.label for metric in app.metric] == ["Going for", "Left, about", "Candidates measured", "Records"]
    assert app.metric[2].value == "1 of 4"
    assert "running 40 %" in read_texts(app)
    assert app.get("plotly_chart")


def test_a_finished_run_lists_its_candidates_best_first_with_their_decisions(database: Database) -> None:
    add_finished_run(database)
    act(database, "done-1", LARGE_CUSTOMIZED, Verdict.APPROVED, FINE)
    app = open_page("run", id="done-1")
    (table,) = read_tables(app)
    assert table.index(f"{LARGE} · customized") < table.index(f"{SMALL} · base")
    assert f"{LARGE} · customized 75.8 to 93.1 % · Approved 86.7 % 75.8 to 93.1 % 60 Approved" in table
    assert read_links(app)[0] == "/review?run=done-1&candidate=local%2Flinear-large%3Acustomized"
    assert app.metric[2].value == "4 of 4"
    assert {"review_run", "launch_again"} <= button_keys(app)
    assert "cancel_run" not in button_keys(app)


def test_an_approval_over_failing_gates_is_marked(database: Database) -> None:
    add_finished_run(database)
    act(database, "done-1", LARGE_CUSTOMIZED, Verdict.APPROVED, FINE, override="Nobody reads the rest.")
    (table,) = read_tables(open_page("run", id="done-1"))
    assert "· Approved, gates overridden" in table
    assert "60 Approved gates overridden" in table


def test_the_manifest_is_counted_and_can_be_kept(traffic_data: Path) -> None:
    database = open_state(traffic_data)
    add_finished_run(database)
    add_manifest(database, "done-1", Settings(data=traffic_data))
    app = open_page("run", id="done-1")
    assert "Selected 130" in read_html(app)
    assert "In the evaluation set −60" in read_html(app)
    assert "Evaluation set 60 records, " in read_html(app)
    assert "Answers are read as double brackets, [[answer]]" in read_html(app)
    assert "Learning rate 0.0001" in read_html(app)
    assert app.get("download_button")


def test_the_loss_of_the_chosen_student_is_in_the_link(database: Database) -> None:
    add_finished_run(database)
    assert open_page("run", id="done-1").selectbox(key="loss_student").value == LARGE
    assert open_page("run", id="done-1", student=SMALL).selectbox(key="loss_student").value == SMALL


def test_a_failed_student_says_why_beneath_its_stages(database: Database) -> None:
    add_failed_run(database)
    app = open_page("run", id="failed-1")
    assert "No student got through" in read_texts(app)
    assert "Undeploy – skipped deployment management answered 503" in " ".join(read_html(app).split())
    assert not app.error  # said once, where it happened


def test_an_outage_says_since_when_and_until_when_the_run_waits(database: Database) -> None:
    add_outage_run(database)
    app = open_page("run", id="outage-1")
    assert "Customize local/linear-small has had no answer since 25 Nov 11:56 UTC (9 attempts)" in read_texts(app)
    assert "gives this step up at 25 Nov 12:11 UTC" in read_texts(app)
    assert "no healthy upstream" in read_texts(app)
    assert "no answer 40 %" in read_texts(app)


def test_a_cancelled_run_says_who_and_why_and_what_is_still_up(database: Database) -> None:
    add_cancelled_run(database)
    app = open_page("run", id="cancelled-1")
    assert "Cancelled by maya.lindqvist: wrong client" in read_texts(app)
    assert "fw-cancelled-1-deploy-local-linear-small" in read_texts(app)
    assert "retry_run" not in button_keys(app)  # not before the clean-up has ended


def test_a_waiting_run_says_that_no_worker_is_alive(database: Database) -> None:
    add_waiting_run(database)
    assert "flywheel worker" in read_texts(open_page("run", id="waiting-1"))
    add_worker(database)
    assert "flywheel worker" not in read_texts(open_page("run", id="waiting-1"))


def test_a_waiting_run_says_which_service_is_down(database: Database) -> None:
    add_waiting_run(database)
    add_worker(database)
    add_service_down(database, "customizer", now=utc_now())
    assert "Nothing has answered at http://127.0.0.1:8630" in read_texts(open_page("run", id="waiting-1"))


def test_cancelling_asks_for_a_reason_and_records_who(database: Database) -> None:
    add_waiting_run(database)
    app = open_page("run", id="waiting-1")
    app.button(key="cancel_run").click().run()
    app.text_area(key="cancel_reason").set_value("Wrong client.")
    app.button(key="confirm_cancel").click().run()
    assert status(database, "waiting-1") is RunStatus.CANCELLED
    assert "Cancelled by priya.raman: Wrong client." in read_texts(app)


def test_leaving_the_dialog_keeps_the_run(database: Database) -> None:
    add_waiting_run(database)
    app = open_page("run", id="waiting-1")
    app.button(key="cancel_run").click().run()
    app.button(key="keep_running").click().run()
    assert status(database, "waiting-1") is RunStatus.PENDING
    assert not app.text_area


def test_a_failed_run_is_queued_again_once(database: Database) -> None:
    add_failed_run(database)
    app = open_page("run", id="failed-1")
    app.button(key="retry_run").click().run()
    assert status(database, "failed-1") is RunStatus.PENDING
    assert "A worker takes it up" in read_texts(app)


@pytest.mark.parametrize("person", ["jonas.reuter", "teo.vargas"])
def test_who_may_not_start_runs_may_not_stop_them(database: Database, person: str) -> None:
    add_waiting_run(database)
    app = open_page("run", id="waiting-1")
    app.selectbox(key="demo_account").select(person).run()
    assert app.button(key="cancel_run").disabled


def test_an_unknown_run_is_told_about_the_links_id(database: Database) -> None:
    app = open_page("run", id="no-such-run")
    assert "no run 'no-such-run'" in app.warning[0].value.lower()
    assert app.button(key="without_id")


def test_without_an_id_it_leads_to_the_runs(database: Database) -> None:
    assert "No run was chosen" in read_texts(open_page("run"))
