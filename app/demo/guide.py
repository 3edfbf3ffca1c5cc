"""What the demo does beside its processes, in a thread of its own: make the traffic, launch the runs, tell how they go.

1. On the first start, while the processes come up: traffic into the log store, the runs into the queue.
2. When everything answers: say what runs where.
3. Follow the runs whose end nobody has seen: tell every result, give the example's answer. A run that the stop before
   cut short is queued again.
Each step may be cut short anywhere and is safe to repeat at the next start.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from app.demo.folder import DemoFacts, DemoFolder
from app.demo.loading import load_traffic
from app.demo.story import REVIEWER, answer_example, best_result, launch_story
from app.demo.wording import DemoPart, describe_end, describe_load, describe_result, describe_resumption
from app.installation import Installation, installed
from core.evaluation import list_evaluations
from core.promotion import list_decisions
from core.runs import RunNotFound, RunStateError, RunStatus, get_run, retry_run
from core.settings import Settings

LOOK_EVERY_S = 0.5
ACTOR = "the demo's next start"


class Voice(Protocol):
    """How the guide speaks to whoever started the demo."""

    def tell(self, line: str) -> None:
        """Say how things go."""

    def announce(self, parts: Sequence[DemoPart]) -> None:
        """Say that everything answers and what there is to open."""

    def show(self, part: DemoPart) -> None:
        """Show the first finished comparison."""


class Guide:
    """The demo's thread. `stopping` is the supervisor's: it ends the guide, and the guide's failure sets it."""

    def __init__(
        self,
        settings: Settings,
        folder: DemoFolder,
        *,
        voice: Voice,
        stopping: threading.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings, self.folder = settings, folder
        self.error: Exception | None = None
        self.processes_answer = threading.Event()
        self._voice, self._stopping, self._clock = voice, stopping, clock
        self._thread = threading.Thread(target=self._run, name="demo guide")
        self._started_at = time.monotonic()
        self._told: set[tuple[str, str]] = set()
        self._cut_short: set[str] = set()
        self._has_shown = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Wait for the end, and raise what went wrong."""
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            with installed(self.settings) as parts:
                facts = self._prepare(parts)
                while not self.processes_answer.wait(LOOK_EVERY_S) and not self._stopping.is_set():
                    pass
                if not self._stopping.is_set():
                    self._announce(parts, facts)
                    self._follow(parts, facts)
        except Exception as error:  # noqa: BLE001  # the thread's edge: `finish` raises it where the command can tell it
            self.error = error
            self._stopping.set()

    def _prepare(self, parts: Installation) -> DemoFacts:
        """Make the traffic and launch the runs, unless an earlier start has done so."""
        facts = self.folder.read(now=self._clock())
        if facts.runs:
            return facts
        loaded = load_traffic(parts, until=facts.traffic_until, given_by=REVIEWER, should_stop=self._stopping.is_set)
        if self._stopping.is_set():
            return facts
        runs = launch_story(parts, clock=self._clock)
        facts = replace(facts, runs=runs, unfinished=tuple(runs.values()))
        self.folder.write(facts)
        self._voice.tell(describe_load(loaded, runs=len(runs)))
        return facts

    def _announce(self, parts: Installation, facts: DemoFacts) -> None:
        found = [part for run_id in facts.runs.values() if (part := _find_part(parts, run_id)) is not None]
        self._cut_short = {part.run.id for part in found if part.run.id in facts.unfinished and part.was_cut_short}
        self._voice.announce(found)
        for part in found:
            if part.run.status is RunStatus.COMPLETED:
                self._show(part)

    def _follow(self, parts: Installation, facts: DemoFacts) -> None:
        waiting = list(facts.unfinished)
        while waiting:
            waiting = [run_id for run_id in waiting if not self._see_end(parts, facts, run_id)]
            if self._stopping.wait(LOOK_EVERY_S if waiting else 0):
                return

    def _see_end(self, parts: Installation, facts: DemoFacts, run_id: str) -> bool:
        """Look at a run, tell what is new, and return whether its end was seen."""
        part = _find_part(parts, run_id)
        if self._stopping.is_set():  # a stop cancels runs: that is no end
            return False
        if part is None:
            self.folder.note_end(run_id, now=self._clock())
            return True
        if run_id in self._cut_short:
            self._resume(parts, part)
            return False
        self._tell_results(part)
        if not part.run.status.is_final:
            return False
        if part.run.status is RunStatus.COMPLETED:
            answer_example(parts, facts.runs, part.best, now=self._clock())
        self._voice.tell(describe_end(self.settings, part, elapsed_s=time.monotonic() - self._started_at))
        self.folder.note_end(run_id, now=self._clock())
        self._show(part)
        return True

    def _resume(self, parts: Installation, part: DemoPart) -> None:
        """Queue a run again; while its worker still cleans up this is refused, and the next look tries again."""
        try:
            retry_run(parts.database, part.run.id, actor=ACTOR, now=self._clock())
        except RunStateError:
            return
        self._cut_short.discard(part.run.id)
        self._told |= {(part.run.id, str(result.candidate)) for result in part.results}
        self._voice.tell(describe_resumption(part))

    def _tell_results(self, part: DemoPart) -> None:
        for result in sorted(part.results, key=lambda result: result.finished_at):
            key = (part.run.id, str(result.candidate))
            if key not in self._told:
                self._told.add(key)
                self._voice.tell(describe_result(result, part.run))

    def _show(self, part: DemoPart) -> None:
        if not self._has_shown and part.run.status is RunStatus.COMPLETED:
            self._has_shown = True
            self._voice.show(part)


def _find_part(parts: Installation, run_id: str) -> DemoPart | None:
    """Return a run of the demo with what came of it, None when somebody deleted it."""
    with parts.database.read() as session:
        try:
            run = get_run(session, run_id).summary
        except RunNotFound:
            return None
        results = tuple(list_evaluations(session, run_id))
        decisions = list_decisions(session, run_id=run_id, only_current=True, limit=1)
    return DemoPart(run=run, results=results, best=best_result(results), decision=next(iter(decisions), None))
