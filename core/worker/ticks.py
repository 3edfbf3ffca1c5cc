"""What a worker does every so often beside its runs: imports, previews, schedules, notices, sweeps, looks at services.

Each tick is short or gives way when the worker stops, holds no state, and leaves its work for the next tick when the
database or a service is down.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.database import DATABASE_DOWN
from core.logs import LogStoreUnavailable, run_waiting_deletion, run_waiting_import
from core.nemo import ServiceError
from core.notify import deliver_due, plan_deliveries
from core.policy import Policy
from core.promotion import EvidenceSources, describe_notice, has_decisions
from core.runs import (
    Surroundings,
    fire_schedules,
    remove_deleted_runs,
    run_waiting_preview,
    store_health,
    sweep,
)
from core.runs.tables import NoticeRow
from core.settings import WorkerSettings

HEALTH_S = 5
SCHEDULES_S = 2
NOTICES_S = 2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One piece of work and how often it is done."""

    work: Callable[[], None]
    every_s: float


class Ticks:
    """The ticks of one worker process."""

    def __init__(self, around: Surroundings, policy: Policy, *, is_stopping: Callable[[], bool]) -> None:
        self._around = around
        self._database = around.database
        self._sources = EvidenceSources(policy=policy, settings=around.settings, logs=around.logs)
        self._is_stopping = is_stopping
        self._may_skip = False
        self._has_skipped = False

    def list(self, settings: WorkerSettings) -> Sequence[Tick]:
        """Return all ticks."""
        return (
            Tick(work=self.import_uploads, every_s=2 * settings.tick_s),
            Tick(work=self.compute_previews, every_s=2 * settings.tick_s),
            Tick(work=self.fire_schedules, every_s=SCHEDULES_S),
            Tick(work=self.deliver_notices, every_s=NOTICES_S),
            Tick(work=self.sweep, every_s=settings.sweep_s),
            Tick(work=self.look_at_services, every_s=HEALTH_S),
        )

    def import_uploads(self) -> None:
        """Import what people uploaded on the pages, and delete the records that they asked to be gone."""
        try:
            while not self._is_stopping() and (self._import_next() or self._delete_next()):
                pass
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("an upload could not be imported yet, or a deletion not be done", exc_info=True)

    def compute_previews(self) -> None:
        """Compute the previews that people wait for on the Launch page."""
        around = self._around
        try:
            while not self._is_stopping() and run_waiting_preview(
                self._database, settings=around.settings, logs=around.logs, clock=around.clock
            ):
                pass
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("a preview could not be computed yet and will be tried again", exc_info=True)

    def fire_schedules(self) -> None:
        """Launch what schedules want launched."""
        around = self._around
        try:
            fired = fire_schedules(self._database, settings=around.settings, logs=around.logs, now=around.clock())
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("the schedules could not be looked at and will be again", exc_info=True)
            return
        for run_id in fired:
            logger.info("a schedule launched run %s", run_id)

    def deliver_notices(self) -> None:
        """Send what the outside is to be told."""
        around, webhooks = self._around, self._around.settings.webhooks
        try:
            while not self._is_stopping():
                planned = plan_deliveries(self._database, webhooks, describe=self._describe, now=around.clock())
                if not planned and not deliver_due(self._database, webhooks, clock=around.clock):
                    return
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("notices could not be delivered yet and will be", exc_info=True)

    def sweep(self) -> None:
        """Carry out deletions, and remove what finished runs left outside."""
        now = self._around.clock()
        try:
            remove_deleted_runs(self._database, self._around.operations, has_decisions=self._is_decided, now=now)
            sweep(self._database, self._around.operations, now=now)
        except (ServiceError, *DATABASE_DOWN):
            logger.warning("the sweep was cut short and will be repeated", exc_info=True)

    def look_at_services(self) -> None:
        """Store whether each service answers; every other time is enough while all of them do."""
        self._may_skip = self._may_skip and not self._has_skipped
        self._has_skipped = self._may_skip
        if self._may_skip:
            return
        sightings = self._around.operations.probe()
        self._may_skip = all(seen.ok for seen in sightings)
        try:
            with self._database.write() as session:
                store_health(session, sightings, now=self._around.clock())
        except DATABASE_DOWN:
            logger.warning("the services' health could not be stored", exc_info=True)

    def _import_next(self) -> bool:
        return run_waiting_import(self._database, self._around.logs, clock=self._around.clock)

    def _delete_next(self) -> bool:
        return run_waiting_deletion(self._database, self._around.logs, clock=self._around.clock)

    def _describe(self, notice: NoticeRow) -> Mapping[str, Any]:
        pages_url = self._around.settings.pages_url
        with self._database.read() as session:
            return describe_notice(session, notice, sources=self._sources, pages_url=pages_url)

    def _is_decided(self, run_id: str) -> bool:
        with self._database.read() as session:
            return has_decisions(session, run_id)
