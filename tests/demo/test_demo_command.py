"""`flywheel demo`: the real command, from an empty folder to a decision, over stops and starts; what it refuses."""

import json
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.demo.story import ENGINEER, REVIEWER, STORY
from app.ui.identity import Duty, find_account
from tests.browser import checks
from tests.demo.running import READY, Demo

COMPARED_WITHIN_S = 240  # 60 on two quiet cores; a machine full of other tests is not quiet
MINIMUM_AGREEMENT = 0.9  # of the default policy


def best_result(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evaluation that agrees most with the teacher, of a run as the API tells it."""
    results: list[dict[str, Any]] = [result for nim in run["nims"] for result in nim["evaluations"]]
    return max(results, key=lambda result: float(result["scores"]["accuracy"]))


def reject(demo: Demo, run_id: str, candidate: str) -> None:
    """Decide as a person does on the page."""
    body = {
        "candidate": candidate,
        "verdict": "rejected",
        "reason": "Two customers read the alerts without us.",
        "decided_by": "priya.raman",
        "expected_sequence": 0,
    }
    answer = httpx.post(f"{demo.api}/api/jobs/{run_id}/decisions", json=body, timeout=30)
    assert answer.is_success, answer.text


@pytest.mark.timeout(900)
def test_an_empty_folder_leads_to_a_comparison_on_screen_and_decisions_outlive_a_restart(
    tmp_path: Path, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    with Demo(tmp_path / "demo") as demo:
        demo.start()
        demo.wait_for("news_classifier is finished")
        headlines = demo.runs()["news_classifier"]
        best = best_result(headlines)
        checks.open_page(page, f"{demo.web}/review?run={headlines['id']}")
        shown = f"{best['scores']['accuracy'] * 100:.1f}\N{NO-BREAK SPACE}%"
        expect(page.get_by_text(shown).first).to_be_visible()
        elapsed_s = time.monotonic() - demo.started_at
        with capsys.disabled():
            sys.stdout.write(f"\nfrom `flywheel demo` to a comparison on screen: {elapsed_s:.1f} s\n")
        assert elapsed_s < COMPARED_WITHIN_S
        assert headlines["requested_by"] == ENGINEER
        assert best["accuracy_interval"]["low"] > MINIMUM_AGREEMENT

        demo.wait_for("broker_assistant is finished")
        assert best_result(demo.runs()["support_intents"])["accuracy_interval"]["high"] < MINIMUM_AGREEMENT
        (example,) = demo.ask("/api/decisions")["decisions"]
        assert (example["verdict"], example["decided_by"]) == ("changes_requested", REVIEWER)
        assert example["reason"].startswith("Written by the demo, as an example")
        reject(demo, headlines["id"], best["candidate"])
        before = demo.runs(), demo.ask("/api/decisions")
        assert demo.stop() == 0
        assert "cancels" not in demo.text()

        demo.start()
        demo.wait_for(READY)
        assert (demo.runs(), demo.ask("/api/decisions")) == before
        assert "rejected by priya.raman" in demo.text()
        assert "invented traffic are stored" not in demo.text()
        assert not (tmp_path / "theirs").exists()


@pytest.mark.timeout(900)
def test_what_a_stop_cuts_short_goes_on_at_the_next_start_and_a_reset_forgets_everything(tmp_path: Path) -> None:
    with Demo(tmp_path / "demo") as demo:
        demo.start()
        demo.wait_for("local/linear-small:base")
        first = demo.runs()
        refused = demo.run("--reset")
        assert refused.returncode == 1
        assert "a demo is running in" in refused.stderr
        assert demo.stop() == 0
        assert f"run {first['news_classifier']['id']} (workload news_classifier, running)" in demo.text()

        demo.start()
        demo.wait_for("news_classifier was cut short by the last stop and goes on")
        demo.wait_for("news_classifier is finished")
        resumed = demo.runs()
        assert {name: run["id"] for name, run in resumed.items()} == {name: run["id"] for name, run in first.items()}
        assert resumed["news_classifier"]["status"] == "completed"
        assert demo.stop() == 0

        (demo.data / "left.txt").write_text("of a session before")
        demo.start("--reset", "--json")
        demo.wait_for('"review"')
        fresh = demo.runs()
        assert not (demo.data / "left.txt").exists()
        assert {run["id"] for run in fresh.values()}.isdisjoint(run["id"] for run in first.values())
        assert demo.ask("/api/decisions") == {"decisions": []}


@pytest.mark.parametrize("arguments", [(), ("--reset",)], ids=["start", "reset"])
def test_a_folder_that_the_demo_did_not_make_is_refused_and_left_as_it_is(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    theirs = tmp_path / "work"
    theirs.mkdir()
    (theirs / "state.db").write_text("somebody's")
    ended = Demo(theirs).run("--json", *arguments)
    assert ended.returncode == 2
    error = json.loads(ended.stderr)["error"]
    assert error["field"] == "data"
    assert f"{theirs} holds files that the demo did not make" in error["message"]
    assert [(entry.name, entry.read_text()) for entry in theirs.iterdir()] == [("state.db", "somebody's")]


@pytest.mark.parametrize(
    ("name", "way"), [("web", "--port N"), ("api", "--api-port N"), ("backend", "FLYWHEEL_BACKEND__PORT=N")]
)
def test_a_taken_port_is_told_with_the_way_to_another_before_anything_is_emptied(
    tmp_path: Path, name: str, way: str
) -> None:
    demo = Demo(tmp_path / "demo")
    demo.data.mkdir()
    (demo.data / "flywheel-demo.json").write_text('{"made_by": "flywheel demo"}')
    port = getattr(demo, f"{name}_port")
    with socket.create_server(("127.0.0.1", port)):
        ended = demo.run("--reset")
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in ended.stderr
    assert way in ended.stderr
    assert (demo.data / "flywheel-demo.json").exists()


def test_the_story_is_told_by_accounts_of_the_demo_that_may_do_what_they_do() -> None:
    engineer, reviewer = find_account(ENGINEER), find_account(REVIEWER)
    assert engineer is not None
    assert engineer.may(Duty.LAUNCHER)
    assert reviewer is not None
    assert reviewer.may(Duty.REVIEWER)
    assert [run.workload_id for run in STORY] == ["news_classifier", "support_intents", "broker_assistant"]
