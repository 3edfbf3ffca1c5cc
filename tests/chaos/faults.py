"""What a fault-injecting service does to its requests; JSON in and out, so that a test can change it any time."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

Point = Literal["received", "before_effect", "after_effect", "answered"]
POINTS: tuple[Point, ...] = ("received", "before_effect", "after_effect", "answered")


@dataclass(frozen=True, kw_only=True)
class Kill:
    """End the victim's process group by SIGKILL at a point of a request that matches, with a probability, once."""

    point: Point
    requests: str
    probability: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Hang:
    """Let matching requests hang, before or after they take effect."""

    requests: str
    seconds: float
    after_effect: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer matching requests with a status instead of doing anything, `times` times."""

    requests: str
    status: int
    times: int
    retry_after_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Everything that can be wrong. Requests are matched as `METHOD /path` by regular expressions, times are seconds.

    A delayed request takes effect even when its client is gone, as behind a gateway.
    """

    unique_names: bool = True
    deploy_s: float = 0.1
    evaluate_s: float = 0.15
    customize_s: float = 0.2
    latency_s: tuple[float, float] = (0.0, 0.0)
    latency_requests: str = ""
    refuse_429: float = 0.0
    unavailable_503: float = 0.0
    drop_before: float = 0.0
    drop_after: float = 0.0
    list_lag_s: float = 0.0
    failing_keys: str | None = None
    is_progressing: bool = True
    hang: Hang | None = None
    answer: Answer | None = None
    victim: int | None = None
    kill: Kill | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the faults as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Return the faults of a JSON document; what is not named is not wrong."""
        known = {each.name for each in fields(cls)}
        assert document.keys() <= known, f"unknown faults: {document.keys() - known}"
        parts: dict[str, type] = {"hang": Hang, "answer": Answer, "kill": Kill}
        read = {name: parts[name](**value) if name in parts and value else value for name, value in document.items()}
        if "latency_s" in read:
            read["latency_s"] = tuple(read["latency_s"])
        return cls(**read)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One side effect in a service's ledger: `create`, `delete`, `cancel` or `conflict` of a deployment or job."""

    at: float
    operation: str
    kind: str
    key: str
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """What a service holds now."""

    deployments: tuple[str, ...] = ()
    live_jobs: tuple[str, ...] = ()
    jobs: tuple[dict[str, Any], ...] = ()
    datasets: tuple[str, ...] = ()
    kills: tuple[str, ...] = field(default=())
    requests: int = 0
