"""Real runs reviewed in a browser: every tab looked at, the must-see list read to its end, a decision made."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.ui import numbers
from tests.acceptance.real_traffic import finish_run, import_by_command, running
from tests.browser import checks
from tests.browser.reviewing import TABS, approve, plain, read_must_see_list, shown
from tests.processes import Installation

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

LARGE = "local/linear-large"
CANDIDATE = f"{LARGE}:customized"
REASON = "Read the whole must-see list; what went wrong there would do no harm."
PRICES = '[{"name": "%s", "price_input_usd": 3.0, "price_output_usd": 15.0}]'
POLICY = """\
minimum_agreement = 0.5
require_must_see = true

[[critical_classes]]
label = "%s"
minimum_recall = 0.2
"""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A file of real traffic, and a class of it that may not get lost."""

    name: str
    workload_id: str
    teacher: str
    critical: str

    @property
    def policy(self) -> str:
        """Low demands on agreement, because what is tested is the review, and all of the must-see list read."""
        return POLICY % self.critical


TRAFFIC = (
    Traffic(
        name="twitter-fin-topic",
        workload_id="news_topic_classifier",
        teacher="reference/twitter-financial-news-topic",
        critical="earnings",
    ),
    Traffic(
        name="snips-tools",
        workload_id="voice_tool_router",
        teacher="reference/snips-nlu",
        critical="rate_book",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A finished run with its pages served, and its comparison as the API tells it."""

    installation: Installation
    job_id: str

    @property
    def address(self) -> str:
        """The Review page of the candidate."""
        return f"{self.installation.web}/review?run={self.job_id}&candidate={CANDIDATE}"

    def comparison(self) -> dict[str, Any]:
        """Return the candidate's part of the comparison."""
        url = f"{self.installation.api}/api/jobs/{self.job_id}/comparison"
        candidates = httpx.get(url, timeout=60).raise_for_status().json()["candidates"]
        (made,) = [one for one in candidates if one["candidate"]["name"] == CANDIDATE]
        return dict(made)


@pytest.fixture(scope="module", params=TRAFFIC, ids=lambda traffic: traffic.name)
def reviewed(
    request: pytest.FixtureRequest, traffic: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reviewed]:
    """A run of the large student on all records of the file."""
    real: Traffic = request.param
    data = tmp_path_factory.mktemp(real.name)
    with running(data, policy=real.policy, FLYWHEEL_TEACHERS=PRICES % real.teacher) as installation:
        import_by_command(installation, traffic / f"{real.name}.train.jsonl.gz")
        job = finish_run(
            installation,
            workload_id=real.workload_id,
            client_id=real.name,
            students=[LARGE],
            data_split_config={"eval_size": 500},
        )
        installation.start("web")
        yield Reviewed(installation=installation, job_id=job["id"])


@pytest.mark.parametrize("device", checks.DEVICES)
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_sound(browser: Browser, reviewed: Reviewed, tab: str, device: checks.Device) -> None:
    with checks.open_context(browser, device) as context:
        page = context.new_page()
        checks.open_page(page, f"{reviewed.address}&tab={tab.replace(' ', '+')}")
        checks.assert_page_is_sound(page)
        if device == "desktop":
            checks.assert_above_the_fold(
                page,
                page.get_by_text(f"with {LARGE} · customized"),
                page.get_by_text("agrees with the teacher on"),
                page.get_by_test_id("stMetric").filter(has_text="Agreement"),
                page.get_by_role("button", name="Approve…"),
                page.get_by_role("button", name="Reject…"),
                page.get_by_role("button", name="Ask for changes…"),
            )


def test_numbers_of_errors_and_costs_equal_the_apis(page: Page, reviewed: Reviewed) -> None:
    made = reviewed.comparison()
    checks.open_page(page, f"{reviewed.address}&tab=Errors")
    confusion = made["confusion"]
    at = {label: number for number, label in enumerate(confusion["labels"])}
    moves = read_table(page, "Answers that moved most")
    assert moves
    for expected, answered, count in moves:
        if answered in at:
            assert int(count.replace(",", "")) == confusion["counts"][at[expected]][at[answered]]

    checks.open_page(page, f"{reviewed.address}&tab=Cost+and+latency")
    (row,) = [row for row in read_table(page, "Cost and answer times") if row[0].startswith(f"{LARGE} · customized")]
    cost, times = made["cost"], made["latency"]["candidate"]
    ratio = numbers.UNKNOWN if cost["ratio"] is None else numbers.share(cost["ratio"])
    assert row[2] == plain(ratio)
    assert row[5:] == [plain(numbers.milliseconds(times[quantile]["value"])) for quantile in ("p50", "p95")]
    for sentence in (*cost["unknown"], *cost["assumptions"]):
        expect(page.get_by_role("listitem").filter(has_text=sentence).first).to_be_visible()


def test_a_review_goes_from_opening_the_page_to_a_read_list_and_a_decision(page: Page, reviewed: Reviewed) -> None:
    must_see = reviewed.comparison()["must_see"]
    total = must_see["total"]
    assert must_see["is_required"]
    assert must_see["critical"] > 0
    checks.open_page(page, reviewed.address)
    expect(page.get_by_text(f"0 of {total} must-see read")).to_be_visible()
    expect(page.get_by_role("button", name="Approve…")).to_be_disabled()

    checks.open_page(page, f"{reviewed.address}&tab=Records&show=Must+see")
    read_must_see_list(page, total)
    checks.assert_page_is_sound(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text(f"{total} of {total} must-see read")).to_be_visible()

    approve(page, reason=REASON)
    decisions = httpx.get(f"{reviewed.installation.api}/api/decisions").raise_for_status().json()["decisions"]
    assert [(act["candidate"], act["verdict"], act["reason"]) for act in decisions] == [(CANDIDATE, "approved", REASON)]
    assert reviewed.comparison()["must_see"]["is_complete"]


def read_table(page: Page, name: str) -> list[list[str]]:
    """Return the cells of every row of a table, as a reader sees them."""
    rows = page.get_by_role("table", name=name).get_by_role("row").all()[1:]
    return [[shown(cell).strip() for cell in row.locator("th, td").all()] for row in rows]
