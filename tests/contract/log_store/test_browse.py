"""Promises 7 to 12, 19, 21: pages, filters, counts."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from core.logs import COUNT_CAP, LogFilter, LogStore
from tests.contract.log_store.reading import all_pages, amount, users
from tests.logs.samples import START_S, put, record

START = datetime.fromtimestamp(START_S, UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_newest_first_in_a_total_order(store: LogStore) -> None:  # 7
    generator = random.Random(1)
    put(store, *[record(generator.randrange(1000, 1100), user=str(n)) for n in range(300)])
    keys = [(found.timestamp_ms, found.content_hash) for found in all_pages(store)]
    assert len(set(keys)) == 300
    assert keys == sorted(keys, reverse=True)
    assert [(found.timestamp_ms, found.content_hash) for found in all_pages(store, limit=500)] == keys


def test_the_order_does_not_depend_on_arrival(store: LogStore) -> None:  # 7
    for n in range(40):
        put(store, record(1000 + n % 3, user=str(n)))
    keys = [(found.timestamp_ms, found.content_hash) for found in all_pages(store)]
    assert keys == sorted(keys, reverse=True)


def test_page_two_is_unaffected_by_newer_records(store: LogStore) -> None:  # 8
    put(store, *[record(1000 + n, user=f"u{n}") for n in range(100)])
    first = store.browse(LogFilter(), limit=10)
    put(store, *[record(9000 + n, user=f"new{n}") for n in range(25)])
    second = store.browse(LogFilter(), limit=10, cursor=first.next_cursor)
    assert users(first.records) + users(second.records) == [f"u{n}" for n in range(99, 79, -1)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    new=st.lists(st.integers(0, 5), max_size=8),
    limit=st.integers(1, 7),
    round_number=st.integers(0, 10**9),
)
def test_paging_never_repeats_or_skips_while_records_arrive(
    store: LogStore, old: list[int], new: list[int], limit: int, round_number: int
) -> None:  # 8
    client = f"client-{round_number}-{len(old)}-{len(new)}-{limit}"
    put(store, *[record(1000 + s, client=client, user=f"old{n}") for n, s in enumerate(old)])
    before = {found.id for found in all_pages(store, client_id=client)}
    seen: list[tuple[int, str, str]] = []
    cursor: str | None = None
    arriving = list(new)
    while True:
        page = store.browse(LogFilter(client_id=client), limit=limit, cursor=cursor)
        seen += [(found.timestamp_ms, found.content_hash, found.id) for found in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
        if arriving:
            put(store, record(1000 + arriving.pop(), client=client, user=f"new{len(arriving)}"))
    assert all(later < earlier for earlier, later in pairwise(seen))
    assert before <= {record_id for _, _, record_id in seen}


def test_the_last_page_has_no_cursor_and_an_empty_store_answers_everything(store: LogStore) -> None:  # 9
    page = store.browse(LogFilter())
    assert (page.records, page.next_cursor) == ((), None)
    assert [*store.workloads(), *store.labels(LogFilter()), *store.stream(LogFilter())] == []
    assert amount(store) == amount(store, text="word") == 0
    put(store, *[record(n, user=str(n)) for n in range(10)])
    page = store.browse(LogFilter(), limit=10)
    assert len(page.records) == 10
    assert page.next_cursor is None


@pytest.mark.parametrize("cursor", ["garbage", "", "äöü", "MTox", "OTk5OTk6", "=" * 40, "x" * 5000])
def test_a_foreign_cursor_is_refused(store: LogStore, cursor: str) -> None:  # 10
    with pytest.raises(InputError) as caught:
        store.browse(LogFilter(), cursor=cursor)
    assert caught.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 501, 100_000])
def test_a_limit_outside_1_to_500_is_refused(store: LogStore, limit: int) -> None:  # 10
    with pytest.raises(InputError) as caught:
        store.browse(LogFilter(), limit=limit)
    assert caught.value.field == "limit"


@pytest.mark.parametrize("record_id", ["", "0", "-1", "x", "1" * 30, "١", "1.0", "444433843456000"])
def test_an_unknown_record_is_not_found(store: LogStore, record_id: str) -> None:  # 10
    put(store, record(START_S))
    with pytest.raises(NotFoundError):
        store.get(record_id)


def test_filters_hold_together_and_unknown_values_match_nothing(store: LogStore) -> None:  # 11
    put(
        store, *[record(n, client=c, workload=w, user=f"{c}{w}{n}") for c in "ab" for w in ("v", "w") for n in range(3)]
    )
    assert len(all_pages(store, client_id="a")) == amount(store, client_id="a") == 6
    assert len(all_pages(store, workload_id="v")) == amount(store, workload_id="v") == 6
    assert users(all_pages(store, client_id="b", workload_id="v")) == ["bv2", "bv1", "bv0"]
    assert users(all_pages(store, client_id="b", workload_id="v", since=at(-START_S + 1))) == ["bv2", "bv1"]
    nowhere: list[dict[str, Any]] = [{"client_id": "c"}, {"workload_id": "x"}, {"client_id": "a", "workload_id": "x"}]
    for unknown in nowhere:
        assert all_pages(store, **unknown) == []
        assert amount(store, **unknown) == 0
        assert amount(store, text="a", **unknown) == 0
        assert [*store.stream(LogFilter(**unknown)), *store.labels(LogFilter(**unknown))] == []


def test_clients_named_by_each_other_are_not_mixed_up(store: LogStore) -> None:  # 11
    put(store, *[record(n, client=f"c{n}", workload=f"w{n}", user=str(n)) for n in range(12)])
    assert users(all_pages(store, client_id="c1")) == ["1"]
    assert users(all_pages(store, client_id="c1", text="1")) == ["1"]


def test_a_time_range_is_half_open_with_millisecond_precision(store: LogStore) -> None:  # 12
    put(store, *[record(START_S + s, user=str(s)) for s in (0, 0.001, 0.5, 0.999, 1)])
    assert users(all_pages(store, since=at(0), until=at(1))) == ["0.999", "0.5", "0.001", "0"]
    assert users(all_pages(store, since=at(0.5))) == ["1", "0.999", "0.5"]
    assert users(all_pages(store, until=at(0.001))) == ["0"]
    assert users(all_pages(store, since=at(0.5), until=at(0.5))) == []
    assert users(store.stream(LogFilter(since=at(0.5), until=at(1)))) == ["0.5", "0.999"]
    assert amount(store, since=at(0.001), until=at(1)) == 3
    tokyo = at(0.5).astimezone(datetime.strptime("+0900", "%z").tzinfo)
    assert users(all_pages(store, since=tokyo)) == ["1", "0.999", "0.5"]


def test_time_ranges_cut_bursts_exactly(store: LogStore) -> None:  # 12, 27
    put(store, *[record(START_S * 1000 + ms, user=f"{ms}-{n}") for ms in (0, 1, 2) for n in range(400)])
    for ms in (0, 1, 2):
        since, until = at(ms / 1000), at((ms + 1) / 1000)
        assert {user[0] for user in users(all_pages(store, limit=399, since=since, until=until))} == {str(ms)}
        assert amount(store, since=since, until=until) == 400
    assert amount(store, until=at(0)) == amount(store, since=at(0.003)) == 0


def test_counts_are_exact_up_to_the_cap_and_without_text_or_time_always(store: LogStore) -> None:  # 19
    put(store, *[record(START_S + n, user=f"common u{n}", system="s") for n in range(COUNT_CAP + 1)])
    assert store.count(LogFilter()).value == COUNT_CAP + 1
    assert store.count(LogFilter(workload_id="classify")).is_exact
    for capped in (LogFilter(text="common"), LogFilter(since=at(0))):
        count = store.count(capped)
        assert (count.value, count.is_exact) == (COUNT_CAP, False)
    count = store.count(LogFilter(since=at(1)))
    assert (count.value, count.is_exact) == (COUNT_CAP, True)
    assert amount(store, text="u7") == 1


def test_late_records_take_their_place_by_time(store: LogStore) -> None:  # 21
    put(store, *[record(t, user=str(t)) for t in (5000, 5001, 9000)])
    put(store, *[record(t, user=str(t)) for t in (4000, 5000.5, 7000)])
    assert users(all_pages(store)) == ["9000", "7000", "5001", "5000.5", "5000", "4000"]
    assert store.workloads()[0].first_ms == 4_000_000
