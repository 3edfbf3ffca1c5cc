"""Promises 1 to 6, 27, 31, 32: what becomes of lines."""

import json
from typing import Any

import pytest

from core.logs import LogFilter, LogStore, RejectedLine
from tests.contract.log_store.reading import all_pages, amount, search, users
from tests.logs.samples import START_S, ingest, lines, put, record, tool_call


def test_bad_lines_are_reported_with_number_and_reason_and_good_ones_are_kept(store: LogStore) -> None:  # 1, 2
    good = [line for _, line in lines(record(1), record(2))]
    bad = json.dumps(record("x")).encode()
    report = ingest(store, enumerate([good[0], b"{nope\n", b"  \n", b"[]\n", bad, b"", good[1]], start=1))
    assert (report.stored, report.duplicate) == (2, 0)
    assert [rejected.line for rejected in report.rejected] == [2, 4, 5]
    assert [rejected.reason.split(":")[0] for rejected in report.rejected] == ["record", "record", "timestamp"]
    assert amount(store) == 2


def test_the_same_file_twice_is_stored_once(store: LogStore) -> None:  # 3
    first = [record(1000 + n, user=f"u{n}") for n in range(50)]
    report = put(store, *first)
    assert (report.stored, report.duplicate) == (50, 0)
    report = put(store, *first, record(5000, user="new"))
    assert (report.stored, report.duplicate) == (1, 50)
    assert amount(store) == 51


def test_the_same_line_twice_in_one_file_is_stored_once(store: LogStore) -> None:  # 4
    report = put(store, record(1), record(1), record(1, user="other"))
    assert (report.stored, report.duplicate) == (2, 1)


def test_the_same_record_written_differently_is_a_duplicate(store: LogStore) -> None:  # 4
    sent = record(1.0)
    spaced = json.dumps(sent, indent=None, separators=(" , ", " : ")).encode()
    turned = json.dumps(dict(reversed(sent.items()))).encode()
    report = ingest(store, [(1, json.dumps({**sent, "timestamp": 1}).encode()), (2, spaced), (3, turned)])
    assert (report.stored, report.duplicate) == (1, 2)


def test_records_that_differ_in_one_character_are_two(store: LogStore) -> None:  # 4
    assert put(store, record(1, answer="a"), record(1, answer="b")).stored == 2


def test_records_are_visible_as_soon_as_they_are_reported(store: LogStore) -> None:  # 5
    many = [record(n, user=str(n)) for n in range(5000)]
    reports = store.ingest(lines(*many))
    for report in reports:
        assert amount(store) == report.stored
    assert report.stored == store.workloads()[0].records == len(all_pages(store, limit=500))


def test_nothing_to_ingest_gives_an_empty_report(store: LogStore) -> None:  # 1
    (report,) = store.ingest([])
    assert (report.stored, report.duplicate, report.rejected) == (0, 0, ())


def test_many_rejected_lines_are_all_reported(store: LogStore) -> None:  # 1
    *_, last = store.ingest((number, b"{}") for number in range(1, 5001))
    assert len(last.rejected) == 5000
    assert last.rejected[-1] == RejectedLine(line=5000, reason="timestamp: is missing")


def odd_records() -> list[dict[str, Any]]:
    """Records whose JSON is easily damaged on the way."""
    call = tool_call("f", a=1)
    return [
        record(START_S + 0.125, user="häßlich 漢字 🙂 \u0000 end", answer=None, tools=[call], finish="tool_calls"),
        record(2, extra={"k": [1, 2.5, None, True, 1.0, -0.0, 1e300]}, model=None),
        record(3, extra={"big": 12345678901234567890123, "small": -(2**63) - 1, "exact": 2**53 + 1}),
        record(4, extra={"half": "\ud83d", "\udc00": 1}),
        record(5, extra={"endless": float("inf")}),
        record("2025-06-15T15:06:40.5+02:00", extra={"description": "x" * 100_000}),
        record(7, usage=None, extra={"request2": {}, "": ""}),
    ]


def test_a_record_comes_back_equal_to_what_was_sent(store: LogStore) -> None:  # 6
    for sent in odd_records():
        put(store, sent)
    found = {repr(found.body) for found in store.stream(LogFilter())}
    assert found == {repr(sent) for sent in odd_records()}
    for one in all_pages(store):
        assert store.get(one.id) == one


def test_derived_fields_sit_beside_the_record(store: LogStore) -> None:  # 6, 32
    put(store, record(START_S), record(START_S - 1, usage=None, model=None, finish=None, answer="x" * 65))
    known, unknown = store.browse(LogFilter()).records
    assert (known.model, known.finish_reason, known.label) == ("teacher", "stop", "earnings")
    assert (known.prompt_tokens, known.completion_tokens, known.has_tool_calls) == (10, 5, False)
    assert (unknown.model, unknown.finish_reason, unknown.label) == (None, None, None)
    assert (unknown.prompt_tokens, unknown.completion_tokens) == (None, None)
    assert known.timestamp_ms == START_S * 1000


@pytest.mark.parametrize("burst", [1500, 6000])
def test_a_burst_in_one_instant_is_stored_paged_and_streamed_whole(store: LogStore, burst: int) -> None:  # 27
    same_instant = [record(START_S, user=f"u{n}") for n in range(burst)]
    assert put(store, *same_instant).stored == burst
    assert put(store, *same_instant).duplicate == burst
    assert len({found.id for found in all_pages(store, limit=400)}) == burst
    assert len(list(store.stream(LogFilter()))) == burst


def test_bursts_in_adjacent_milliseconds_stay_apart(store: LogStore) -> None:  # 27b
    burst = [record((START_S * 1000) + ms, user=f"{ms}-{n}") for n in range(400) for ms in (2, 0, 1)]
    assert put(store, *burst[:700]).stored == 700
    assert put(store, *burst).stored == 500
    assert put(store, *burst).duplicate == 1200
    assert [user.split("-")[0] for user in users(all_pages(store, limit=100))] == ["2"] * 400 + ["1"] * 400 + [
        "0"
    ] * 400
    streamed = [found.timestamp_ms for found in store.stream(LogFilter())]
    assert streamed == sorted(streamed)
    assert len(streamed) == 1200


def test_conversations_with_tool_messages_and_null_content_are_records(store: LogStore) -> None:  # 31
    sent = record(1)
    sent["request"]["messages"] = [
        {"role": "user", "content": "first giraffe"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "tool okapi", "tool_call_id": "1"},
        {"role": "user", "content": "second"},
    ]
    put(store, sent)
    assert search(store, "giraffe okapi second") == ["second"]
