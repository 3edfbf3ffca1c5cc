"""Workloads as the pages show them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.ui import workload_view
from app.ui.workload_view import Readiness
from core.errors import NotFoundError
from core.logs import LabelCount, WorkloadSummary
from core.settings import SplitSettings

DAY_MS = 86_400_000
NOVEMBER_20 = 1_795_132_800_000  # 2026-11-20 00:00 UTC


def summary(
    client: str, *, workload: str = "support", records: int = 100, first_ms: int = NOVEMBER_20
) -> WorkloadSummary:
    return WorkloadSummary(
        client_id=client,
        workload_id=workload,
        records=records,
        first_ms=first_ms,
        last_ms=first_ms + 2 * DAY_MS,
        usage_records=records,
        prompt_tokens=1000,
        completion_tokens=50,
        models=(f"model-of-{client}",),
        days={"2026-11-20": records - 1, "2026-11-22": 1},
        tool_call_records=3,
    )


def test_a_workload_of_all_clients_is_their_sum() -> None:
    rows = [summary("web"), summary("app", records=50, first_ms=NOVEMBER_20 - DAY_MS), summary("web", workload="other")]
    totals = workload_view.select_workload(rows, "support", None)
    assert (totals.records, totals.clients, totals.models) == (150, ("app", "web"), ("model-of-app", "model-of-web"))
    assert totals.days == {"2026-11-20": 148, "2026-11-22": 2}
    assert totals.first == datetime(2026, 11, 19, tzinfo=UTC)
    assert workload_view.select_workload(rows, "support", "web").records == 100


def test_the_lag_is_that_of_the_newest_record_whoever_sent_it() -> None:
    def lag(*stored_s: float | None) -> str | None:
        rows = [
            replace(row, last_stored_ms=None if after_s is None else row.last_ms + round(after_s * 1000))
            for n, after_s in enumerate(stored_s)
            for row in [summary(f"c{n}", first_ms=NOVEMBER_20 + n)]
        ]
        told = workload_view.word_lag(workload_view.select_workload(rows, "support", None))
        return None if told is None else told.replace("\N{NO-BREAK SPACE}", " ")

    assert lag(90, 3) == "stored 3 s later"
    assert lag(0.4) == "stored 0.4 s later"
    assert lag(-125) == "its clock was 2 min 5 s ahead"
    assert lag(3, None) is None


def test_an_unknown_workload_or_client_names_the_near_miss() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'support'"):
        workload_view.select_workload([summary("web")], "suport", None)
    with pytest.raises(NotFoundError, match="did you mean 'web'"):
        workload_view.select_workload([summary("web")], "support", "webb")


def test_a_run_needs_the_minimum_and_something_to_train_on() -> None:
    split = SplitSettings(minimum_records=50, evaluation_size=100)
    assert workload_view.judge_readiness(100, split) is Readiness.TOO_FEW
    assert workload_view.judge_readiness(101, split) is Readiness.READY
    assert "101" in workload_view.explain_readiness(40, split)
    assert "61" in workload_view.explain_readiness(40, split)


def test_days_without_records_count_as_zero() -> None:
    days = {"2026-11-20": 4, "2026-11-22": 2}
    assert workload_view.last_days(days, until=datetime(2026, 11, 23, 5, tzinfo=UTC), length=5) == (0, 4, 0, 2, 0)
    assert workload_view.every_day(days) == (
        (date(2026, 11, 20), 4),
        (date(2026, 11, 21), 0),
        (date(2026, 11, 22), 2),
    )
    assert workload_view.every_day({}) == ()


def test_answer_shares_add_up_to_all_records() -> None:
    counts = [
        LabelCount(label="a", records=50),
        LabelCount(label=None, records=20),
        LabelCount(label="b", records=15),
        LabelCount(label="c", records=10),
    ]
    shares = workload_view.share_answers(counts, 100, shown=2)
    assert [(share.label, share.records) for share in shares] == [
        ("a", 50),
        ("b", 15),
        (workload_view.OTHER_ANSWERS, 15),  # c, and five records of answers the store did not list
        (workload_view.NO_LABEL, 20),
    ]
    assert sum(share.share for share in shares) == pytest.approx(1)
