"""What can go wrong with the services outside, by what the caller does next.

ServiceError
├── ServiceUnavailable   retry later: refused, timed out, 408, 425, 429, 5xx
├── RequestRefused       definite: any other 4xx, or an answer that breaks the contract
├── ResourceMissing      404 for something that should exist
└── ResourceExists       the create met a resource of the same name: adopt it
"""

from core.errors import FlywheelError, UnavailableError


class ServiceError(FlywheelError):
    """Base of all errors of the NeMo services and the local backend. `status` is the HTTP status, if one came."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ServiceUnavailable(ServiceError, UnavailableError):
    """The service did not answer or asked to come back.

    `ambiguous` is True when the request may still have taken effect (a create must be looked up before it is sent
    again), False when it provably did not. `retry_after_s` is the service's own wish, at most 120 seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str,
        ambiguous: bool,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        # Not super(): both parents take the message, and the first would pass it on to the second.
        UnavailableError.__init__(self, message, service=service)
        self.status = status
        self.ambiguous = ambiguous
        self.retry_after_s = retry_after_s


class RequestRefused(ServiceError):
    """The service understood the request and will not do it; sending it again changes nothing."""


class ResourceMissing(RequestRefused):
    """The job, deployment or file asked for is not there (any more)."""


class ResourceExists(RequestRefused):
    """A resource of this name exists already; look it up and adopt it if it is ours."""
