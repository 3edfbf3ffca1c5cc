"""Real traffic in, trained and evaluated students out: the whole product over real HTTP, as a stranger would use it.

The quick tests make one run of two students on a part of the tweets, the full ones on all of them, and over five seeds.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sklearn.metrics import accuracy_score, f1_score

from core.scoring import token_overlap_f1
from tests.acceptance.real_traffic import finish_run, import_by_command, running
from tests.browser import checks
from tests.browser.reviewing import approve
from tests.processes import Installation

SMALL, LARGE = "local/linear-small", "local/linear-large"
REASON = "Good enough to sort tweets into folders; nobody trades on them."
SEEDS = (42, 43, 44, 45, 46)
ICL_GAIN = 0.15
"""What in-context examples add to the large student's agreement at least."""
PART, PART_LEAST = 3_000, 0.6
"""Records of the quick run, and what the large student then answers well at least."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A file of real traffic and the figures promised for it."""

    file: str
    workload_id: str
    records: int
    least_mean: float
    least: float
    base_below: float


TWEETS = Workload(
    file="twitter-fin-topic.train.jsonl.gz",
    workload_id="news_topic_classifier",
    records=15304,
    least_mean=0.78,
    least=0.75,
    base_below=0.45,
)
BANKING = Workload(
    file="banking77.train.jsonl.gz",
    workload_id="bank_intent_router",
    records=9972,
    least_mean=0.86,
    least=0.0,
    base_below=1.0,
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty installation that runs."""
    with running(tmp_path) as installation:
        yield installation


@pytest.fixture(
    scope="module",
    params=[pytest.param(PART, id="part"), pytest.param(None, id="all", marks=pytest.mark.full)],
)
def finished(
    request: pytest.FixtureRequest, traffic: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, dict[str, Any]]]:
    """An installation with one finished run of all students on the tweets, and that run as the API tells it."""
    with running(tmp_path_factory.mktemp("tweets")) as installation:
        counts = import_by_command(installation, traffic / TWEETS.file)
        assert (counts["stored"], counts["duplicate"], counts["rejected"]) == (TWEETS.records, 0, 0)
        body: dict[str, Any] = {"workload_id": TWEETS.workload_id, "client_id": "twitter-fin-topic"}
        if request.param == PART:
            body["students"] = [SMALL, LARGE]
        yield (
            installation,
            finish_run(installation, **body, data_split_config={"eval_size": 500, "limit": request.param}),
        )


def is_quick(job: dict[str, Any]) -> bool:
    """Tell whether a run is the one on a part of the tweets."""
    return bool(job["num_records"] <= PART)


def evaluations(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["candidate"]: entry for nim in job["nims"] for entry in nim["evaluations"]}


def all_samples(installation: Installation, job_id: str, candidate: str) -> list[dict[str, Any]]:
    samples: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query: dict[str, str | int] = {"candidate": candidate, "limit": 200, **({"cursor": cursor} if cursor else {})}
        page = httpx.get(f"{installation.api}/api/jobs/{job_id}/samples", params=query).raise_for_status().json()
        samples += page["samples"]
        cursor = page["next_cursor"]
        if cursor is None:
            return samples


@pytest.mark.timeout(600)
def test_every_score_of_a_run_with_defaults_follows_from_its_samples(
    finished: tuple[Installation, dict[str, Any]],
) -> None:
    installation, job = finished
    measured = evaluations(job)
    assert len(measured) == (6 if is_quick(job) else 9)
    for candidate, entry in measured.items():
        samples = all_samples(installation, job["id"], candidate)
        expected = [sample["expected_key"] for sample in samples]
        answered = [sample["answer_key"] or "(unreadable)" for sample in samples]
        labels = sorted(set(expected))
        assert [sample["position"] for sample in samples] == list(range(500))
        assert entry["n"] == 500
        assert entry["scores"]["accuracy"] == pytest.approx(accuracy_score(expected, answered), abs=1e-12)
        for average in ("macro", "weighted"):
            score = f1_score(expected, answered, labels=labels, average=average, zero_division=0)
            assert entry["metrics"][f"{average}_f1"] == pytest.approx(score, abs=1e-12)
        overlap = [token_overlap_f1(s["output_text"], f"[[{s['expected_text']}]]") for s in samples]
        assert entry["metrics"]["token_overlap_f1"] == pytest.approx(statistics.fmean(overlap), abs=1e-12)
        assert entry["scores"]["f1_score"] == pytest.approx(statistics.fmean(overlap), abs=1e-6)
    least = PART_LEAST if is_quick(job) else TWEETS.least
    assert measured[f"{LARGE}:customized"]["scores"]["accuracy"] >= least
    assert measured[f"{LARGE}:base"]["scores"]["accuracy"] < TWEETS.base_below
    gain = measured[f"{LARGE}:icl"]["scores"]["accuracy"] - measured[f"{LARGE}:base"]["scores"]["accuracy"]
    assert gain >= ICL_GAIN


@pytest.mark.timeout(600)
def test_answer_times_of_every_candidate_come_from_a_probe_of_a_stated_load(
    finished: tuple[Installation, dict[str, Any]],
) -> None:
    installation, job = finished
    comparison = httpx.get(f"{installation.api}/api/jobs/{job['id']}/comparison").raise_for_status().json()
    times = [candidate["latency"]["candidate"] for candidate in comparison["candidates"]]
    assert [(t["source"], t["n"], t["concurrency"]) for t in times] == [("probe", 100, 4)] * len(evaluations(job))
    assert all(0 < t["p50"]["value"] <= t["p95"]["value"] for t in times)


@pytest.mark.timeout(600)
def test_the_review_page_shows_the_apis_numbers_and_a_triple_click_decides_once(
    finished: tuple[Installation, dict[str, Any]], page: Page
) -> None:
    installation, job = finished
    installation.start("web")
    for candidate, entry in evaluations(job).items():
        if is_quick(job) and not candidate.startswith(LARGE):
            continue
        checks.open_page(page, f"{installation.web}/review?run={job['id']}&candidate={candidate}")
        interval = entry["accuracy_interval"]
        agreement = page.get_by_test_id("stMetric").filter(has_text="Agreement")
        expect(agreement).to_contain_text(f"{100 * entry['scores']['accuracy']:.1f} %")
        outwards = floor(1000 * interval["low"]) / 10, ceil(1000 * interval["high"]) / 10
        expect(agreement).to_contain_text(f"{outwards[0]:.1f} to {outwards[1]:.1f} %")
        expect(page.get_by_text(f"n {entry['n']}").first).to_be_visible()

    checks.open_page(page, f"{installation.web}/review?run={job['id']}&candidate={LARGE}:customized")
    approve(page, reason=REASON)

    decisions = httpx.get(f"{installation.api}/api/decisions").raise_for_status().json()["decisions"]
    assert [(d["job_id"], d["candidate"], d["verdict"], d["reason"]) for d in decisions] == [
        (job["id"], f"{LARGE}:customized", "approved", REASON)
    ]


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workload", [TWEETS, BANKING], ids=lambda workload: workload.workload_id)
def test_the_large_student_learns_what_is_promised_over_five_seeds(
    installation: Installation, traffic: Path, workload: Workload
) -> None:
    assert import_by_command(installation, traffic / workload.file)["stored"] == workload.records
    client = workload.file.split(".")[0]
    customized, base = [], []
    for seed in SEEDS:
        job = finish_run(
            installation,
            workload_id=workload.workload_id,
            client_id=client,
            students=[LARGE],
            evaluation_set="new",
            data_split_config={"eval_size": 500, "random_seed": seed},
        )
        measured = evaluations(job)
        customized.append(measured[f"{LARGE}:customized"]["scores"]["accuracy"])
        base.append(measured[f"{LARGE}:base"]["scores"]["accuracy"])
    figures = f"{workload.workload_id}: customized {customized}, base {base}"
    assert statistics.fmean(customized) >= workload.least_mean, figures
    assert min(customized) >= workload.least, figures
    assert max(base) < workload.base_below, figures
