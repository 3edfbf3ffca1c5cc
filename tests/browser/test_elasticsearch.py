"""A run from launch to decision whose traffic lies in Elasticsearch, in a real browser with the real processes."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import Browser, Page, expect

from tests.backend.workload import STUDENT, make_records
from tests.browser import checks
from tests.browser.reviewing import approve
from tests.browser.test_launch_and_watch import RUN_ENDS_MS, badge, has_worker
from tests.contract.log_store.stores import remove_indices
from tests.elasticsearch_node import Node
from tests.elasticsearch_node.blueprint_index import fill_index, make_index
from tests.processes import Installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

REASON = "as good as the teacher on every class we looked at"


@pytest.fixture(scope="module", params=["flywheel-logs", "flywheel"], ids=["own months", "the blueprint's index"])
def installation(
    request: pytest.FixtureRequest, elasticsearch_node: Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Backend, worker, api and pages as processes over 300 records in Elasticsearch."""
    folder = tmp_path_factory.mktemp("elastic")
    variables = {
        "FLYWHEEL_LOGS__STORE": "elasticsearch",
        "FLYWHEEL_LOGS__ELASTICSEARCH__URL": elasticsearch_node.url,
        "FLYWHEEL_LOGS__ELASTICSEARCH__INDEX": request.param,
    }
    if request.param == "flywheel":
        with Elasticsearch(elasticsearch_node.url) as client:
            make_index(client, "flywheel")
            fill_index(client, "flywheel", make_records(300))
    with Installation(folder, **variables) as installation:
        if request.param != "flywheel":
            file = folder / "topics.jsonl"
            file.write_text("".join(json.dumps(record) + "\n" for record in make_records(300)))
            installation.import_traffic(file)
        for name in ("backend", "worker", "api", "web"):
            installation.start(name)
        wait_until(lambda: has_worker(installation), "the worker to register", timeout_s=60)
        yield installation
    remove_indices(elasticsearch_node.url)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One desktop page for the module."""
    with checks.open_context(browser, "desktop") as context:
        yield context.new_page()


def test_a_copy_of_the_blueprints_index_is_asked_for_on_the_page(page: Page, installation: Installation) -> None:
    if installation.logs.limits is None:
        pytest.skip("months of our own need no copy")
    checks.open_page(page, f"{installation.web}/logs")
    expect(page.get_by_role("button", name="Delete…")).to_have_count(0)
    page.get_by_role("button", name="Make it fast…").click()
    page.get_by_role("button", name="Copy it now").click()
    dialog = page.get_by_role("dialog", name="Import logs")
    expect(dialog.get_by_text("300 records stored")).to_be_visible(timeout=checks.TIMEOUT_MS)
    expect(dialog.get_by_text('index = "flywheel-logs"')).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)


def test_a_run_goes_from_launch_to_decision(page: Page, installation: Installation) -> None:
    for place in ("overview", "workloads?workload=topics", "logs?workload=topics"):
        checks.open_page(page, f"{installation.web}/{place}")
        checks.assert_page_is_sound(page)
        expect(page.get_by_text("does not answer")).to_have_count(0)
    checks.open_page(page, f"{installation.web}/launch?workload=topics&students={STUDENT}&eval=60")
    page.get_by_role("button", name="Start run").click()
    expect(page).to_have_url(re.compile(r"/run\?id="), timeout=checks.TIMEOUT_MS)
    run_id = page.url.partition("id=")[2]
    expect(badge(page, "Completed")).to_be_visible(timeout=RUN_ENDS_MS)
    checks.open_page(page, f"{installation.web}/review?run={run_id}")
    checks.assert_page_is_sound(page)
    approve(page, reason=REASON)
    decisions = httpx.get(f"{installation.api}/api/decisions").raise_for_status().json()["decisions"]
    assert [(act["job_id"], act["verdict"], act["reason"]) for act in decisions] == [(run_id, "approved", REASON)]


def test_a_node_that_is_away_is_named_with_what_still_works_and_comes_back(
    page: Page, elasticsearch_node: Node, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mortal = Node(tmp_path_factory.mktemp("mortal"))
    mortal.start()
    folder = tmp_path_factory.mktemp("away")
    file = folder / "topics.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in make_records(60)))
    variables = {"FLYWHEEL_LOGS__STORE": "elasticsearch", "FLYWHEEL_LOGS__ELASTICSEARCH__URL": mortal.url}
    with Installation(folder, **variables) as installation:
        installation.import_traffic(file)
        installation.start("web")
        checks.open_page(page, f"{installation.web}/logs", heading="Logs")
        expect(page.get_by_text("60 records, newest first")).to_be_visible()
        mortal.kill()
        for place in ("logs", "workloads?workload=topics", "overview"):
            page.goto(f"{installation.web}/{place}")
            expect(page.get_by_text("Log store does not answer")).to_be_visible(timeout=checks.TIMEOUT_MS)
            expect(page.get_by_text(re.compile(f"Elasticsearch at {mortal.url} does not answer"))).to_be_visible()
            expect(page.get_by_text(re.compile(r"(has not answered since|last answered) .*UTC"))).to_be_visible()
            expect(page.get_by_text(re.compile("reviews and decisions do not need it"))).to_be_visible()
        checks.open_page(page, f"{installation.web}/runs", heading="Runs")
        mortal.start()
        checks.open_page(page, f"{installation.web}/logs", heading="Logs")
        expect(page.get_by_text("60 records, newest first")).to_be_visible()
    mortal.kill()
