"""What a request costs with the student and with the teacher, and what the workload would save in a month.

Measured tokens times the price table; the monthly figure follows from the workload's own traffic. Every number is an
estimate with an interval and the assumptions it rests on, or unknown with the reason: a missing price is never zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import Any

from core.evaluation.plain import to_plain
from core.evaluation.samples import Sample
from core.logs import LogStore, WorkloadSummary
from core.settings import Student
from core.statistics import Interval, MeanEstimate, estimate_mean
from core.statistics.means import student_quantile

DAYS_A_MONTH = 365.25 / 12
TOKENS_PRICED = 1_000_000
FEWEST_DAYS = 7  # whole days of traffic, so that every day of the week is among them


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars per million tokens."""

    input_usd: float
    output_usd: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return what so many tokens cost, in US dollars."""
        return (prompt_tokens * self.input_usd + completion_tokens * self.output_usd) / TOKENS_PRICED


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A workload's logged traffic. Token sums cover the `usage_records` records that report both counts.

    `days` maps ISO dates (UTC) to record counts, days without records left out.
    """

    records: int
    days: Mapping[str, int]
    usage_records: int
    prompt_tokens: int
    completion_tokens: int
    models: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CostComparison:
    """Costs of one request, their ratio, and the projected saving of a month, in US dollars.

    Numbers are None where unknown, and `unknown` lists why. `requests_a_month` and `monthly_saving_usd` come with 95 %
    intervals where there are enough whole days. `assumptions` are sentences to be shown with the numbers.
    """

    student_request_usd: float | None = None
    teacher_request_usd: float | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    requests_a_month: float | None = None
    requests_interval: Interval | None = None
    monthly_saving_usd: float | None = None
    saving_interval: Interval | None = None
    assumptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        result: dict[str, Any] = to_plain(self)
        return result


def student_price(student: Student) -> Price | None:
    """Return a student's price, None where a part of it is not set."""
    if student.price_input_usd is None or student.price_output_usd is None:
        return None
    return Price(input_usd=student.price_input_usd, output_usd=student.price_output_usd)


def find_traffic(logs: LogStore, workload_id: str, client_id: str | None) -> Traffic:
    """Return a workload's traffic, of one client or of all. Raises what the log store raises when it is down."""
    return sum_traffic(
        summary
        for summary in logs.workloads()
        if summary.workload_id == workload_id and client_id in (None, summary.client_id)
    )


def sum_traffic(summaries: Iterable[WorkloadSummary]) -> Traffic:
    """Return the traffic of several (client, workload) pairs as one."""
    days: dict[str, int] = {}
    models: set[str] = set()
    records = usage_records = prompt_tokens = completion_tokens = 0
    for summary in summaries:
        records += summary.records
        usage_records += summary.usage_records
        prompt_tokens += summary.prompt_tokens
        completion_tokens += summary.completion_tokens
        models.update(summary.models)
        for day, count in summary.days.items():
            days[day] = days.get(day, 0) + count
    return Traffic(
        records=records,
        days=days,
        usage_records=usage_records,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        models=tuple(sorted(models)),
    )


def compare_cost(
    samples: Sequence[Sample],
    traffic: Traffic,
    *,
    student_price: Price | None,
    teacher_prices: Mapping[str, Price],
) -> CostComparison:
    """Return a candidate's cost against the teacher's; `teacher_prices` is the price table by model name."""
    notes = _Notes()
    student = _student_cost(samples, student_price, notes)
    teacher = _teacher_cost(traffic, teacher_prices, notes)
    requests = _requests_a_day(traffic, notes)
    saving = _monthly_saving(student, teacher, requests)
    if saving is not None:
        notes.assumptions.append("Running the student's hardware, training it and reviewing it are not included.")
    return CostComparison(
        student_request_usd=student.value if student is not None else None,
        teacher_request_usd=teacher,
        ratio=student.value / teacher if student is not None and teacher is not None else None,
        ratio_interval=_scaled(student, 1 / teacher) if student is not None and teacher is not None else None,
        requests_a_month=requests.value * DAYS_A_MONTH if requests is not None else None,
        requests_interval=_scaled(requests, DAYS_A_MONTH) if requests is not None else None,
        monthly_saving_usd=saving.value if saving is not None else None,
        saving_interval=saving.interval if saving is not None else None,
        assumptions=tuple(notes.assumptions),
        unknown=tuple(notes.unknown),
    )


@dataclass
class _Notes:
    assumptions: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Saving:
    value: float
    interval: Interval | None


def _student_cost(samples: Sequence[Sample], price: Price | None, notes: _Notes) -> MeanEstimate | None:
    if price is None:
        notes.unknown.append("the student has no price")
        return None
    costs = [
        price.of(sample.prompt_tokens, sample.completion_tokens)
        for sample in samples
        if sample.prompt_tokens is not None and sample.completion_tokens is not None
    ]
    estimate = estimate_mean(costs)
    if estimate is None:
        notes.unknown.append("no answer of the student reports its tokens")
        return None
    notes.assumptions.append(
        f"A request to the student takes the tokens measured on {len(costs):,} evaluation records, at "
        f"${price.input_usd:g} per million prompt tokens and ${price.output_usd:g} per million completion tokens."
    )
    return estimate


def _teacher_cost(traffic: Traffic, prices: Mapping[str, Price], notes: _Notes) -> float | None:
    if not traffic.usage_records:
        notes.unknown.append("no logged answer of the teacher reports its tokens")
        return None
    unpriced = [model for model in traffic.models if model not in prices]
    if unpriced or not traffic.models:
        notes.unknown.append(f"the teacher {', '.join(unpriced) or '(not named in the logs)'} has no price")
        return None
    known = {prices[model] for model in traffic.models}
    if len(known) > 1:
        notes.unknown.append(f"the teachers {', '.join(traffic.models)} have different prices")
        return None
    price = known.pop()
    cost = price.of(traffic.prompt_tokens, traffic.completion_tokens) / traffic.usage_records
    if cost == 0:
        notes.unknown.append("the teacher costs nothing")
        return None
    notes.assumptions.append(
        f"A request to the teacher takes the mean tokens of {traffic.usage_records:,} logged requests, at "
        f"${price.input_usd:g} per million prompt tokens and ${price.output_usd:g} per million completion tokens."
    )
    return cost


def _requests_a_day(traffic: Traffic, notes: _Notes) -> MeanEstimate | None:
    if not traffic.days:
        notes.unknown.append("no traffic is logged")
        return None
    first, last = date.fromisoformat(min(traffic.days)), date.fromisoformat(max(traffic.days))
    # The first and the last day are cut off somewhere; days in between without a record count as zero.
    whole = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days)]
    estimate = estimate_mean([traffic.days.get(day.isoformat(), 0) for day in whole])
    if estimate is None or estimate.n < FEWEST_DAYS:
        notes.unknown.append(
            f"the log holds {len(whole)} whole days of traffic, {FEWEST_DAYS} are needed for a month's"
        )
        return None
    notes.assumptions.append(
        f"Traffic goes on as on the {estimate.n} whole days from {whole[0]} to {whole[-1]}: {estimate.value:,.0f} "
        "requests a day; the interval takes days as independent."
    )
    return estimate


def _monthly_saving(
    student: MeanEstimate | None, teacher: float | None, requests: MeanEstimate | None
) -> _Saving | None:
    if student is None or teacher is None or requests is None:
        return None
    saved = teacher - student.value
    value = requests.value * saved * DAYS_A_MONTH
    if requests.standard_error is None or student.standard_error is None:
        return _Saving(value, None)
    # The variance of a product of two independent estimates, to first order.
    error = sqrt((saved * requests.standard_error) ** 2 + (requests.value * student.standard_error) ** 2) * DAYS_A_MONTH
    half_width = student_quantile(0.975, requests.n - 1) * error
    return _Saving(value, Interval(low=value - half_width, high=value + half_width))


def _scaled(estimate: MeanEstimate, factor: float) -> Interval | None:
    if estimate.low is None or estimate.high is None:
        return None
    return Interval(low=max(0.0, estimate.low * factor), high=estimate.high * factor)
