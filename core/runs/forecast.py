"""What can be told about a run before it starts: what its size can show, its time, its cost, its place.

Every number is an estimate with what it rests on; unknown is a value, never zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.evaluation import (
    Assumption,
    PowerReading,
    assume_agreement,
    find_traffic,
    list_evaluations,
    read_power,
    student_price,
)
from core.logs import LogStore
from core.policy import Policy
from core.runs.launch import LaunchPlan
from core.runs.pace import estimate_total_s, load_pace
from core.runs.request import CompletedRequest
from core.runs.tables import RunRow, RunStatus, StepKind
from core.settings import Settings

EARLIER_RUNS = 5


@dataclass(frozen=True, kw_only=True)
class CostForecast:
    """What evaluating and probing will cost at the students' prices, in US dollars; None where `unknown` says why."""

    usd: float | None
    unknown: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Who comes first: runs that wait before this one, and runs at work now."""

    waiting: int
    running: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The forecast of a launch. `expected_s` is None before any run has finished."""

    power: PowerReading
    expected_s: float | None
    cost: CostForecast
    queue: Queue

    def to_dict(self) -> dict[str, object]:
        """Return the forecast as plain JSON values."""
        return {
            "power": self.power.to_dict(),
            "expected_s": self.expected_s,
            "cost": asdict(self.cost),
            "queue": asdict(self.queue),
        }


def forecast_launch(
    session: Session,
    plan: LaunchPlan,
    *,
    settings: Settings,
    policy: Policy,
    logs: LogStore,
    assumed: float | None = None,
) -> Forecast:
    """Return what can be told about a planned launch. `assumed` replaces the agreement the power meter assumes."""
    request = plan.request
    assumption = _assume(session, request, policy) if assumed is None else Assumption(agreement=assumed, source="given")
    return Forecast(
        power=read_power(request.evaluation_size, policy, assumption),
        expected_s=estimate_total_s(plan.steps, load_pace(session, request.workload_id)),
        cost=_forecast_cost(plan, settings=settings, logs=logs),
        queue=_count_queue(session),
    )


def _assume(session: Session, request: CompletedRequest, policy: Policy) -> Assumption:
    finished = (
        select(RunRow.id)
        .where(
            col(RunRow.workload_id) == request.workload_id,
            col(RunRow.status).in_((RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS)),
        )
        .order_by(col(RunRow.created_at).desc())
        .limit(EARLIER_RUNS)
    )
    earlier = [
        result
        for run_id in session.exec(finished)
        for result in list_evaluations(session, run_id)
        if result.candidate.student in request.students
    ]
    return assume_agreement(earlier, policy)


def _count_queue(session: Session) -> Queue:
    counts: Mapping[str, int] = dict(
        session.exec(
            select(RunRow.status, func.count())
            .where(col(RunRow.status).in_((RunStatus.PENDING, RunStatus.RUNNING, RunStatus.CANCELLING)))
            .group_by(col(RunRow.status))
        ).all()
    )
    waiting = counts.get(RunStatus.PENDING, 0)
    return Queue(waiting=waiting, running=sum(counts.values()) - waiting)


def _forecast_cost(plan: LaunchPlan, *, settings: Settings, logs: LogStore) -> CostForecast:
    request = plan.request
    traffic = find_traffic(logs, request.workload_id, request.client_id)
    if not traffic.usage_records:
        return CostForecast(usd=None, unknown=("the log reports no tokens for this workload",))
    tokens = tuple(total / traffic.usage_records for total in (traffic.prompt_tokens, traffic.completion_tokens))
    total, unknown = 0.0, []
    for name in request.students:
        price = student_price(settings.find_student(name))
        if price is None:
            unknown.append(f"no price is set for {name}")
            continue
        total += _count_requests(plan.steps, name, request, settings) * price.of(*tokens)
    if unknown:
        return CostForecast(usd=None, unknown=tuple(unknown))
    return CostForecast(
        usd=total,
        assumptions=(
            f"prompts of {tokens[0]:,.0f} and answers of {tokens[1]:,.0f} tokens, the log's means",
            "training, and the examples in in-context prompts, are not counted",
        ),
    )


def _count_requests(steps: Sequence[str], student: str, request: CompletedRequest, settings: Settings) -> int:
    """Return how many requests a student answers in evaluations and probes, the probes' warm-up included."""
    sizes = {
        StepKind.EVALUATE: request.evaluation_size,
        StepKind.PROBE: settings.probe.requests + min(settings.probe.concurrency, settings.probe.requests),
    }
    return sum(size for kind, size in sizes.items() for step in steps if step.startswith(f"{kind}:{student}:"))
