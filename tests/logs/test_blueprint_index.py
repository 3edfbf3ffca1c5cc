"""Promises 7, 10 to 12, 18 to 25 on an index that the blueprint made: every reader agrees with a store of our own.

The same records go into SQLite, so that what the index says of them is compared and not asserted by hand.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from core.database import Database, utc_now
from core.errors import InputError, NotFoundError
from core.logs import (
    Deletion,
    ImportStatus,
    LogFilter,
    LogRecord,
    LogStore,
    NotALogStore,
    QueryError,
    WorkloadSummary,
    get_import,
    request_copy,
    run_waiting_import,
)
from core.logs.elasticsearch import BlueprintLogStore, ElasticsearchLogStore, adopt, connect, open_elasticsearch
from core.logs.sqlite import SqliteLogStore
from core.migrations import upgrade_schema
from core.settings import ElasticsearchSettings
from tests.contract.log_store.reading import all_pages, users
from tests.contract.log_store.stores import remove_indices
from tests.elasticsearch_node import Node
from tests.elasticsearch_node.blueprint_index import fill_index, make_index
from tests.logs.samples import START_S, lines, put, record, tool_call

pytestmark = pytest.mark.full

INDEX = "flywheel"
DAY_MS = 86_400_000
TEXTS = (
    *("word1 workload:v", '"word3 number8" workload:w', "numb* workload:v", "-word1 workload:v model:m1"),
    *("model:m1", "-model:m2", "has:tools", "-has:tools finish:stop", "label:l2 workload:w", "model:M*", "client:A"),
    *("after:2025-06-16", "before:2025-06-18T10:00 has:tools", "workload:V after:2025-06-17", "model:nobody"),
)


def as_seconds(moment_s: float, n: int) -> object:
    return int(moment_s)


def as_fractions(moment_s: float, n: int) -> object:
    return moment_s + (n % 4) / 4


def as_milliseconds(moment_s: float, n: int) -> object:
    return int(moment_s * 1000) + n % 3


def as_text(moment_s: float, n: int) -> object:
    return (datetime.fromtimestamp(moment_s, UTC) + timedelta(milliseconds=n % 5)).isoformat()


def mixed(moment_s: float, n: int) -> object:
    return (as_seconds, as_fractions, as_milliseconds, as_text)[n % 4](moment_s, n)


def some_records(time_of: Callable[[float, int], object]) -> list[dict[str, Any]]:
    """Records of a week, several of them at the same second."""
    generator = random.Random(5)
    return [
        record(
            time_of(START_S + 3600 * (n // 3), n),
            user=f"word{n % 5} number{n}",
            client=generator.choice("ab"),
            workload=generator.choice(("v", "w")),
            model=generator.choice(("m1", "m2", None)),
            finish=generator.choice(("stop", "length", None)),
            usage=generator.choice((None, {"prompt_tokens": n, "completion_tokens": 1})),
            answer=None if n % 9 == 0 else f"[[l{n % 4}]]",
            tools=[tool_call("f", n=n)] if n % 9 == 0 else None,
        )
        for n in range(240)
    ]


@pytest.fixture
def node(elasticsearch_node: Node) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_node.url) as client:
        make_index(client, INDEX)
        yield client
    remove_indices(elasticsearch_node.url)


@pytest.fixture
def settings(node: Elasticsearch, elasticsearch_node: Node) -> ElasticsearchSettings:
    return ElasticsearchSettings(url=elasticsearch_node.url, index=INDEX, replicas=0, patience_s=30)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LogStore]:
    store = SqliteLogStore(tmp_path / "logs.db")
    yield store
    store.close()


def bodies(records: Any) -> list[Any]:
    return [(one.timestamp_ms, one.content_hash, one.body, one.model, one.label, one.prompt_tokens) for one in records]


def answers(store: LogStore, text: str) -> Any:
    """Return what all readers say of a search."""
    wanted = LogFilter(text=text)
    return {
        "pages": bodies(all_pages(store, limit=7, text=text)),
        "count": store.count(wanted),
        "days": store.histogram(wanted, width_ms=DAY_MS),
        "hours": store.histogram(wanted, width_ms=DAY_MS // 24),
        "stream": bodies(store.stream(wanted)),
    }


@pytest.mark.parametrize("time_of", [as_seconds, as_fractions, as_milliseconds, as_text, mixed])
def test_every_reader_agrees_with_a_store_of_our_own(
    node: Elasticsearch, settings: ElasticsearchSettings, own: LogStore, time_of: Callable[[float, int], object]
) -> None:  # 35
    sent = some_records(time_of)
    shuffled = random.Random(3).sample(sent, len(sent))
    fill_index(node, INDEX, shuffled)
    put(own, *sent)
    store = open_elasticsearch(settings)
    assert isinstance(store, BlueprintLogStore)
    everything = LogFilter()
    for limit in (1, 7, 50, 500):
        assert bodies(all_pages(store, limit=limit)) == bodies(all_pages(own, limit=limit))
    assert bodies(store.stream(everything)) == bodies(own.stream(everything))
    assert store.count(everything) == own.count(everything)
    assert without_fractions(store) == without_fractions(own)
    assert store.labels(everything) == own.labels(everything)
    assert store.duplicates(everything) == own.duplicates(everything)
    for text in TEXTS:
        assert answers(store, text) == answers(own, text), text
    for edge_ms in (0, 1, 250, 999, 3_600_000):
        since = datetime.fromtimestamp(START_S, UTC) + timedelta(hours=40, milliseconds=edge_ms)
        for wanted in (LogFilter(since=since), LogFilter(until=since, workload_id="v", client_id="b")):
            assert bodies(store.stream(wanted)) == bodies(own.stream(wanted))
            assert store.count(wanted) == own.count(wanted)
    store.close()


def without_fractions(store: LogStore) -> list[WorkloadSummary]:
    """Return the summaries; the index itself keeps no fractions of its unit, so first and last are in seconds."""
    return [
        replace(
            one, first_ms=one.first_ms // 1000, last_ms=one.last_ms // 1000, days=dict(one.days), last_stored_ms=None
        )
        for one in store.workloads()
    ]


def test_records_are_found_again_and_unknown_ones_are_not(
    node: Elasticsearch, settings: ElasticsearchSettings
) -> None:  # 10, 11
    fill_index(node, INDEX, some_records(as_seconds)[:20])
    store = open_elasticsearch(settings)
    for found in all_pages(store):
        assert store.get(found.id) == found
    for unknown in ("", "nobody"):
        with pytest.raises(NotFoundError):
            store.get(unknown)
    with pytest.raises(InputError, match="cursor"):
        store.browse(LogFilter(), cursor="x")
    assert store.count(LogFilter(workload_id="unknown")).value == 0
    assert list(store.stream(LogFilter(client_id="unknown"))) == []


def test_pages_and_streams_do_not_move_under_inserts(node: Elasticsearch, settings: ElasticsearchSettings) -> None:
    sent = some_records(as_seconds)
    fill_index(node, INDEX, sent[:200])
    store = open_elasticsearch(settings)
    first = store.browse(LogFilter(), limit=50)
    stream = store.stream(LogFilter())
    begun = [next(stream) for _ in range(5)]
    fill_index(node, INDEX, sent[200:])
    rest: list[LogRecord] = []
    cursor = first.next_cursor
    while cursor:
        page = store.browse(LogFilter(), limit=50, cursor=cursor)
        rest, cursor = [*rest, *page.records], page.next_cursor
    assert len({one.id for one in (*first.records, *rest)}) == len(first.records) + len(rest) == 200
    assert len([*begun, *stream]) == 200


def test_an_empty_index_answers_every_question_with_nothing(settings: ElasticsearchSettings) -> None:  # 9
    store = open_elasticsearch(settings)
    assert store.browse(LogFilter()).records == ()
    assert store.count(LogFilter()).value == 0
    for nothing in (store.workloads(), store.labels(LogFilter()), store.stream(LogFilter())):
        assert list(nothing) == []
    assert list(store.histogram(LogFilter(), width_ms=DAY_MS)) == []


def test_writing_is_refused_and_says_how_to_go_on(settings: ElasticsearchSettings) -> None:
    store = open_elasticsearch(settings)
    for refused in (
        lambda: next(store.ingest(lines(record(START_S)))),
        lambda: next(store.delete(Deletion(client_id="a"))),
        lambda: store.count_deletable(Deletion(client_id="a")),
    ):
        with pytest.raises(InputError, match="flywheel logs adopt"):
            refused()
    assert store.limits is not None
    assert "only read" in store.limits.reading


def test_words_need_a_workload_and_end_in_time(node: Elasticsearch, settings: ElasticsearchSettings) -> None:
    fill_index(node, INDEX, some_records(as_seconds))
    with pytest.raises(QueryError, match="choose a workload"):
        open_elasticsearch(settings).browse(LogFilter(text="word1"))
    hasty = BlueprintLogStore(connect(settings), index=INDEX, search_s=0)
    with pytest.raises(QueryError, match=r"narrow the time, for instance with before:2025-06"):
        hasty.browse(LogFilter(text="number3 workload:v"))
    page = hasty.browse(LogFilter(text="word1 workload:v"))
    assert page.records
    assert page.next_cursor
    assert not hasty.count(LogFilter(text="word1", workload_id="v")).is_exact
    whole = all_texts(hasty, "word1 workload:v")
    assert whole == users(open_elasticsearch(settings).browse(LogFilter(text="word1 workload:v"), limit=500).records)


def all_texts(store: LogStore, text: str) -> list[str]:
    """Return what all pages hold, however short they are."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = store.browse(LogFilter(text=text), limit=500, cursor=cursor)
        found += users(page.records)
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def test_documents_that_are_no_records_are_left_out(node: Elasticsearch, settings: ElasticsearchSettings) -> None:
    broken = {**record(START_S), "request": {"prompt": "no messages"}}
    malformed = {**record(START_S), "timestamp": "yesterday"}
    fill_index(node, INDEX, [record(START_S), broken, malformed])
    store = open_elasticsearch(settings)
    assert len(all_pages(store)) == len(list(store.stream(LogFilter()))) == 1


def test_an_index_of_something_else_is_refused(node: Elasticsearch, settings: ElasticsearchSettings) -> None:
    node.index(index="orders", document={"price": 3})
    with pytest.raises(NotALogStore, match="holds no logged traffic"):
        open_elasticsearch(settings.model_copy(update={"index": "orders"}))
    assert isinstance(open_elasticsearch(settings.model_copy(update={"index": "unheard"})), ElasticsearchLogStore)


def test_a_worker_copies_what_a_page_asked_for(
    node: Elasticsearch, settings: ElasticsearchSettings, tmp_path: Path
) -> None:
    fill_index(node, INDEX, some_records(as_seconds))
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    upgrade_schema(database)
    store = open_elasticsearch(settings)
    asked = request_copy(database, store, requested_by="priya", now=utc_now())
    assert run_waiting_import(database, store, clock=utc_now)
    with database.read() as session:
        view = get_import(session, asked)
    assert (view.status, view.is_copy, view.stored) == (ImportStatus.COMPLETED, True, 240)
    assert (view.read_bytes, view.size_bytes) == (240, 240)
    with pytest.raises(InputError, match="needs no copy"):
        request_copy(database, ElasticsearchLogStore(connect(settings), prefix="x"), requested_by="p", now=utc_now())
    database.dispose()


def test_a_copy_holds_the_same_and_goes_on_where_it_was_cut_off(
    node: Elasticsearch, settings: ElasticsearchSettings, own: LogStore
) -> None:
    sent = [record(START_S + n, user=f"u{n}") for n in range(5000)]
    action: dict[str, Any] = {"index": {}}
    node.bulk(index=INDEX, operations=[line for one in sent for line in (action, one)], refresh=True)
    server = connect(settings)
    copy = ElasticsearchLogStore(server, prefix="copied", replicas=0)
    begun = adopt(server, index=INDEX, store=copy, prefix="copied")
    first = next(begun)
    begun.close()  # type: ignore[attr-defined]  # a generator
    assert 0 < first.report.stored < 5000
    *_, last = adopt(server, index=INDEX, store=copy, prefix="copied")
    assert last.report.stored == last.total == 5000 - first.report.stored
    put(own, *sent)
    assert bodies(copy.stream(LogFilter())) == bodies(own.stream(LogFilter()))
    fill_index(node, INDEX, [record(START_S + 9000, user="written later")])
    *_, later = adopt(server, index=INDEX, store=copy, prefix="copied")
    assert (later.report.stored, later.report.duplicate, later.total) == (1, 0, 1)
    assert copy.count(LogFilter()).value == 5001
    assert [one.source for one in copy.imports()] == [f"index {INDEX}"] * 3
    copy.close()
