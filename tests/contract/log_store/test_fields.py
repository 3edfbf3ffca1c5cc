"""Promise 24: the fields of the search box, alone, together, excluded, and beside words and filters."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.logs import LogFilter, LogStore, QueryError
from core.logs.query import Query, QueryField, parse_query
from core.logs.text import words
from tests.contract.log_store.reading import amount, search, users
from tests.contract.log_store.test_browse import at
from tests.logs.samples import START_S, put, record, tool_call

RECORDS = (
    record(START_S, user="one refund", model="big", client="shop", answer="[[billing]]"),
    record(START_S + 60, user="two refund", model="Small", client="shop", answer="[[delivery]]"),
    record(START_S + 120, user="three parcel", model="small-v2", client="app", workload="route", answer="[[billing]]"),
    record(START_S + 180, user="four parcel", model="big", client="app", finish="length", answer="[[returns late]]"),
    record(START_S + 240, user="five", model=None, answer=None, finish="tool_calls", tools=[tool_call("book")]),
)


@pytest.fixture
def filled(store: LogStore) -> LogStore:
    put(store, *RECORDS)
    return store


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model:big", "four one"),
        ("model:SMALL", "two"),
        ("model:small*", "three two"),
        ("model:big model:small", "four two one"),
        ("-model:big", "five three two"),
        ("model:nobody", ""),
        ("-model:nobody refund", "two one"),
        ("finish:length", "four"),
        ("-finish:stop", "five four"),
        ("label:billing", "three one"),
        ('label:"returns late"', "four"),
        ("-label:billing", "five four two"),
        ("client:shop", "two one"),
        ("-client:shop client:app", "four three"),
        ("workload:route", "three"),
        ("has:tools", "five"),
        ("-has:tools refund", "two one"),
        ("-has:tools", "four three two one"),
        ("model:big refund", "one"),
        ("label:billing -refund", "three"),
        ("has:tools -refund", "five"),
        ("client:shop -refund", ""),
        ("after:2025-06-15T15:08:40", "five four three"),
        ("before:2025-06-15T15:07:40", "one"),
        ("after:2025-06-15 before:2025-06-16", "five four three two one"),
        ("after:2025-06-16", ""),
        ("after:2025-06-15T17:08:40+02:00 model:big", "four"),
        ("Model:big", "four one"),
        ("note:refund", ""),
        ("http://refund", ""),
    ],
)
def test_fields_find_what_they_say(filled: LogStore, text: str, expected: str) -> None:  # 24
    found = [user.split()[0] for user in search(filled, text)]
    assert found == expected.split()
    count = filled.count(LogFilter(text=text))
    assert (count.value, count.is_exact) == (len(found), True)
    streamed = users(filled.stream(LogFilter(text=text)))
    assert [user.split()[0] for user in streamed] == found[::-1]


def test_fields_and_filters_hold_together(filled: LogStore) -> None:  # 24
    assert amount(filled, text="model:big", client_id="app") == 1
    assert amount(filled, text="client:shop", client_id="app") == 0
    assert amount(filled, text="after:2025-06-15", until=at(90)) == 2
    assert [label.label for label in filled.labels(LogFilter(text="client:app"))] == ["billing", "returns late"]


@pytest.mark.parametrize(
    ("text", "words_"),
    [
        ("modl:big", "did you mean model:"),
        ("model:", "model: needs a value"),
        ("has:answers", "has:tools"),
        ("after:yesterday", "is no time"),
        ("-after:2026-01-01", "before:2026-01-01"),
        ("-refund", "only excludes"),
    ],
)
def test_a_wrong_field_is_told_in_a_sentence(text: str, words_: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert words_ in str(caught.value)
    assert caught.value.field == "text"


TOKENS = st.sampled_from(
    [
        *("refund", "parcel", "-refund", "-two", '"one refund"', "par*", "-par*"),
        *("model:big", "model:small*", "-model:big", "model:nobody", "finish:stop", "-finish:length"),
        *("label:billing", "-label:delivery", "client:shop", "-client:app", "workload:route", "has:tools"),
        *("-has:tools", "after:2025-06-15T15:07:40", "before:2025-06-15T15:09:40"),
    ]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tokens=st.lists(TOKENS, min_size=1, max_size=5))
def test_any_combination_agrees_with_looking_at_every_record(filled: LogStore, tokens: list[str]) -> None:  # 24
    text = " ".join(tokens)
    try:
        query = parse_query(text)
    except QueryError:
        with pytest.raises(QueryError):
            filled.browse(LogFilter(text=text))
        return
    expected = [each["request"]["messages"][-1]["content"] for each in reversed(RECORDS) if matches(each, query)]
    assert search(filled, text) == expected, text


def matches(body: Mapping[str, Any], query: Query) -> bool:
    """Look at one record as the promise says, without any index."""
    message = body["response"]["choices"][0]["message"]
    answer = message["content"] or " ".join(call["function"]["name"] for call in message.get("tool_calls", ()))
    sides = [words(body["request"]["messages"][-1]["content"]), words(answer)]
    label = (message.get("tool_calls") or [{"function": {"name": (answer or "").strip("[]").lower()}}])[0]
    values = {
        QueryField.MODEL: body["response"]["model"],
        QueryField.FINISH: body["response"]["choices"][0]["finish_reason"],
        QueryField.LABEL: label["function"]["name"],
        QueryField.CLIENT: body["client_id"],
        QueryField.WORKLOAD: body["workload_id"],
    }
    for name, wanted in query.fields.items():
        if wanted.wanted and not any(equals(values[name], value) for value in wanted.wanted):
            return False
        if any(equals(values[name], value) for value in wanted.unwanted):
            return False
    moment = datetime.fromtimestamp(body["timestamp"], UTC)
    if (query.since and moment < query.since) or (query.until and moment >= query.until):
        return False
    if query.has_tools is not None and query.has_tools is not ("tool_calls" in message):
        return False
    held = [any(holds(side, term.words, is_prefix=term.is_prefix) for side in sides) for term in query.required]
    barred = any(holds(side, term.words, is_prefix=term.is_prefix) for term in query.excluded for side in sides)
    return all(held) and not barred


def equals(value: str | None, wanted: str) -> bool:
    if value is None:
        return False
    if wanted.endswith("*"):
        return value.lower().startswith(wanted[:-1].lower())
    return value.lower() == wanted.lower()


def holds(side: list[str], term: tuple[str, ...], *, is_prefix: bool) -> bool:
    for start in range(len(side) - len(term) + 1):
        window = side[start : start + len(term)]
        last = window[-1].startswith(term[-1]) if is_prefix else window[-1] == term[-1]
        if window[:-1] == list(term[:-1]) and last:
            return True
    return False
