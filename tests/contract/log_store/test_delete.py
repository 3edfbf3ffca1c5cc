"""Promises 26 and 40: deleting records, and imports that can be undone."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from core.logs import Deletion, LogFilter, LogRecord, LogStore
from tests.contract.log_store.reading import all_pages, amount, search, users
from tests.contract.log_store.stores import StorePlace, open_store
from tests.contract.log_store.test_browse import at
from tests.logs.samples import START_S, lines, put, record, tool_call


def delete(store: LogStore, **conditions: Any) -> int:
    """Delete, checking that the count before tells how many it will be."""
    deletion = Deletion(**conditions)
    expected = store.count_deletable(deletion)
    *_, deleted = store.delete(deletion)
    assert deleted == expected
    assert store.count_deletable(deletion) == 0
    return deleted


def mixed_records() -> list[dict[str, Any]]:
    generator = random.Random(5)
    return [
        record(
            START_S + 7200 * n,
            user=f"word{n % 5} number{n}",
            client=generator.choice("ab"),
            workload=generator.choice(("v", "w")),
            model=generator.choice(("m1", "m2", None)),
            usage=generator.choice((None, {"prompt_tokens": n, "completion_tokens": 1})),
            answer=None if n % 9 == 0 else f"[[l{n % 4}]]",
            tools=[tool_call("f", n=n)] if n % 9 == 0 else None,
        )
        for n in range(120)
    ]


def views(store: LogStore) -> dict[str, Any]:
    """Return what every reader says of the store."""
    texts = ("word1", "number7", "-model:m1", "label:l2", "has:tools", '"word3 number8"')
    return {
        "pages": users(all_pages(store, limit=9)),
        "stream": users(store.stream(LogFilter())),
        "workloads": [replace(one, last_stored_ms=None) for one in store.workloads()],
        "labels": store.labels(LogFilter()),
        "histogram": store.histogram(LogFilter(), width_ms=86_400_000),
        "searches": [(text, amount(store, text=text), search(store, text)) for text in texts],
        "counts": [amount(store), amount(store, client_id="a"), amount(store, since=at(0), until=at(500_000))],
    }


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        ({"client_id": "a"}, lambda one: one["client_id"] != "a"),
        ({"workload_id": "w"}, lambda one: one["workload_id"] != "w"),
        ({"client_id": "a", "workload_id": "w"}, lambda one: (one["client_id"], one["workload_id"]) != ("a", "w")),
        ({"before": at(300_000)}, lambda one: one["timestamp"] >= START_S + 300_000),
        ({"before": at(7200), "client_id": "b"}, lambda one: one["client_id"] != "b" or one["timestamp"] > START_S),
    ],
)
def test_a_store_after_deletion_is_the_store_of_what_is_left(
    place: StorePlace,
    reopen: Callable[[], LogStore],
    tmp_path: Path,
    conditions: dict[str, Any],
    kept: Callable[[Any], bool],
) -> None:  # 26
    sent = mixed_records()
    store = reopen()
    put(store, *sent)
    delete(store, **conditions)
    fresh = open_store(replace(place, folder=tmp_path / "fresh"))
    put(fresh, *[one for one in sent if kept(one)])
    assert views(store) == views(fresh)
    fresh.close()


def test_what_was_deleted_can_be_imported_again(store: LogStore) -> None:  # 26
    sent = mixed_records()
    put(store, *sent)
    before = views(store)
    deleted = delete(store, workload_id="v")
    report = put(store, *sent)
    assert (report.stored, report.duplicate) == (deleted, 120 - deleted)
    assert views(store) == before


def test_records_are_deleted_by_id_and_gone_for_every_reader(store: LogStore) -> None:  # 26
    put(store, *[record(n, user=f"u{n}") for n in range(5)])
    found = {users([one])[0]: one.id for one in all_pages(store)}
    assert delete(store, ids=(found["u1"], found["u3"], "999999", "no id", "-1")) == 2
    assert users(all_pages(store)) == ["u4", "u2", "u0"]
    with pytest.raises(NotFoundError):
        store.get(found["u1"])
    assert delete(store, ids=(), client_id="acme") == 0


def test_records_of_many_years_come_and_go_in_one_batch(store: LogStore) -> None:  # 5, 26
    put(store, *(record(START_S - 31 * 86_400 * n) for n in range(240)))
    assert amount(store) == 240
    *_, deleted = store.delete(Deletion(workload_id="classify"))
    assert (deleted, amount(store)) == (240, 0)


def test_nothing_asked_is_refused_and_unknown_names_delete_nothing(store: LogStore) -> None:  # 26
    put(store, record(1))
    with pytest.raises(InputError, match="say what to delete"):
        Deletion()
    assert delete(store, client_id="unheard") == delete(store, workload_id="unheard") == 0
    for unknown in ("99", "x", "", "1" * 30):
        with pytest.raises(NotFoundError, match="no import"):
            store.count_deletable(Deletion(import_id=unknown))
        with pytest.raises(NotFoundError, match="no import"):
            next(store.delete(Deletion(import_id=unknown)))


def test_an_import_can_be_undone(store: LogStore) -> None:  # 40
    first = [record(n, user=f"first {n}") for n in range(2500)]
    list(store.ingest(lines(*first[:3]), source="small.jsonl"))
    list(store.ingest([*lines(*first), (9999, b"{}")], source="large.jsonl"))
    large, small = store.imports()
    assert (large.source, large.stored, large.duplicate, large.rejected, large.records) == (
        "large.jsonl",
        2497,
        3,
        1,
        2497,
    )
    assert (small.source, small.stored, small.records) == ("small.jsonl", 3, 3)
    assert large.started_ms <= (large.ended_ms or 0)
    assert delete(store, import_id=large.id) == 2497
    assert sorted(users(all_pages(store))) == ["first 0", "first 1", "first 2"]
    assert [(one.stored, one.records) for one in store.imports()] == [(2497, 0), (3, 3)]
    assert [one.source for one in store.imports(limit=1)] == ["large.jsonl"]


def test_deletion_goes_in_batches_and_spares_what_arrives_meanwhile(store: LogStore) -> None:  # 26
    put(store, *[record(START_S + n, user=f"u{n}") for n in range(2500)])
    progress = store.delete(Deletion(client_id="acme"))
    first = next(progress)
    put(store, record(START_S + 10_000, user="late"))
    rest = list(progress)
    assert 0 < first < 2500
    assert rest[-1] == 2500
    assert users(all_pages(store)) == ["late"]


def test_a_stream_goes_on_without_what_is_deleted(store: LogStore) -> None:  # 22, 26
    put(store, *[record(START_S + n, user=f"u{n}") for n in range(1200)])
    stream = store.stream(LogFilter())
    first = next(stream)
    delete(store, before=at(1000))
    rest = list(stream)
    assert users([first]) == ["u0"]
    assert users(rest)[-1] == "u1199"
    assert {found.id for found in all_pages(store, limit=500)} <= {found.id for found in rest}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 4), min_size=1, max_size=25),
    doomed=st.sets(st.integers(0, 24)),
    again=st.lists(st.integers(0, 40), max_size=15),
    round_number=st.integers(0, 10**9),
)
def test_bursts_with_holes_still_know_every_duplicate(
    store: LogStore, times: list[int], doomed: set[int], again: list[int], round_number: int
) -> None:  # 3, 26, 27
    client = f"c{round_number}"
    sent = [record((START_S + round_number) * 1000 + ms, user=f"u{n}", client=client) for n, ms in enumerate(times)]
    put(store, *sent)
    found: list[LogRecord] = all_pages(store, client_id=client)
    gone = tuple(one.id for one in found if int(users([one])[0][1:]) in doomed)
    *_, deleted = store.delete(Deletion(ids=gone, client_id=client))
    left = len(sent) - deleted
    more = [sent[n % len(sent)] for n in again]
    put(store, *more)
    returned = {n % len(sent) for n in again} & doomed
    assert amount(store, client_id=client) == left + len(returned)
    assert put(store, *sent).stored == len(sent) - left - len(returned)
    keys = [(one.timestamp_ms, one.content_hash) for one in all_pages(store, client_id=client)]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == len(sent)
    list(store.delete(Deletion(client_id=client)))
