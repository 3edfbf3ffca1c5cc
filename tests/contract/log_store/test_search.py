"""Promises 13 to 18: the search box on stored records."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.logs import COUNT_CAP, LogFilter, LogStore, QueryError
from tests.contract.log_store.reading import all_pages, amount, search, users
from tests.contract.log_store.test_browse import at
from tests.logs.samples import START_S, put, record, tool_call


def test_words_are_anded_over_prompt_and_answer_whatever_case_and_punctuation(store: LogStore) -> None:  # 13
    put(
        store,
        record(1, user="The QUICK brown-fox, jumps"),
        record(2, user="quick lunch", answer="no fox here"),
        record(3, user="slow"),
    )
    assert search(store, "quick fox") == ["quick lunch", "The QUICK brown-fox, jumps"]
    assert search(store, "Brown FOX") == search(store, "brown-fox") == ["The QUICK brown-fox, jumps"]
    assert search(store, "qui") == search(store, "  ") == search(store, "!!!") == []
    assert len(search(store, "qui*")) == 2


def test_phrases_prefixes_and_exclusions(store: LogStore) -> None:  # 14
    put(
        store,
        record(1, user="net income rose"),
        record(2, user="income net of tax"),
        record(3, user="net loss", answer="income fell"),
    )
    assert search(store, '"net income"') == ["net income rose"]
    assert search(store, "net -tax income") == ["net loss", "net income rose"]
    assert search(store, 'net -"net income" -ta*') == ["net loss"]
    assert search(store, '"income net of"') == ["income net of tax"]
    assert search(store, "inco* fell") == ["net loss"]


def test_only_exclusions_are_refused_by_every_reader(store: LogStore) -> None:  # 14
    wanted = LogFilter(text="-tax")
    for read in (store.browse, store.count, store.labels, lambda wanted: list(store.stream(wanted))):
        with pytest.raises(QueryError):
            read(wanted)


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        "(",
        "a OR",
        "NEAR(",
        "*",
        "col:x",
        "^",
        "a AND",
        "--",
        "\\",
        "{",
        "💥",
        'a"b',
        '"a" "',
        "prompt:x",
        "\0",
    ],
)
def test_no_text_reaches_the_engine_as_syntax(store: LogStore, text: str) -> None:  # 15
    put(store, record())
    for read in (store.browse, store.count):
        try:
            read(LogFilter(text=text))
        except QueryError as error:
            assert error.position is not None  # noqa: PT017  # either outcome is right


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.text(st.sampled_from('ab "*-():^+{}ORANDNEAR\\')))
def test_any_text_gives_a_result_or_a_clear_error(store: LogStore, text: str) -> None:  # 15
    filters = LogFilter(text=text)
    try:
        page = store.browse(filters)
    except QueryError as error:
        assert str(error)  # noqa: PT017  # either outcome is right
    else:
        assert page.records == ()
        assert store.count(filters).value == 0


def test_words_that_an_index_uses_itself_find_nothing(store: LogStore) -> None:  # 15
    put(store, record(user="plain"))
    for text in ("w1", "m1", "f2", "t0", "t*", "facet"):
        try:
            assert search(store, text) == []
        except QueryError:
            assert text == "t*"


def test_system_prompts_are_not_searched_but_answers_and_tool_calls_are(store: LogStore) -> None:  # 16
    call = tool_call("lookup_order", sku="narwhal")
    put(
        store,
        record(1, system="zebra instructions", user="u", answer="walrus"),
        record(2, user="v", answer=None, finish="tool_calls", tools=[call]),
    )
    assert search(store, "zebra") == []
    assert search(store, "walrus") == ["u"]
    assert search(store, "narwhal") == search(store, "lookup") == search(store, "lookup_order") == ["v"]


def test_text_parts_and_ideographs_are_searched_and_blobs_are_not(store: LogStore) -> None:  # 17
    parts = [
        {"type": "text", "text": "look at this 上海证券 picture"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5000}},
    ]
    put(store, record(1, user=parts), record(2, user="pre " + "Q" * 4000 + " post"))
    assert amount(store, text="picture") == amount(store, text="证券") == amount(store, text="post") == 1
    assert amount(store, text="券证") == amount(store, text="Q" * 4000) == amount(store, text="data") == 0


def test_width_and_composition_do_not_matter_and_accents_do(store: LogStore) -> None:  # 17b
    put(store, record(1, user="ÉTÉ Straße ｆｕｌｌ e\u0301clair हिन्दी_x 𞤀𞤁 ﬁne"))
    for text in ("été", "straße", "full", "éclair", "हिन्दी", "x", "𞤀𞤁", "fine"):
        assert amount(store, text=text) == 1, text
    assert amount(store, text="ete") == amount(store, text="strasse") == 0


def test_search_filters_times_and_pages_combine(store: LogStore) -> None:  # 18
    put(
        store,
        *[
            record(START_S + n, client="ab"[n % 2], user=f"common word{n % 5}", workload="vw"[n % 4 // 2])
            for n in range(200)
        ],
    )
    found = all_pages(store, limit=9, text="common word3", client_id="b")
    assert len(found) == amount(store, text="common word3", client_id="b") == 20
    assert [one.timestamp_ms for one in found] == sorted((one.timestamp_ms for one in found), reverse=True)
    assert len(all_pages(store, text="common", client_id="a", since=at(50), until=at(60))) == 5
    assert len(all_pages(store, text="common", client_id="a", workload_id="v", since=at(50), until=at(60))) == 2
    assert len(list(store.stream(LogFilter(text="word3", client_id="b", since=at(100))))) == 10


def test_a_search_sees_what_another_handle_wrote(store: LogStore) -> None:  # 5, 18
    assert amount(store, text="hello") == 0
    put(store, record())
    assert amount(store, text="hello") == 1


def test_fields_choose_by_what_was_derived(store: LogStore) -> None:  # 39
    call = tool_call("Route_Order", sku="x")
    put(
        store,
        record(1, user="one", model="meta/llama-70b", client="web", workload="Tickets"),
        record(2, user="two", model="meta/llama-8b", finish="length", answer="[[Fund Update]]"),
        record(3, user="three", model=None, finish=None, answer="x" * 65),
        record(4, user="four", model="other", finish="tool_calls", answer=None, tools=[call]),
    )
    for text, found in (
        ("model:meta/llama-8b", ["two"]),
        ("model:META/*", ["two", "one"]),
        ("-model:meta/*", ["four", "three"]),
        ("model:other model:meta/llama-8b", ["four", "two"]),
        ("model:meta/* -model:meta/llama-8b", ["one"]),
        ("finish:Length", ["two"]),
        ('label:"fund update"', ["two"]),
        ("label:FUND*", ["two"]),
        ("label:Route_Order", ["four"]),
        ("label:route_order", []),
        ("-label:earnings", ["four", "three", "two"]),
        ("client:web", ["one"]),
        ("-client:web workload:classify", ["four", "three", "two"]),
        ("workload:tickets", ["one"]),
        ("has:tools", ["four"]),
        ("-has:tools", ["three", "two", "one"]),
        ("has:tools -has:tools", []),
        ("after:1970-01-01T00:00:02 before:1970-01-01T00:00:04", ["three", "two"]),
        ('after:"1970-01-01 00:00:03.5"', ["four"]),
        ("two finish:length label:fund* -has:tools before:1970-01-02", ["two"]),
        ("two finish:stop", []),
        ("model:unheard", []),
        ("label:unheard", []),
        ("-label:unheard -model:unheard", ["four", "three", "two", "one"]),
        ("client:acme -two", ["four", "three"]),
    ):
        assert search(store, text) == found, text
        assert amount(store, text=text) == len(found), text
        assert len(list(store.stream(LogFilter(text=text)))) == len(found), text
        assert sum(count.records for count in store.labels(LogFilter(text=text))) == len(found), text


def test_fields_and_filters_hold_together(store: LogStore) -> None:  # 18, 39
    put(store, *[record(START_S + n, user=f"u{n}", client="ab"[n % 2], model=f"m{n % 3}") for n in range(12)])
    assert amount(store, client_id="a", text="model:m1") == 2
    assert amount(store, client_id="a", text="client:b") == 0
    after = f"after:{at(4).isoformat().replace('+00:00', 'Z')}"
    assert amount(store, client_id="a", text=f"model:m1 {after}") == 2
    assert amount(store, client_id="a", text=f"model:m1 {after}", until=at(10)) == 1
    assert users(all_pages(store, limit=1, text=f"model:m1 {after}", until=at(10))) == ["u7", "u4"]


def test_counts_that_the_overview_knows_are_exact_beyond_the_cap(store: LogStore) -> None:  # 19, 39
    put(store, *[record(START_S + n, user="u", system="s", model=f"m{n % 5}") for n in range(COUNT_CAP + 500)])
    assert amount(store, text="-model:m4 client:acme -has:tools") == (COUNT_CAP + 500) // 5 * 4
    assert not store.count(LogFilter(text="label:earnings")).is_exact
