"""Answer times: median and 95th percentile as measured, and a candidate's against the teacher's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.statistics import Interval, QuantileEstimate, estimate_quantile

LatencySource = Literal["evaluation", "probe", "logs"]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Measured answer times in milliseconds. `concurrency` is the number of requests under way at once, if known.

    A probe sends requests at a stated concurrency; an evaluation's times depend on how the service spreads its work.
    """

    n: int
    p50: QuantileEstimate
    p95: QuantileEstimate
    source: LatencySource
    concurrency: int | None = None


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Answer times of a candidate's model, in milliseconds, in the order of the requests.

    `requests` were sent, `concurrency` at a time; those that failed have no time.
    """

    concurrency: int
    requests: int
    times_ms: tuple[float, ...]

    @property
    def failed(self) -> int:
        """How many requests got no answer."""
        return self.requests - len(self.times_ms)

    @property
    def latency(self) -> Latency | None:
        """The times in two numbers; None when every request failed."""
        return summarise_latency(self.times_ms, source="probe", concurrency=self.concurrency)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, as it is stored with the result."""
        return {"concurrency": self.concurrency, "requests": self.requests, "times_ms": list(self.times_ms)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Probe":
        """Read the JSON form."""
        return cls(concurrency=values["concurrency"], requests=values["requests"], times_ms=tuple(values["times_ms"]))


@dataclass(frozen=True, kw_only=True)
class LatencyComparison:
    """The 95th percentiles of candidate and teacher. `ratio` is None where one is unknown, and `unknown` says which."""

    candidate: Latency | None
    teacher: Latency | None
    ratio: float | None
    interval: Interval | None
    unknown: str | None


def summarise_latency(
    times_ms: Sequence[float | None], *, source: LatencySource, concurrency: int | None = None
) -> Latency | None:
    """Return median and 95th percentile of the times that were measured; None when none was."""
    known = [time for time in times_ms if time is not None]
    p50, p95 = estimate_quantile(known, 0.5), estimate_quantile(known, 0.95)
    if p50 is None or p95 is None:
        return None
    return Latency(n=len(known), p50=p50, p95=p95, source=source, concurrency=concurrency)


def compare_latency(candidate: Latency | None, teacher: Latency | None) -> LatencyComparison:
    """Return the candidate's 95th percentile as a multiple of the teacher's.

    The interval spans from the candidate's low over the teacher's high end to the opposite, so it is on the wide side;
    None when an end of either is unknown.
    """
    unknown = None
    if candidate is None:
        unknown = "the candidate's answer times were not measured"
    elif teacher is None:
        unknown = "the teacher's answer times are not known"
    elif teacher.p95.value <= 0:
        unknown = "the teacher's answer times are all zero"
    if candidate is None or teacher is None or unknown:
        return LatencyComparison(candidate=candidate, teacher=teacher, ratio=None, interval=None, unknown=unknown)
    return LatencyComparison(
        candidate=candidate,
        teacher=teacher,
        ratio=candidate.p95.value / teacher.p95.value,
        interval=_ratio_interval(candidate.p95, teacher.p95),
        unknown=None,
    )


def _ratio_interval(ours: QuantileEstimate, theirs: QuantileEstimate) -> Interval | None:
    if ours.low is None or ours.high is None or not theirs.low or theirs.high is None:
        return None
    return Interval(low=ours.low / theirs.high, high=ours.high / theirs.low)
