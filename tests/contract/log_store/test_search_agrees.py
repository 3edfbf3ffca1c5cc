"""Promises 15 and 39: whatever the search text, every reader agrees with the slow reference, or refuses clearly."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.logs import LogFilter, LogRecord, LogStore, QueryError
from tests.contract.log_store.stores import STORE_KINDS, StorePlace, open_store
from tests.logs.samples import START_S, put, record, tool_call
from tests.logs.search_reference import find_matching

WORDS = ("net", "income", "rose", "tax", "\u8bc1\u5238", "\u00e9t\u00e9", "fund-update", "loss")
LABELS = ("Earnings", "fund update", "Fund", "tax", "\u8bc1\u5238", "x" * 80)
MODELS = ("meta/llama-70b", "meta/llama-8b", "Teacher One", None)
VALUES = (
    *("meta/llama-8b", "META*", "meta/*", '"Teacher One"', "teacher*", "earnings", "EARN*", "Fund*", "fund*"),
    *("stop", "length", "acme", "ac*", "web", "tickets", "Tools", "lookup", "Lookup", "nothing"),
    *('"fund update"', "\u8bc1*"),
)
TIMES = ("2025-06-15", "2025-06-16", "2025-06-15T15:10", '"2025-06-15 15:20:00.5"', "2025-06-15T17:25+02:00")


def some_records() -> Iterator[dict[str, Any]]:
    """Records of few words, so that most searches find some and miss some."""
    generator = random.Random(3)
    for n in range(70):
        calls = (
            [tool_call(generator.choice(("Lookup", "lookup")), word=generator.choice(WORDS))] if n % 7 == 0 else None
        )
        yield record(
            START_S + 40 * (n // 2),
            user=" ".join(generator.choices(WORDS, k=4)),
            answer=None if calls else f"[[{generator.choice(LABELS)}]]",
            tools=calls,
            model=generator.choice(MODELS),
            finish=generator.choice(("stop", "length", None)),
            client=generator.choice(("acme", "web")),
            workload=generator.choice(("classify", "Tickets")),
        )


@pytest.fixture(scope="module", params=STORE_KINDS)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LogStore, list[LogRecord]]]:
    """A store with these records, which no test here changes, and the records newest first."""
    if request.param == "elasticsearch":
        request.getfixturevalue("elasticsearch_node")
    store = open_store(StorePlace(kind=request.param, folder=Path(tmp_path_factory.mktemp("agrees"))))
    put(store, *some_records())
    yield store, list(store.stream(LogFilter()))[::-1]
    store.close()


def plain_terms() -> st.SearchStrategy[str]:
    word = st.sampled_from(WORDS)
    phrase = st.lists(word, min_size=1, max_size=3).map(lambda found: f'"{" ".join(found)}"')
    prefix = word.map(lambda found: f"{found[:3]}*")
    fields = st.builds(
        "{}:{}".format, st.sampled_from(("model", "label", "finish", "client", "workload")), st.sampled_from(VALUES)
    )
    times = st.builds("{}:{}".format, st.sampled_from(("after", "before")), st.sampled_from(TIMES))
    return word | phrase | prefix | fields | times | st.just("has:tools")


TERMS = st.builds("{}{}".format, st.sampled_from(("", "", "-")), plain_terms())
TEXTS = st.lists(TERMS, min_size=1, max_size=4).map(" ".join)
NOISE = st.text(st.sampled_from('nt -":*()^+ARO\\\u201c\u8bc1\0')) | st.text()
CUT_SHORT = st.builds("{}{}".format, TEXTS, NOISE)


def answer(read: Callable[[], list[str]]) -> list[str] | str:
    """Return what a read gives, or the sentence with which it refuses."""
    try:
        return read()
    except QueryError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS | NOISE | CUT_SHORT)
def test_every_reader_agrees_with_the_slow_reference(
    filled: tuple[LogStore, list[LogRecord]], text: str
) -> None:  # 15, 39
    store, records = filled
    if not text:  # no text is no filter
        return
    wanted = LogFilter(text=text)
    expected = answer(lambda: find_matching(records, text))
    paged = answer(lambda: [found.id for found in store.browse(wanted, limit=500).records])
    streamed = answer(lambda: [found.id for found in store.stream(wanted)][::-1])
    assert paged == streamed == expected
    if isinstance(expected, list):
        assert store.count(wanted).value == len(expected)
        assert sum(count.records for count in store.labels(wanted)) == len(expected)
