"""What a scenario plays on: a database, a small workload, services with faults, and workers that die.

Times are short, so that leases lapse within a second; the order of things is the product's.
"""

import signal
import time
from pathlib import Path
from typing import Self

import orjson
from sqlmodel import col, select

from core.database import utc_now
from core.logs import open_log_store
from core.migrations import open_database
from core.runs import LaunchRequest, RunStatus, RunView, StepView, get_run, launch_run, list_events
from core.runs.plan import resource_key
from core.runs.tables import EventRow, RunRow, StepRow
from core.settings import load_settings
from tests.chaos.fault_service import FaultService
from tests.chaos.nursery import ForkedWorker, Nursery, shared_nursery
from tests.waiting import wait_until

WORKLOAD = "ticket_triage"
LABELS = ("billing", "delivery", "returns")
RECORDS = 90
WORDS = ("invoice", "parcel", "refund", "late", "broken", "wrong", "twice", "never", "again", "street") * 2
STUDENT_A, STUDENT_B = "local/linear-small", "local/linear-medium"
QUICK = {
    "FLYWHEEL_NEMO__SETTLE_S": "1",
    "FLYWHEEL_NEMO__POLL_S": "0.05",
    "FLYWHEEL_NEMO__READ_TIMEOUT_S": "5",
    "FLYWHEEL_WORKER__LEASE_S": "2",
    "FLYWHEEL_WORKER__TICK_S": "0.1",
    "FLYWHEEL_WORKER__SWEEP_S": "1",
    "FLYWHEEL_PROBE__REQUESTS": "0",
    "FLYWHEEL_SPLIT__EVALUATION_SIZE": "10",
    "FLYWHEEL_ICL__SELECTION": "uniform",
}
VARIANTS = ("base", "icl", "customized")
JOBS_PER_STUDENT = 5
"""What a run creates for one student: a deployment, three evaluations, a customization."""


class Scene:
    """One installation on the fault service; a context manager that ends every process."""

    def __init__(
        self, folder: Path, *, database_url: str = "", fault: str | None = None, variables: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.service = FaultService(folder)
        self._own_nursery = Nursery(fault=fault) if fault else None
        self.workers: list[ForkedWorker] = []
        self.variables = {
            "FLYWHEEL_DATA": str(folder / "data"),
            "FLYWHEEL_NEMO__SERVICES_URL": self.service.url,
            "FLYWHEEL_NEMO__DATA_STORE_URL": self.service.url,
            "FLYWHEEL_NEMO__NIM_URL": f"{self.service.url}/nim",
            "FLYWHEEL_DATABASE__URL": database_url,
            **QUICK,
            **(variables or {}),
        }
        self.settings = load_settings(environ=self.variables)
        self.database = open_database(self.settings)
        self.logs = open_log_store(self.settings)
        for _ in self.logs.ingest(enumerate(map(orjson.dumps, list_tickets()), start=1)):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.signal(signal.SIGKILL)
        if self._own_nursery is not None:
            self._own_nursery.close()
        self.service.__exit__()
        self.logs.close()
        self.database.dispose()

    def start_worker(self, **variables: str) -> ForkedWorker:
        """Start a worker; `variables` are added to its environment."""
        nursery = self._own_nursery or shared_nursery()
        output = self.folder / f"worker-{len(self.workers) + 1}.log"
        self.workers.append(nursery.start({**self.variables, **variables}, output=output))
        return self.workers[-1]

    def launch(self, *students: str, variants: tuple[str, ...] = VARIANTS) -> str:
        """Queue a run and return its id."""
        request = LaunchRequest(
            workload_id=WORKLOAD, students=students or (STUDENT_A,), variants=variants, requested_by="rita"
        )
        return launch_run(self.database, request, settings=self.settings, logs=self.logs, now=utc_now())

    def read(self, run_id: str) -> RunView:
        """Return the run as stored now."""
        with self.database.read() as session:
            return get_run(session, run_id)

    def row(self, run_id: str) -> RunRow:
        """Return the run's row."""
        with self.database.read() as session:
            return session.get_one(RunRow, run_id)

    def step(self, run_id: str, key: str) -> StepRow:
        """Return one step's row; `key` may leave out the student."""
        full = key if key in ("prepare", "upload") or "/" in key else f"{key}:{STUDENT_A}"
        with self.database.read() as session:
            return session.get_one(StepRow, (run_id, full))

    def step_views(self, run_id: str) -> dict[str, StepView]:
        """Return all steps by key."""
        run = self.read(run_id)
        steps = [*run.shared_steps, *(step for student in run.students for step in student.steps)]
        return {step.key: step for step in steps}

    def key(self, run_id: str, step: str) -> str:
        """Return the mark of what a step of the first student creates."""
        return resource_key(run_id, f"{step}:{STUDENT_A}")

    def wait_for(self, run_id: str, status: RunStatus = RunStatus.COMPLETED, *, timeout_s: float = 60) -> RunView:
        """Return the run when it has this status; fails when it ends otherwise."""

        def reached() -> RunView | None:
            run = self.read(run_id)
            found = run.summary.status
            assert found is status or not found.is_final, f"{run_id} is {found}: {run.summary.error}"
            return run if found is status else None

        run = wait_until(reached, f"run {run_id} to be {status}", timeout_s=timeout_s)
        assert run is not None
        return run

    def wait_for_create(self, kind: str = "customization", *, count: int = 1) -> None:
        """Wait until the services made something."""
        wait_until(
            lambda: len(self.service.ledger("create", kind)) >= count, f"{count} creates of a {kind}", timeout_s=40
        )

    def wait_for_intent(self, run_id: str, key: str) -> None:
        """Wait until a step stored that it is about to create something."""
        wait_until(lambda: self.step(run_id, key).intent_at, f"the intent of {key}", timeout_s=40)

    def wait_for_attached(self, run_id: str, key: str) -> None:
        """Wait until a step knows its remote job and has settled into looking at it."""
        wait_until(lambda: self.step(run_id, key).remote_id, f"{key} to be attached", timeout_s=40)
        time.sleep(0.3)

    def wait_for_epoch(self, run_id: str, epoch: int, *, timeout_s: float = 20) -> None:
        """Wait until the run was claimed that often."""
        wait_until(lambda: self.row(run_id).epoch >= epoch, f"epoch {epoch} of {run_id}", timeout_s=timeout_s)

    def worker_logs(self) -> str:
        """Return what all workers have written."""
        return "".join(worker.read_log() for worker in self.workers)

    def check_created_once(self, count: int) -> None:
        """Check that `count` things were made outside, each once."""
        keys = [(entry.kind, entry.key) for entry in self.service.ledger("create")]
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        assert not doubled, f"created more than once: {doubled}"
        assert len(keys) == count, f"{len(keys)} creates instead of {count}: {keys}"

    def check_clean(self) -> None:
        """Check that nothing of any run is left outside."""
        remote = self.service.remote()
        assert remote.deployments == (), remote.deployments
        assert remote.live_jobs == (), remote.live_jobs

    def check_events(self, run_id: str) -> None:
        """Check that the run's events are numbered from 1 without gaps."""
        with self.database.read() as session:
            numbers = list(session.exec(select(EventRow.seq).where(col(EventRow.run_id) == run_id).order_by("seq")))
            assert numbers == list(range(1, len(numbers) + 1))
            assert session.get_one(RunRow, run_id).event_seq == len(numbers)
            assert len(list_events(session, run_id)) == len(numbers)


def list_tickets(start: int = 0, stop: int = RECORDS) -> list[dict[str, object]]:
    """Return some records of a small workload whose prompts differ from each other."""
    return [
        {
            "timestamp": 1_767_225_600 + 60 * number,
            "client_id": "shop",
            "workload_id": WORKLOAD,
            "request": {
                "model": "teacher",
                "messages": [
                    {"role": "system", "content": "Answer with the department in double brackets."},
                    {"role": "user", "content": f"Ticket {number * 7919}: {_words(number)}"},
                ],
            },
            "response": {
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": f"[[{LABELS[number % 3]}]]"},
                    }
                ],
                "usage": {"prompt_tokens": 40, "completion_tokens": 4, "total_tokens": 44},
            },
        }
        for number in range(start, stop)
    ]


def _words(number: int) -> str:
    return " ".join(f"{word}{number * k % 97}" for k, word in enumerate(WORDS[number % 10 :][:6], start=1))
