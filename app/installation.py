"""The parts of one installation that surfaces work with: its settings, its state database, its logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.database import Database
from core.logs import LogStore, open_log_store
from core.migrations import open_database
from core.policy import Policy, load_policy
from core.promotion import EvidenceSources
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What a request or command may ask; shared by the threads of a process."""

    settings: Settings
    database: Database
    logs: LogStore
    policy: Policy

    @property
    def sources(self) -> EvidenceSources:
        """What evidence rests on beside the state."""
        return EvidenceSources(policy=self.policy, settings=self.settings, logs=self.logs)

    def close(self) -> None:
        """Release files and connections."""
        self.logs.close()
        self.database.dispose()


def open_installation(settings: Settings) -> Installation:
    """Open the state database, created or upgraded where needed, and the log store; close it when done.

    The policy is read first, so that a wrong one stops the process before anything is touched.
    """
    policy = load_policy(settings.policy)
    database = open_database(settings)
    try:
        logs = open_log_store(settings)
    except BaseException:
        database.dispose()
        raise
    return Installation(settings=settings, database=database, logs=logs, policy=policy)


@contextmanager
def installed(settings: Settings) -> Iterator[Installation]:
    """Open an installation for the length of a `with` block."""
    installation = open_installation(settings)
    try:
        yield installation
    finally:
        installation.close()
