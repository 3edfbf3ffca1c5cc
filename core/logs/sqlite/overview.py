"""Overviews from the roll-ups: exact, and independent of the number of records."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from core.logs.sqlite.conditions import Conditions
from core.logs.sqlite.loading import RecordLoader
from core.logs.store import LogImport, WorkloadSummary
from core.logs.timestamps import iso_day

TOTALS = """
SELECT total.*, (
    SELECT committed_ms FROM record INDEXED BY record_workload JOIN txn USING (txn)
    WHERE record.workload = total.workload AND record.id >= total.last_ms AND record.timestamp_ms = total.last_ms
    ORDER BY record.id DESC LIMIT 1)
FROM (
    SELECT workload, client_id, workload_id, sum(records), min(first_ms), max(last_ms) AS last_ms, sum(usage_records),
        sum(prompt_tokens), sum(completion_tokens), sum(records * tools)
    FROM rollup JOIN workload USING (workload) GROUP BY workload) AS total
"""
"""A record's id is its time or later, so the newest record of a workload is found at the end of its index."""

MODELS = "SELECT DISTINCT workload, model FROM rollup WHERE model"
IMPORTS = """
SELECT batch, source, started_ms, ended_ms, stored, duplicate, rejected,
    (SELECT coalesce(sum(records), 0) FROM txn WHERE txn.batch = batch.batch)
FROM batch ORDER BY batch DESC LIMIT ?
"""
DAYS = "SELECT workload, day, sum(records) FROM rollup GROUP BY workload, day ORDER BY workload, day"


def summarise_workloads(connection: sqlite3.Connection, loader: RecordLoader) -> list[WorkloadSummary]:
    """Return every workload, most records first."""
    models: dict[int, list[str]] = defaultdict(list)
    for workload, model in connection.execute(MODELS):
        models[workload].append(loader.symbol(connection, model) or "")
    days: dict[int, dict[str, int]] = defaultdict(dict)
    for workload, day, records in connection.execute(DAYS):
        days[workload][iso_day(day)] = records
    summaries = [
        WorkloadSummary(
            client_id=client_id,
            workload_id=workload_id,
            records=records,
            first_ms=first_ms,
            last_ms=last_ms,
            usage_records=usage_records,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            models=tuple(sorted(models[workload])),
            days=days[workload],
            tool_call_records=tool_call_records,
            last_stored_ms=last_stored_ms,
        )
        for (
            workload,
            client_id,
            workload_id,
            records,
            first_ms,
            last_ms,
            usage_records,
            prompt_tokens,
            completion_tokens,
            tool_call_records,
            last_stored_ms,
        ) in connection.execute(TOTALS)
    ]
    return sorted(summaries, key=lambda summary: (-summary.records, summary.client_id, summary.workload_id))


def list_imports(connection: sqlite3.Connection, limit: int) -> list[LogImport]:
    """Return imports, newest first, with how much of each is still there."""
    return [
        LogImport(
            id=str(batch),
            source=source,
            started_ms=started_ms,
            ended_ms=ended_ms,
            stored=stored,
            duplicate=duplicate,
            rejected=rejected,
            records=records,
        )
        for batch, source, started_ms, ended_ms, stored, duplicate, rejected, records in connection.execute(
            IMPORTS, (limit,)
        )
    ]


def count_from_rollup(connection: sqlite3.Connection, conditions: Conditions) -> int:
    """Return the exact number of records that meet conditions which the roll-ups know."""
    where = rollup_condition(conditions)
    total: int = connection.execute(f"SELECT coalesce(sum(records), 0) FROM rollup WHERE {where}").fetchone()[0]  # noqa: S608
    return total


def rollup_condition(conditions: Conditions) -> str:
    """Return the WHERE clause of the roll-ups for conditions on workload, model, finish reason and tool use."""
    clauses = [] if conditions.workloads is None else [f"workload IN ({_listed(conditions.workloads)})"]
    clauses += [
        f"{choice.column} {'NOT ' if choice.is_excluded else ''}IN ({_listed(choice.numbers)})"
        for choice in conditions.facets
    ]
    return " AND ".join(clauses) or "TRUE"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
