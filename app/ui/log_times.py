"""Records over time above the list of logs: a click on a bar or a drag over several becomes the filter.

Streamlit hands on the drag and `log_times.js` the click: the one turns the other off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st

from app.ui import charts, log_queries, numbers, url
from app.ui.log_filters import LogQuery
from core.logs import TimeCount, WorkloadSummary, parse_query, replace_times

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
WIDTHS_MS = (MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS)
MOST_BARS = 120
KEY = "log_times"
CLICKS = Path(__file__).parent / "log_times.js"


def draw_times(query: LogQuery, workloads: Sequence[WorkloadSummary]) -> None:
    """Draw how many of the records looked for lie where in time; nothing where that is one bar."""
    first_ms, after_ms = find_span(query, workloads)
    width_ms = choose_width(after_ms - first_ms)
    counts = log_queries.count_by_time(query.to_filter(), width_ms)
    if len(counts) < 2:  # one bar says what the count says
        return
    busiest = max(counts, key=lambda count: count.records)
    with st.container(gap=None):
        st.plotly_chart(
            charts.time_bars(fill_gaps(counts, width_ms), width_ms=width_ms),
            key=KEY,
            config=charts.CONFIG,
            on_select=_narrow,
            selection_mode="box",
            alt=f"Records over time; the busiest stretch has {numbers.count(busiest.records)}",
        )
        st.html(f"<script>{CLICKS.read_text()}</script>", unsafe_allow_javascript=True)


def find_span(query: LogQuery, workloads: Sequence[WorkloadSummary]) -> tuple[int, int]:
    """Return the first millisecond that the filters leave and the one after the last."""
    chosen = [
        row for row in workloads if query.workload in {None, row.workload_id} and query.client in {None, row.client_id}
    ]
    asked = parse_query(query.text or "")
    log_filter = query.to_filter()
    first = [min(row.first_ms for row in chosen), _ms(log_filter.since), asked.since_ms]
    after = [max(row.last_ms for row in chosen) + 1, _ms(log_filter.until), asked.until_ms]
    return max(ms for ms in first if ms is not None), min(ms for ms in after if ms is not None)


def choose_width(span_ms: int) -> int:
    """Return the shortest width of bars that keeps their number readable."""
    return next((width for width in WIDTHS_MS if span_ms <= width * MOST_BARS), 28 * DAY_MS)


def fill_gaps(counts: Sequence[TimeCount], width_ms: int) -> list[TimeCount]:
    """Return the counts from the first to the last with the empty ones between them."""
    known = {count.start_ms: count.records for count in counts}
    starts = range(counts[0].start_ms, counts[-1].start_ms + 1, width_ms)
    return [TimeCount(start_ms=start_ms, records=known.get(start_ms, 0)) for start_ms in starts]


def narrowed(text: str | None, first_ms: int, after_ms: int) -> dict[str, object]:
    """Return the URL's parameters for a stretch of time: whole days as days, shorter ones in the search text."""
    first, after = numbers.instant(first_ms), numbers.instant(after_ms)
    if first_ms % DAY_MS == 0 and after_ms % DAY_MS == 0:
        last = after - timedelta(days=1)
        return {"since": first.date(), "until": last.date(), "text": replace_times(text or "", after=None, before=None)}
    times = replace_times(text or "", after=_minute(first), before=_minute(after))
    return {"since": None, "until": None, "text": times}


def _narrow() -> None:
    chosen = st.session_state[KEY].selection.points
    if not any(point.get("y") for point in chosen):  # nothing was logged there
        return
    stretches = [point["customdata"] for point in chosen]
    first_ms = min(stretch[0] for stretch in stretches)
    after_ms = max(stretch[1] for stretch in stretches)
    url.write(**narrowed(st.query_params.get("text"), int(first_ms), int(after_ms)), cursor=None, record=None)


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M}"


def _ms(when: datetime | None) -> int | None:
    return None if when is None else int(when.timestamp() * 1000)
