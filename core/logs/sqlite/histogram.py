"""Records by time: from the roll-ups where they know the answer, else counted from ids, which are almost the time."""

import sqlite3

from core.logs.sqlite.conditions import Conditions
from core.logs.sqlite.overview import rollup_condition
from core.logs.sqlite.placement import read_spill_ms
from core.logs.sqlite.selection import select_records
from core.logs.sqlite.writing import DAY_MS
from core.logs.store import TimeCount


def count_by_time(connection: sqlite3.Connection, conditions: Conditions, width_ms: int) -> list[TimeCount]:
    """Return how many records lie in each stretch of time, oldest first, empty ones left out."""
    if conditions.are_rolled_up and width_ms % DAY_MS == 0:
        sql = (
            f"SELECT day / ?, sum(records) FROM rollup WHERE {rollup_condition(conditions)}"  # noqa: S608
            " GROUP BY 1 ORDER BY 1"
        )
        rows = connection.execute(sql, (width_ms // DAY_MS,)).fetchall()
    else:
        rows = _count_records(connection, conditions, width_ms)
    return [TimeCount(start_ms=stretch * width_ms, records=records) for stretch, records in rows]


def _count_records(connection: sqlite3.Connection, conditions: Conditions, width_ms: int) -> list[tuple[int, int]]:
    """Count by id where it proves the stretch, by the record's time for ids that may have spilled over from before."""
    selection = select_records(connection, conditions)
    key = selection.key
    sql = (
        f"SELECT CASE WHEN {key} % ? >= ? THEN {key} / ?"  # noqa: S608
        f" ELSE (SELECT timed.timestamp_ms / ? FROM record AS timed WHERE timed.id = {key}) END, count(*)"
        f" FROM {selection.counting_source} WHERE {selection.where()} GROUP BY 1 ORDER BY 1"
    )
    spill_ms = read_spill_ms(connection)
    return connection.execute(sql, (width_ms, spill_ms, width_ms, width_ms, *selection.parameters)).fetchall()
