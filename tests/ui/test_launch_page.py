"""The Launch page: what would run, what is wrong beneath its field, one run for many clicks, who may start it."""

from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.runs import RunSummary, list_runs
from tests.ui.conftest import open_page
from tests.ui.reading import read_texts
from tests.ui.run_states import add_finished_run_of_request, add_service_down, add_worker
from tests.ui.runs import SMALL, open_state


@pytest.fixture
def database(traffic_data: Path) -> Database:
    state = open_state(traffic_data)
    add_worker(state)
    return state


def started(database: Database) -> list[RunSummary]:
    with database.read() as session:
        return list_runs(session)


def test_it_opens_on_the_link_of_a_workload_and_says_what_would_run(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", client="research-desk", evaluation_size="60")
    assert app.selectbox(key="launch_workload").value == "news_classifier"
    assert app.selectbox(key="launch_client").value == "research-desk"
    assert "Logged 130 records Judged on 60 records Trained on up to 70 records" in read_texts(app)
    assert "local/linear-small : evaluate base, evaluate in-context, customize, evaluate customized" in read_texts(app)
    assert not app.button(key="start_run").disabled
    assert "No worker" not in read_texts(app)


def test_starting_stores_the_run_as_asked_and_leads_to_it(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", students=SMALL, evaluation_size="60", epochs="2", seed="7")
    app.button(key="start_run").click().run()
    assert not app.exception
    (run,) = started(database)
    assert (run.workload_id, run.students, run.requested_by) == ("news_classifier", (SMALL,), "priya.raman")
    assert app.title[0].value == r"Run over news_classifier"
    assert "A worker takes it up as soon as one is free." in read_texts(app)


def test_every_form_that_was_opened_is_a_run_of_its_own(database: Database) -> None:
    for _ in range(2):
        open_page("launch", workload="news_classifier", evaluation_size="60").button(key="start_run").click().run()
    assert len(started(database)) == 2


def test_what_is_wrong_stands_beneath_its_field_and_nothing_can_start(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", evaluation_size="500")
    assert "Evaluation_size is 500, but there are 130 usable records" in read_texts(app)
    assert "Correct what is marked in the form." in read_texts(app)
    assert app.button(key="start_run").disabled
    app.number_input(key="launch_evaluation_size").set_value(60).run()
    assert "usable records" not in read_texts(app)
    assert not app.button(key="start_run").disabled


def test_without_a_student_nothing_can_start(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", evaluation_size="60", students=SMALL)
    app.checkbox(key=f"launch_student_{SMALL}").uncheck().run()
    assert "No student was chosen" in read_texts(app)
    assert app.button(key="start_run").disabled


def test_too_few_records_are_told_at_the_workload(database: Database) -> None:
    app = open_page("launch", workload="support_intent_router_for_all_regional_mobile_applications")
    assert "fewer than the minimum of 50" in read_texts(app)


def test_without_the_customized_variant_there_are_no_hyperparameters(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", evaluation_size="60", variants="base")
    assert "no customized variant is measured" in read_texts(app)
    assert "launch_epochs" not in {number.key for number in app.number_input}


def test_another_workload_forgets_the_client(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", client="research-desk")
    app.selectbox(key="launch_workload").select("tool_router").run()
    assert app.selectbox(key="launch_client").value == "All clients"
    assert "Logged 60 records" in read_texts(app) or "60 usable records" in read_texts(app)


def test_a_service_that_is_down_is_told_before_and_refuses_the_start(database: Database) -> None:
    add_service_down(database, "customizer", now=utc_now())
    app = open_page("launch", workload="news_classifier", evaluation_size="60")
    assert "Customizer does not answer Nothing has answered at http://127.0.0.1:8630" in read_texts(app)
    app.button(key="start_run").click().run()
    assert started(database) == []
    assert "customizer at http://127.0.0.1:8630 has not answered since" in read_texts(app).lower()
    assert app.title[0].value == "Launch a run"


def test_without_a_worker_a_run_waits_and_the_form_says_so(traffic_data: Path) -> None:
    app = open_page("launch", workload="news_classifier", evaluation_size="60")
    assert "No worker is running" in read_texts(app)
    assert not app.button(key="start_run").disabled


def test_an_auditor_may_look_but_not_start(database: Database) -> None:
    app = open_page("launch", workload="news_classifier", evaluation_size="60")
    app.selectbox(key="demo_account").select("teo.vargas").run()
    assert app.button(key="start_run").disabled


def test_a_wrong_link_is_told_with_the_near_miss(database: Database) -> None:
    app = open_page("launch", workload="news_clasifier")
    assert "did you mean 'news_classifier'?" in read_texts(app)


def test_without_traffic_it_says_what_to_do_first(data: Path) -> None:
    assert "No traffic yet" in read_texts(open_page("launch"))


def test_a_run_can_be_launched_again_with_what_it_asked_for(database: Database) -> None:
    add_finished_run_of_request(database, "done-1")
    app = open_page("run", id="done-1")
    app.button(key="launch_again").click().run()
    assert app.title[0].value == "Launch a run"
    assert app.number_input(key="launch_evaluation_size").value == 60
    assert app.number_input(key="launch_epochs").value == 5
    assert not app.checkbox(key="launch_student_local/linear-medium").value
