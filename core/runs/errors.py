"""What can go wrong with a run.

    FlywheelError
    ├── LaunchRefused (InputError)   what was asked for cannot work; nothing was started
    ├── RunNotFound (NotFoundError)  no run has this id
    ├── RunStateError (ConflictError) the run is not in a state that allows the act
    └── StepFailed                   a step ended for good; the run goes on with the next student

`LeaseLost` and `RunInterrupted` are not errors but the two ways a run's thread is told to stop; they derive from
`BaseException` so that no `except Exception` can swallow them.
"""

from typing import Literal

from core.errors import ConflictError, FlywheelError, InputError, NotFoundError


class LaunchRefused(InputError):
    """A launch was refused before anything started; `field` names what to correct."""


class RunNotFound(NotFoundError):
    """No run has this id."""


class RunStateError(ConflictError):
    """The run's state does not allow the act."""


class StepFailed(FlywheelError):
    """A step ended for good; the message is what the run page shows."""


class LeaseLost(BaseException):
    """Another worker owns the run now: stop without touching the database or any service."""


class RunInterrupted(BaseException):
    """The run was asked to stop: `cancel` cleans up what it created, `release` leaves it to the next worker."""

    def __init__(self, mode: Literal["cancel", "release"], reason: str) -> None:
        super().__init__(reason)
        self.mode = mode
        self.reason = reason
