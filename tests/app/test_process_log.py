"""The log of a process: every line over a run says which run and step, as JSON where asked for, never with a secret."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.contextvars import bound_contextvars

from app.process_log import set_up_log
from tests.chaos.scene import Scene


@pytest.fixture
def capture(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield capsys
    logging.getLogger().handlers[:], logging.getLogger().level = before


def test_a_json_line_carries_what_it_is_about_its_facts_and_its_traceback(capture: pytest.CaptureFixture[str]) -> None:
    set_up_log(form="json")
    with bound_contextvars(run_id="r-1", step="upload"):
        try:
            raise RuntimeError("boom")
        except RuntimeError:
            logging.getLogger("core.x").exception("went %s", "wrong", extra={"attempt": 3})
    line = json.loads(capture.readouterr().err)
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "core.x", "went wrong")
    assert (line["run_id"], line["step"], line["attempt"]) == ("r-1", "upload", 3)
    assert "RuntimeError: boom" in line["traceback"]
    assert line["at"].endswith("Z")


def test_a_text_line_is_for_people(capture: pytest.CaptureFixture[str]) -> None:
    set_up_log(form="text")
    with bound_contextvars(run_id="r-1", worker="host:1:abc"):
        logging.getLogger("core.x").warning("slow")
    logging.getLogger("core.x").debug("unheard")
    text = capture.readouterr().err
    assert text.endswith("Z WARNING core.x: slow [run_id=r-1]\n")
    assert "unheard" not in text


def test_every_line_over_a_run_says_which_and_none_shows_a_secret(tmp_path: Path) -> None:
    secret = "s3cret-token-of-the-cluster"
    headers = {"FLYWHEEL_NEMO__SERVICES_HEADERS": json.dumps({"Authorization": "Bearer env:CLUSTER_TOKEN"})}
    json_lines = {"FLYWHEEL_LOGGING__FORMAT": "json", "FLYWHEEL_LOGGING__LEVEL": "DEBUG"}
    with Scene(tmp_path) as scene:
        scene.start_worker(**headers, **json_lines, CLUSTER_TOKEN=secret)
        run_id = scene.launch(variants=("base",))
        scene.wait_for(run_id)
        log = scene.worker_logs()
    assert secret not in log
    lines = [json.loads(line) for line in log.splitlines()]
    about = [line for line in lines if line.get("run_id") == run_id]
    judged = [line for line in about if line.get("step", "").startswith("evaluate:")]
    calls = [line for line in judged if line["logger"] == "core.nemo.transport"]
    assert calls
    assert {"service", "method", "path", "outcome", "duration_ms", "attempt"} <= calls[0].keys()
    assert {line.get("step") for line in about} >= {"upload", "deploy:local/linear-small"}
    assert all(line["worker"] for line in about)
