"""What the services of one backend share: the state, the files, the queue of jobs and the clock."""

from dataclasses import dataclass
from pathlib import Path

from core.backend.adapters import Adapters
from core.backend.identity import Clock
from core.backend.jobs import JobQueue
from core.backend.repositories import Repositories
from core.backend.state import State


@dataclass(frozen=True, kw_only=True)
class Context:
    """The parts of one backend. `deploy_s` is how long a deployment takes to become ready."""

    folder: Path
    state: State
    repositories: Repositories
    adapters: Adapters
    jobs: JobQueue
    clock: Clock
    deploy_s: float
