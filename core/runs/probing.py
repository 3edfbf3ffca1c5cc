"""The probe: prompts of the evaluation set replayed through the NIM proxy, a stated number at once, each answer timed.

An evaluation job spreads its requests as it likes, so its times say little about serving; a probe states its load. It
runs while the student is up, right after the variant's evaluation. A probe that fails leaves the latency unknown and
harms nothing else: it is measured beside the run, not for it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sqlmodel import Session

from core.evaluation import Candidate, Probe, store_probe
from core.nemo import Decoding, ServiceError, TimedAnswer
from core.runs.errors import StepFailed
from core.runs.execution import Execution
from core.runs.prepared import load_prepared, load_requests
from core.runs.stepping import StepResult
from core.runs.tables import StepRow

LARGEST_FAILED_SHARE = 0.5

Ask = Callable[[Mapping[str, Any]], TimedAnswer]


def probe(execution: Execution, step: StepRow) -> StepResult:
    """Replay prompts to the variant and store its answer times; entered again, it starts over."""
    settings = execution.around.settings.probe
    candidate = Candidate(student=str(step.student), variant=str(step.variant))
    model = str(execution.get_step(f"evaluate:{step.student}:{step.variant}").output["model"])
    judged = load_prepared(execution).find_judged(candidate.student, candidate.variant)
    requests = choose_requests(load_requests(execution, judged), settings.requests)
    ask = partial(_ask, execution, model)
    stopping = threading.Event()
    try:
        for request in requests[: settings.concurrency]:
            execution.call(lambda request=request: _try(ask, request))  # type: ignore[misc]  # warms up, not counted
        measured = execution.call(lambda: replay(ask, requests, concurrency=settings.concurrency, stopping=stopping))
    finally:
        stopping.set()
    if measured.failed > LARGEST_FAILED_SHARE * measured.requests:
        raise StepFailed(f"{measured.failed} of {measured.requests} probe requests to {model} failed")

    def store(session: Session) -> None:
        store_probe(session, execution.run_id, candidate, measured)

    return StepResult(output={"requests": measured.requests, "failed": measured.failed}, store=store)


def choose_requests(requests: Sequence[Mapping[str, Any]], count: int) -> tuple[Mapping[str, Any], ...]:
    """Return `count` requests evenly spread over the evaluation set; a smaller set is gone through again."""
    if not requests:
        return ()
    return tuple(requests[position * len(requests) // count % len(requests)] for position in range(count))


def replay(ask: Ask, requests: Sequence[Mapping[str, Any]], *, concurrency: int, stopping: threading.Event) -> Probe:
    """Ask `concurrency` requests at a time until all are answered or `stopping` is set, and return the times."""

    def ask_one(request: Mapping[str, Any]) -> TimedAnswer | None:
        return None if stopping.is_set() else _try(ask, request)

    with ThreadPoolExecutor(concurrency, thread_name_prefix="probe") as pool:
        answers = list(pool.map(ask_one, requests))
    return Probe(
        concurrency=concurrency,
        requests=len(requests),
        times_ms=tuple(answer.latency_ms for answer in answers if answer is not None),
    )


def _try(ask: Ask, request: Mapping[str, Any]) -> TimedAnswer | None:
    try:
        return ask(request)
    except ServiceError:
        return None


def _ask(execution: Execution, model: str, request: Mapping[str, Any]) -> TimedAnswer:
    return execution.around.operations.ask(model, request, decoding=Decoding())
