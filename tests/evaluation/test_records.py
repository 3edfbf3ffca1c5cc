"""Which records are selected and what stands first, and the files they are exported to."""

import csv
import io
import json
from typing import Any

import orjson
import pytest

from core.evaluation import (
    ExportContext,
    Length,
    Outcome,
    OutcomePair,
    RecordFilter,
    count_pairs_of,
    export_rows,
    read_record_facts,
    select_records,
    sort_worst_first,
    write_json_lines,
)
from core.logs import write_csv
from tests.evaluation.made import candidate, paired, sample

BASE, MADE = (result.samples for result in paired(2, 2, 2, 2))
PAIRS = {
    OutcomePair.BOTH_RIGHT: [0, 1],
    OutcomePair.NEWLY_RIGHT: [2, 3],
    OutcomePair.NEWLY_WRONG: [4, 5],
    OutcomePair.BOTH_WRONG: [6, 7],
}


def record(number: int, **values: Any) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "Name the topic."},
        {"role": "user", "content": f"Where is my parcel {'now ' * number}?"},
    ]
    made = {"timestamp": 1_700_000_000 + number, "client_id": "shop" if number % 2 else "desk"}
    return {**made, "request": {"messages": messages}, "response": {}, **values}


FACTS = read_record_facts(b"\n".join(orjson.dumps(record(number)) for number in range(8)))


def chosen(**values: Any) -> list[int]:
    return [each.sample.position for each in select_records(MADE, BASE, RecordFilter(**values), facts=FACTS)]


@pytest.mark.parametrize(("pair", "positions"), PAIRS.items())
def test_records_are_selected_by_what_became_of_them(pair: OutcomePair, positions: list[int]) -> None:
    assert chosen(pairs=frozenset({pair})) == positions


def test_an_empty_filter_leaves_nothing_out() -> None:
    assert chosen() == list(range(8))
    counts = count_pairs_of(select_records(MADE, BASE, RecordFilter()))
    assert counts == dict.fromkeys(OutcomePair, 2)


def test_without_a_base_the_teacher_is_what_records_are_compared_with() -> None:
    records = select_records(MADE, None, RecordFilter(pairs=frozenset({OutcomePair.NEWLY_WRONG})))
    assert [each.sample.position for each in records] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("values", "positions"),
    [
        ({"outcome": Outcome.WRONG}, [4, 5, 6, 7]),
        ({"label": "Card_Fraud"}, [1, 5]),
        ({"client_id": "shop"}, [1, 3, 5, 7]),
        ({"length": Length.SHORT}, [0, 1, 2]),
        ({"length": Length.LONG}, [6, 7]),
        ({"since_ms": 1_700_000_006_000}, [6, 7]),
        ({"until_ms": 1_700_000_002_000}, [0, 1]),
        ({"text": "PARCEL now  now ?"}, [2]),
        ({"text": "name the topic"}, []),
        ({"text": "card_fraud", "outcome": Outcome.WRONG}, [4, 5]),
        ({"client_id": "shop", "pairs": frozenset({OutcomePair.BOTH_WRONG})}, [7]),
    ],
    ids=str,
)
def test_filters_narrow_by_answer_record_and_text(values: dict[str, Any], positions: list[int]) -> None:
    assert chosen(**values) == positions


def test_only_filters_on_the_record_need_the_evaluation_set() -> None:
    assert not RecordFilter(label="refund", outcome=Outcome.WRONG).asks_facts
    assert RecordFilter(text="parcel").asks_facts
    assert select_records(MADE, BASE, RecordFilter(client_id="shop")) == []


def test_an_odd_record_has_the_facts_that_can_be_read() -> None:
    odd = [{"timestamp": "yesterday", "request": {"messages": "none"}}, {"request": None}, {}]
    facts = read_record_facts(b"\n".join(orjson.dumps(each) for each in odd))
    assert [(each.timestamp_ms, each.client_id, each.conversation) for each in facts] == [(None, None, "")] * 3


def test_what_went_wrong_in_a_critical_class_stands_first_then_what_is_newly_wrong() -> None:
    records = sort_worst_first(select_records(MADE, BASE, RecordFilter()), critical_labels=["Refund"])
    assert [each.sample.position for each in records] == [7, 4, 5, 6, 2, 3, 0, 1]


def test_of_equal_pairs_the_answer_that_shares_least_stands_first() -> None:
    graded = [sample(position, Outcome.WRONG, token_overlap=grade) for position, grade in enumerate((0.8, 0.1, None))]
    ordered = sort_worst_first(select_records(graded, None, RecordFilter()))
    assert [each.sample.position for each in ordered] == [2, 1, 0]
    tools = [
        sample(position, Outcome.WRONG, tool_name_correct=name, tool_arguments_correct=False)
        for position, name in enumerate((True, False))
    ]
    ordered = sort_worst_first(select_records(tools, None, RecordFilter()))
    assert [each.sample.position for each in ordered] == [1, 0]


def rows(made: list[Any]) -> list[dict[str, Any]]:
    context = ExportContext(
        candidate=candidate(),
        variants={"base": {each.key: each for each in BASE}, "customized": {each.key: each for each in made}},
        gold={made[0].key: "billing"},
        facts=FACTS,
    )
    return list(export_rows(select_records(made, BASE, RecordFilter(), facts=FACTS), context))


def test_a_row_has_every_variants_answer_beside_teacher_and_gold() -> None:
    first, *_, last = rows(list(MADE))
    assert (first["teacher"], first["gold"], first["base"], first["customized"]) == (
        "billing",
        "billing",
        "billing",
        "billing",
    )
    assert (last["gold"], last["outcome"], last["pair"]) == (None, "wrong", "both_wrong")
    assert last["time"] == "2023-11-14T22:13:27+00:00"
    assert [json.loads(line) for line in write_json_lines(rows(list(MADE)))] == rows(list(MADE))


def test_csv_reads_back_and_no_cell_is_a_formula() -> None:
    made = [sample(0, Outcome.WRONG, answer_text='=HYPERLINK("x"), "quoted"\nline'), sample(1, Outcome.MISSING)]
    text = "".join(write_csv(rows(made)))
    formula, missing = csv.DictReader(io.StringIO(text, newline=""))
    assert formula["customized"] == '\'=HYPERLINK("x"), "quoted"\nline'
    assert missing["customized"] == ""
    assert "".join(write_csv([])) == ""
