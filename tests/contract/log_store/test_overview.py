"""Promises 20, 25 and 42: workloads and labels."""

from time import sleep, time_ns

from core.logs import LogFilter, LogStore
from tests.contract.log_store.test_browse import at
from tests.logs.samples import START_S, put, record, tool_call

DAY_S = 86_400


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion}


def test_workloads_are_summed_up_exactly(store: LogStore) -> None:  # 20
    put(
        store,
        record(10 * DAY_S, usage=usage(1, 2), model="m2"),
        record(10 * DAY_S + 5, usage=usage(10, 20), model="m1", user="b"),
        record(12 * DAY_S + 86_399.9, usage=None, model="m2", user="c", answer=None, tools=[tool_call("f")]),
        record(11 * DAY_S, client="z", workload="other", usage=usage(1, 1), model=None),
    )
    acme, other = store.workloads()
    assert (acme.client_id, acme.workload_id, acme.records) == ("acme", "classify", 3)
    assert (acme.first_ms, acme.last_ms) == (10 * DAY_S * 1000, 12 * DAY_S * 1000 + 86_399_900)
    assert (acme.usage_records, acme.prompt_tokens, acme.completion_tokens) == (2, 11, 22)
    assert acme.models == ("m1", "m2")
    assert acme.days == {"1970-01-11": 2, "1970-01-13": 1}
    assert acme.tool_call_records == 1
    assert (other.client_id, other.models, other.days) == ("z", (), {"1970-01-12": 1})


def test_usage_counts_only_where_both_numbers_are_known(store: LogStore) -> None:  # 20
    put(store, record(1, usage={"prompt_tokens": 7}), record(2, usage=usage(0, 0)), record(3, usage=usage(3, 4)))
    (summary,) = store.workloads()
    assert (summary.usage_records, summary.prompt_tokens, summary.completion_tokens) == (2, 3, 4)


def test_workloads_come_most_records_first_then_by_client_and_workload(store: LogStore) -> None:  # 20
    names = [("b", "x"), ("a", "y"), ("a", "x"), ("c", "z"), ("c", "z")]
    put(store, *[record(n, client=client, workload=workload) for n, (client, workload) in enumerate(names)])
    found = [(summary.client_id, summary.workload_id) for summary in store.workloads()]
    assert found == [("c", "z"), ("a", "x"), ("a", "y"), ("b", "x")]


def test_a_duplicate_changes_no_sum(store: LogStore) -> None:  # 3, 20
    put(store, record(1), record(2))
    before = store.workloads()
    put(store, record(1), record(2))
    assert store.workloads() == before


def test_a_workload_knows_when_its_newest_record_was_stored(store: LogStore) -> None:  # 42
    newest = record(START_S + 60, user="newest")
    stored_ms = []
    for batch in (
        [newest, record(START_S + 50, workload="other")],
        [record(START_S, user="late"), record(START_S + 70, workload="other")],
    ):
        before_ms = time_ns() // 1_000_000
        put(store, *batch)
        stored_ms.append((before_ms, time_ns() // 1_000_000))
    classify, other = (summary.last_stored_ms or 0 for summary in store.workloads())
    assert stored_ms[0][0] <= classify <= stored_ms[0][1]
    assert stored_ms[1][0] <= other <= stored_ms[1][1]
    put(store, newest)  # a duplicate is not stored again
    assert store.workloads()[0].last_stored_ms == classify


def test_among_records_that_spilled_over_their_time_the_newest_by_time_counts(store: LogStore) -> None:  # 27, 42
    put(store, record(START_S * 1000 + 1, user="newest"))
    (before,) = store.workloads()
    sleep(0.002)  # the clock that is compared has milliseconds
    put(store, *[record(START_S * 1000, user=f"u{n}") for n in range(50)])
    (after,) = store.workloads()
    assert (after.last_ms, after.last_stored_ms) == (before.last_ms, before.last_stored_ms)


def test_labels_are_counted_most_frequent_first(store: LogStore) -> None:  # 25
    answers = ["[[[Earnings]]]", "[[earnings]]", " earnings ", "Other", "x" * 65, "Other", '{"intent": "other"}']
    put(
        store,
        *[record(n, user=str(n), answer=answer) for n, answer in enumerate(answers)],
        record(99, user="t", answer=None, tools=[tool_call("Route")]),
        record(100, workload="else", answer="else"),
    )
    counted = [(count.label, count.records) for count in store.labels(LogFilter(workload_id="classify"))]
    assert counted == [("earnings", 3), ("other", 3), ("Route", 1), (None, 1)]
    limited = [(count.label, count.records) for count in store.labels(LogFilter(workload_id="classify"), limit=1)]
    assert limited == [("earnings", 3), (None, 1)]


def test_labels_follow_the_filter(store: LogStore) -> None:  # 25
    put(store, *[record(START_S + n, user=f"word{n % 2}", answer=f"l{n % 3}") for n in range(12)])
    found = store.labels(LogFilter(text="word1", since=at(3)))
    assert [(count.label, count.records) for count in found] == [("l0", 2), ("l2", 2), ("l1", 1)]


def test_repeated_requests_are_counted_exactly(store: LogStore) -> None:  # 24
    put(store, *[record(START_S + n, user=f"u{n % 7}", client="ab"[n % 2], answer=f"l{n}") for n in range(40)])
    for wanted, records, requests in (
        (LogFilter(), 40, 7),
        (LogFilter(client_id="a"), 20, 7),
        (LogFilter(text="u3 label:l*"), 6, 1),
        (LogFilter(since=at(38)), 2, 2),
        (LogFilter(client_id="unheard"), 0, 0),
    ):
        counted = store.duplicates(wanted)
        assert (counted.records, counted.requests) == (records, requests)


def test_records_are_counted_by_time_exactly(store: LogStore) -> None:  # 41
    burst = [record(START_S * 1000 + 19_999, user=f"burst {n}") for n in range(300)]  # spills over the next minute
    put(store, *burst, *[record(START_S + 60 * n, user=f"even {n}", client="ab"[n % 2]) for n in range(90)])
    for wanted in (LogFilter(), LogFilter(text="even"), LogFilter(client_id="a"), LogFilter(since=at(19.999))):
        for width_ms in (60_000, 3_600_000, DAY_S * 1000):
            expected: dict[int, int] = {}
            for found in store.stream(wanted):
                start_ms = found.timestamp_ms // width_ms * width_ms
                expected[start_ms] = expected.get(start_ms, 0) + 1
            counted = [(count.start_ms, count.records) for count in store.histogram(wanted, width_ms=width_ms)]
            assert counted == list(expected.items())
    assert store.histogram(LogFilter(client_id="unheard"), width_ms=60_000) == []
