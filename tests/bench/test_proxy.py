"""What the side-car adds to a call: the whole plain answer, and the first piece of a stream, with and without it."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.proxy import Journal, Tags, create_proxy
from core.logs.sqlite import SqliteLogStore
from tests.app.proxy.upstream import Model, Served

CALLS = 300
ASK = {"model": "big", "messages": [{"role": "user", "content": "hello"}]}

pytestmark = pytest.mark.bench


def measure(call: Callable[[], object]) -> list[float]:
    call()
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1e3)
    return sorted(times)


def test_added_latency(tmp_path: Path) -> None:
    journal = Journal(lambda: SqliteLogStore(tmp_path / "logs.db"), tmp_path / "spool.ndjson")
    sys.stdout.write(f"\n{'':36}{'median ms':>12}{'95 % ms':>12}\n")
    with Served(Model().app) as upstream:
        proxy = create_proxy(upstream.url, journal, Tags(workload_id="w", client_id="c"))
        with Served(proxy) as sidecar, httpx.Client(trust_env=False) as client:

            def plain(base: str) -> None:
                client.post(f"{base}/v1/chat/completions", json=ASK).raise_for_status()

            def first_piece(base: str) -> None:
                with client.stream("POST", f"{base}/v1/chat/completions", json={**ASK, "stream": True}) as answer:
                    next(answer.iter_raw())

            for name, call in (("plain answer", plain), ("first piece of a stream", first_piece)):
                for way, base in (("direct", upstream.url), ("through the side-car", sidecar.url)):
                    times = measure(lambda call=call, base=base: call(base))  # type: ignore[misc]
                    middle, late = statistics.median(times), times[int(0.95 * len(times))]
                    sys.stdout.write(f"{f'{name}, {way}':36}{middle:>12.2f}{late:>12.2f}\n")
    sys.stdout.flush()
