"""Overviews from the roll-ups: exact, and independent of the number of records."""

import sqlite3
from collections import defaultdict

from core.logs.sqlite.loading import RecordLoader
from core.logs.store import WorkloadSummary
from core.logs.timestamps import iso_day

TOTALS = """
SELECT workload, client_id, workload_id, sum(records), min(first_ms), max(last_ms), sum(usage_records),
    sum(prompt_tokens), sum(completion_tokens), sum(records * tools)
FROM rollup JOIN workload USING (workload) GROUP BY workload
"""
MODELS = "SELECT DISTINCT workload, model FROM rollup WHERE model"
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
        ) in connection.execute(TOTALS)
    ]
    return sorted(summaries, key=lambda summary: (-summary.records, summary.client_id, summary.workload_id))


def count_from_rollup(connection: sqlite3.Connection, workloads: list[int] | None) -> int:
    """Return the exact number of records of these workloads, or of all."""
    where = "" if workloads is None else f"WHERE workload IN ({','.join(map(str, workloads)) or 'NULL'})"
    total: int = connection.execute(f"SELECT coalesce(sum(records), 0) FROM rollup {where}").fetchone()[0]  # noqa: S608
    return total
