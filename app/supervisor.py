"""`flywheel up`: the local backend, a worker, the API and the pages as child processes over one data folder.

Starting: 1. the ports are free; 2. the backend, until it answers, so that the worker's first look finds it; 3. worker,
API and pages at once, waited for in this order.
Stopping, on Ctrl-C or SIGTERM: 1. say what is about to be cancelled; 2. the worker, with the time its clean-up needs;
3. API; 4. pages; 5. backend. In between a child that dies is started again, after a wait that doubles.
"""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from app.addresses import is_loopback, listen_on, refuse_open_address
from app.announcements import LOG_FOLDER, describe_end, describe_stop, name_runs
from app.children import Child
from app.failures import EXIT_FAILED, EXIT_WRONG_INPUT
from core.settings import Settings

READY_WITHIN_S = 90.0
LOOK_EVERY_S = 0.2
ASK_TIMEOUT_S = 3.0
STOP_WITHIN_S = 10.0
WORKER_RESERVE_S = 5.0
REPEATED_SIGNAL_S = 3.0
"""A second signal within this time is no new wish: shells and `timeout` deliver one twice."""


class StartFailed(Exception):
    """A child ended or stayed silent while the installation was starting; `exit_code` is the supervisor's."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Supervisor:
    """The processes of one installation on this machine. `tell` prints a line for the person who started it.

    `stopping` is set by a signal; whoever sets it stops everything too.
    """

    def __init__(self, settings: Settings, *, tell: Callable[[str], None], environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.tell = tell
        self.uses_backend = points_to_backend(settings)
        names = ("backend", "worker", "api", "web") if self.uses_backend else ("worker", "api", "web")
        child_environ = environment_of_children(settings, environ)
        folder = settings.data / LOG_FOLDER
        self.children = {
            name: Child(name=name, command=(name,), log_path=folder / f"{name}.log", environ=child_environ)
            for name in names
        }
        self.stopping = threading.Event()
        self._signalled_at = 0.0
        self._is_impatient = False

    def handle_signals(self) -> None:
        """Stop on SIGTERM and SIGINT; must be called from the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def run(self, *, when_ready: Callable[[], None] = lambda: None) -> int:
        """Start everything, watch it until a signal comes, stop everything; returns the exit code."""
        check_addresses(self.settings, with_backend=self.uses_backend)
        exit_code = 0
        try:
            self._start_all()
            if not self.stopping.is_set():
                when_ready()
            while not self.stopping.wait(LOOK_EVERY_S):
                self._watch()
        except StartFailed as error:
            self.tell(str(error))
            exit_code = error.exit_code
        finally:
            self._stop_all()
        return exit_code

    def _on_signal(self, _number: int, _frame: Any) -> None:
        if self.stopping.is_set() and time.monotonic() - self._signalled_at > REPEATED_SIGNAL_S:
            self._is_impatient = True
        if not self.stopping.is_set():
            self._signalled_at = time.monotonic()
            self.stopping.set()

    def _start_all(self) -> None:
        api, web, backend = self.settings.api, self.settings.web, self.settings.backend
        questions: dict[str, Callable[[], bool]] = {
            "backend": lambda: ask(backend.host, backend.port, "/health") is not None,
            "worker": lambda: True,  # the API tells below whether it reported for work
            "api": lambda: bool((ask(api.host, api.port, "/healthz") or {}).get("workers")),
            "web": lambda: ask(web.host, web.port, "/healthz") is not None,
        }
        first, *others = self.children.values()
        groups = ([first], others) if self.uses_backend else ([first, *others],)
        for group in groups:
            for child in group:
                child.start()
            for child in group:
                self._wait_until_ready(child, questions[child.name])

    def _wait_until_ready(self, child: Child, is_ready: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not is_ready():
            if self.stopping.wait(LOOK_EVERY_S):
                return
            for started in self.children.values():
                if started.exit_code is not None and not self.stopping.is_set():
                    raise StartFailed(
                        describe_end(started),
                        exit_code=EXIT_WRONG_INPUT if started.exit_code == EXIT_WRONG_INPUT else EXIT_FAILED,
                    )
            if time.monotonic() > give_up_at:
                raise StartFailed(
                    f"{child.name} was not ready within {READY_WITHIN_S:.0f} s; its log is {child.log_path}",
                    exit_code=EXIT_FAILED,
                )

    def _watch(self) -> None:
        for child in self.children.values():
            for line in child.new_errors():
                self.tell(f"[{child.name}] {line}")
            if child.is_alive:
                continue
            if child.restart_at is None:
                wait_s = child.plan_restart()
                self.tell(f"{describe_end(child)}\n{child.name} is started again in {wait_s:.1f} s")
            elif time.monotonic() >= child.restart_at:
                child.start()

    def _stop_all(self) -> None:
        has_worker = self.children["worker"].is_alive
        self.tell(describe_stop(self._open_runs() if has_worker else [], self.settings))
        self._stop_child(self.children["worker"])
        if left := self._open_runs():
            self.tell(f"Left for the next start: {name_runs(left)}.")
        for name in ("api", "web", "backend"):
            if name in self.children:
                self._stop_child(self.children[name])
        self.tell("Stopped.")

    def _stop_child(self, child: Child) -> None:
        is_worker = child.name == "worker"
        within_s = self.settings.worker.grace_s + WORKER_RESERVE_S if is_worker else STOP_WITHIN_S
        child.ask_to_stop()
        give_up_at = time.monotonic() + within_s
        while child.is_alive and time.monotonic() < give_up_at and not self._is_impatient:
            time.sleep(0.05)
        if child.is_alive:
            left = "; what it was doing is finished at the next start" if is_worker else ""
            self.tell(f"{child.name} did not stop and was killed{left}")
            child.kill()

    def _open_runs(self) -> Sequence[Mapping[str, Any]]:
        api = self.settings.api
        path = "/api/jobs?limit=200&status=pending&status=running&status=cancelling"
        found = ask(api.host, api.port, path) if self.children["api"].is_alive else None
        return found["jobs"] if found else []


def check_addresses(settings: Settings, *, with_backend: bool) -> None:
    """Raise `InputError` for an address that is not loopback, `UnavailableError` for a port that is taken."""
    places = [("web", settings.web.host, settings.web.port), ("api", settings.api.host, settings.api.port)]
    if with_backend:
        places.append(("backend", settings.backend.host, settings.backend.port))
    for name, host, port in places:
        refuse_open_address(host, field=f"{name}.host")
        listen_on(host, port, field=f"{name}.port").close()


def points_to_backend(settings: Settings) -> bool:
    """Tell whether the services of the settings are the local backend; otherwise it is not needed."""
    nemo, backend = settings.nemo, settings.backend
    for url in (nemo.services_url, nemo.nim_url, nemo.data_store_url):
        parts = urlsplit(url)
        if is_loopback(parts.hostname or "") and parts.port == backend.port:
            return True
    return False


def environment_of_children(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which every child finds the same folder and ports as the supervisor."""
    return {
        **environ,
        "FLYWHEEL_DATA": str(settings.data),
        "FLYWHEEL_WEB__PORT": str(settings.web.port),
        "FLYWHEEL_API__PORT": str(settings.api.port),
        "FLYWHEEL_BACKEND__PORT": str(settings.backend.port),
        "PYTHONUNBUFFERED": "1",
    }


def ask(host: str, port: int, path: str) -> dict[str, Any] | None:
    """Return the JSON object that a child answers with, {} for another answer, None when it does not answer well."""
    connection = http.client.HTTPConnection(host, port, timeout=ASK_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if response.status >= 400:
        return None
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def run_supervisor(settings: Settings, *, tell: Callable[[str], None], when_ready: Callable[[], None]) -> int:
    """Run an installation in the foreground until a signal comes; returns the exit code."""
    settings.data.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(settings, tell=tell, environ=os.environ)
    supervisor.handle_signals()
    return supervisor.run(when_ready=when_ready)
