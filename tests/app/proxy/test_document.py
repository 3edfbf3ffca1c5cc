"""The code in docs/logging.md does what it says, against a real API process."""

import time
from pathlib import Path
from typing import Any

import openai

from core.logs import LogFilter
from tests.app.proxy.upstream import Model, Served
from tests.machine import REPOSITORY
from tests.processes import Installation
from tests.waiting import wait_until

BLOCKS = (REPOSITORY / "docs" / "logging.md").read_text(encoding="utf-8").split("```python\n")[1:]


def test_the_logger_and_the_hook_get_calls_into_the_store(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block.split("```")[0], names)
    with Installation(tmp_path) as installation, Served(Model().app) as model:
        installation.start("api")
        log = names["FlywheelLog"](installation.api, "triage", "shop")
        log.log({"messages": [{"role": "user", "content": "by hand"}]}, answer("[[billing]]"))
        with names["log_completions"](log) as hooked:
            client = openai.OpenAI(base_url=f"{model.url}/v1", api_key="k", http_client=hooked)
            client.chat.completions.create(model="big", messages=[{"role": "user", "content": "by hook"}])
            assert hooked.get(f"{model.url}/v1/models").status_code == 200

        def stored() -> int:
            return installation.logs.count(LogFilter(workload_id="triage", client_id="shop")).value

        wait_until(lambda: stored() == 2, "both calls to be stored", timeout_s=30)
        time.sleep(0.2)
        assert stored() == 2


def answer(text: str) -> dict[str, object]:
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def test_an_application_goes_on_without_the_api() -> None:
    names: dict[str, Any] = {}
    exec(BLOCKS[0].split("```")[0], names)
    log = names["FlywheelLog"]("http://127.0.0.1:9", "triage", "shop")
    started = time.monotonic()
    for _ in range(20_000):
        log.log({"messages": []}, {})
    assert time.monotonic() - started < 10
