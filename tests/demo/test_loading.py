"""The demo's traffic and gold in an installation: all of it, once, and none of it after a stop."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.demo import WORKLOADS
from app.demo.loading import load_traffic
from app.demo.story import REVIEWER
from app.demo.traffic import HEADLINES
from app.installation import Installation, installed
from core.datasets import gold_keys, load_gold
from core.scoring import AnswerFormat, AnswerKind
from core.settings import Settings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Installation]:
    with installed(Settings(data=tmp_path / "data")) as parts:
        yield parts


def count_records(parts: Installation) -> dict[str, int]:
    counts: dict[str, int] = {}
    for summary in parts.logs.workloads():
        counts[summary.workload_id] = counts.get(summary.workload_id, 0) + summary.records
    return counts


def test_loading_twice_stores_every_record_and_gold_answer_once(parts: Installation) -> None:
    first, second = (load_traffic(parts, until=NOW, given_by=REVIEWER, should_stop=lambda: False) for _ in range(2))
    assert first == second
    assert count_records(parts) == {workload.workload_id: workload.records for workload in WORKLOADS}
    with parts.database.read() as session:
        gold = load_gold(session, HEADLINES)
    readable = gold_keys(gold, AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS))
    assert len(readable) == len(gold) == first.gold


def test_a_stop_ends_the_loading_before_the_gold(parts: Installation) -> None:
    load_traffic(parts, until=NOW, given_by=REVIEWER, should_stop=lambda: True)
    assert count_records(parts) == {}
    with parts.database.read() as session:
        assert load_gold(session, HEADLINES) == {}
