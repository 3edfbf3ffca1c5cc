"""Workloads as the pages show them: readiness, days in a row, answer shares. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.ui import numbers
from core.errors import NotFoundError, near_miss
from core.logs import LabelCount, WorkloadSummary
from core.settings import SplitSettings

SPARK_DAYS = 30
SHOWN_ANSWERS = 12
"""Answers listed by name; the others are counted together."""
OTHER_ANSWERS = "other answers"
NO_LABEL = "no short answer"


@dataclass(frozen=True, kw_only=True)
class WorkloadTotals:
    """A workload of one client, or of all: `client_id` None. Token sums cover only records that report usage.

    `last_stored` is when the last record was stored, None where that is unknown.
    """

    workload_id: str
    client_id: str | None
    clients: tuple[str, ...]
    records: int
    first: datetime
    last: datetime
    last_stored: datetime | None
    prompt_tokens: int
    completion_tokens: int
    models: tuple[str, ...]
    days: Mapping[str, int]
    tool_call_records: int


class Readiness(StrEnum):
    """Whether a run over this workload could start today; the values are what the page says."""

    READY = "Ready"
    TOO_FEW = "Too few records"


@dataclass(frozen=True, kw_only=True)
class AnswerShare:
    """One answer and its part of all records; `label` may stand for several answers."""

    label: str
    records: int
    share: float


def select_workload(summaries: Sequence[WorkloadSummary], workload_id: str, client_id: str | None) -> WorkloadTotals:
    """Return one workload, of one client or summed over all. Raises `NotFoundError` with the near miss."""
    of_workload = [row for row in summaries if row.workload_id == workload_id]
    if not of_workload:
        names = tuple({row.workload_id for row in summaries})
        raise NotFoundError(f"no workload {workload_id!r}{near_miss(workload_id, names)}", field="workload")
    chosen = [row for row in of_workload if client_id in {None, row.client_id}]
    if not chosen:
        names = tuple(row.client_id for row in of_workload)
        raise NotFoundError(
            f"client {client_id!r} has no record of workload {workload_id!r}{near_miss(str(client_id), names)}",
            field="client",
        )
    newest = max(chosen, key=lambda row: row.last_ms)
    days: Counter[str] = Counter()
    for row in chosen:
        days.update(row.days)
    return WorkloadTotals(
        workload_id=workload_id,
        client_id=client_id,
        clients=tuple(sorted(row.client_id for row in chosen)),
        records=sum(row.records for row in chosen),
        first=numbers.instant(min(row.first_ms for row in chosen)),
        last=numbers.instant(newest.last_ms),
        last_stored=None if newest.last_stored_ms is None else numbers.instant(newest.last_stored_ms),
        prompt_tokens=sum(row.prompt_tokens for row in chosen),
        completion_tokens=sum(row.completion_tokens for row in chosen),
        models=tuple(sorted({model for row in chosen for model in row.models})),
        days=days,
        tool_call_records=sum(row.tool_call_records for row in chosen),
    )


def word_lag(totals: WorkloadTotals) -> str | None:
    """Return how long after its own time the last record was stored, None where that is unknown."""
    if totals.last_stored is None:
        return None
    lag_s = (totals.last_stored - totals.last).total_seconds()
    if lag_s < 0:
        return f"its clock was {numbers.duration(-lag_s)} ahead"
    return f"stored {numbers.duration(lag_s)} later"


def judge_readiness(records: int, split: SplitSettings) -> Readiness:
    """Return whether `records` suffice for the smallest run the settings allow."""
    return Readiness.READY if records >= required_records(split) else Readiness.TOO_FEW


def required_records(split: SplitSettings) -> int:
    """Return how many records a run needs: the minimum, and something to train on beside the evaluation set."""
    return max(split.minimum_records, split.evaluation_size + 1)


def explain_readiness(records: int, split: SplitSettings) -> str:
    """Return one sentence on what a run would have to work with."""
    needed = required_records(split)
    if records < needed:
        missing = f"{numbers.count(needed - records)}{numbers.NBSP}more to come"
        return f"A run needs {numbers.quantity(needed, 'record')}; {missing}."
    return (
        f"A run would judge on {numbers.count(split.evaluation_size)} and train on up to"
        f" {numbers.quantity(records - split.evaluation_size, 'record')}."
    )


def last_days(days: Mapping[str, int], *, until: datetime, length: int = SPARK_DAYS) -> tuple[int, ...]:
    """Return records per UTC day for `length` days ending with that of `until`, oldest first, zero days included."""
    last = until.date()
    return tuple(days.get((last - timedelta(days=back)).isoformat(), 0) for back in reversed(range(length)))


def every_day(days: Mapping[str, int]) -> tuple[tuple[date, int], ...]:
    """Return (day, records) from the first to the last day with records, zero days included."""
    if not days:
        return ()
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    spread = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple((day, days.get(day.isoformat(), 0)) for day in spread)


def share_answers(counts: Sequence[LabelCount], total: int, *, shown: int) -> tuple[AnswerShare, ...]:
    """Return the most frequent answers, then the rest together, then records without a short answer.

    `total` is the workload's record count; what the store did not list is counted among the rest.
    """
    labelled = [count for count in counts if count.label is not None]
    unlabelled = sum(count.records for count in counts if count.label is None)
    named = [(str(count.label), count.records) for count in labelled[:shown]]
    rest = total - unlabelled - sum(records for _, records in named)
    rows = [*named, (OTHER_ANSWERS, rest), (NO_LABEL, unlabelled)]
    return tuple(
        AnswerShare(label=label, records=records, share=records / total) for label, records in rows if records > 0
    )


def summarise_totals(workloads: Sequence[WorkloadSummary]) -> str:
    """Return one line on all traffic: workloads, clients, records, span."""
    if not workloads:
        return "No traffic yet"
    first = numbers.instant(min(workload.first_ms for workload in workloads))
    last = numbers.instant(max(workload.last_ms for workload in workloads))
    parts = (
        numbers.quantity(len({workload.workload_id for workload in workloads}), "workload"),
        numbers.quantity(len({workload.client_id for workload in workloads}), "client"),
        numbers.quantity(sum(workload.records for workload in workloads), "record"),
        numbers.span(first, last),
    )
    return " · ".join(parts)
