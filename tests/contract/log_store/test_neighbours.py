"""The records around one, the same for every store: promise 7 from the middle."""

from core.logs import LogFilter, LogStore, find_neighbours
from tests.contract.log_store.reading import all_pages
from tests.contract.log_store.test_browse import at
from tests.logs.samples import START_S, put, record


def test_neighbours_are_those_of_the_list_also_within_one_instant(store: LogStore) -> None:  # 7
    put(store, *[record(START_S + n // 30, user=f"u{n}", client="ab"[n % 2]) for n in range(100)])
    for wanted in (LogFilter(), LogFilter(client_id="a")):
        listed = all_pages(store, client_id=wanted.client_id)
        for index, found in enumerate(listed):
            around = find_neighbours(store, found, wanted, each=3)
            assert [one.id for one in around.older] == [one.id for one in listed[index + 1 : index + 4]]
            assert [one.id for one in around.newer] == [one.id for one in reversed(listed[max(0, index - 3) : index])]


def test_a_record_outside_the_filter_has_neighbours_inside_it(store: LogStore) -> None:  # 7
    put(store, *[record(START_S + n, user=f"u{n}", client="ab"[n % 2]) for n in range(20)])
    found = next(one for one in all_pages(store) if one.timestamp_ms == (START_S + 10) * 1000)
    around = find_neighbours(store, found, LogFilter(client_id="b", since=at(8), until=at(13)), each=5)
    assert [one.timestamp_ms // 1000 - START_S for one in around.older] == [9]
    assert [one.timestamp_ms // 1000 - START_S for one in around.newer] == [11]
