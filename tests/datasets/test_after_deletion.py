"""What is frozen and what people said stay when the records they came from are deleted from the log."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from core.database import Database
from core.datasets import (
    BuiltDatasets,
    FrozenEvaluationSet,
    GoldSource,
    GoldStatement,
    build_datasets,
    freeze_evaluation_set,
    give_gold,
    list_evaluation_sets,
    load_corrections,
    open_evaluation_set,
    selection_filter,
)
from core.logs import Deletion, LogStore, delete_records, open_log_store
from core.settings import load_settings
from tests.datasets.test_stores import LINES, OPTIONS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD = LINES[:120]


def build(store: LogStore, *, on: FrozenEvaluationSet | None = None) -> BuiltDatasets:
    records = store.stream(selection_filter(OPTIONS))
    return build_datasets(records, OPTIONS, name_suffix="run", evaluation_set=on)


def put(store: LogStore, lines: list[str]) -> None:
    for _ in store.ingest((number, line.encode()) for number, line in enumerate(lines, start=1)):
        pass


def test_a_frozen_set_and_gold_outlive_the_records_they_came_from(database: Database, tmp_path: Path) -> None:
    with closing(open_log_store(load_settings(tmp_path, environ={}))) as store:
        put(store, OLD)
        first = build(store)
        key = first.evaluation_records[0].key
        with database.write() as session:
            freeze_evaluation_set(session, first, workload_id="router", client_id=None, actor="ada", now=NOW)
            said = GoldStatement(
                request_key=key, answer="b", source=GoldSource.REVIEW, note="", given_by="ada", given_at=NOW
            )
            give_gold(session, "router", said)
        *_, done = delete_records(
            database, store, Deletion(workload_id="router"), requested_by="ada", clock=lambda: NOW
        )
        assert done.deleted == len(OLD)
        assert list(store.stream(selection_filter(OPTIONS))) == []
        put(store, LINES[120:])  # later traffic is judged on the set of records that are gone
        with database.read() as session:
            (frozen,) = list_evaluation_sets(session, workload_id="router")
            opened = open_evaluation_set(session, frozen)
            assert load_corrections(session, "router").gold == {key: "b"}
        later = build(store, on=opened)
    assert later.evaluation == first.evaluation
    assert later.counts.training > 0
