"""The demo's invented traffic: believable, labelled, repeatable, and telling a story worth a decision."""

import json
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.demo import WORKLOADS, DemoTraffic, generate_traffic
from app.demo.headline_categories import SHARES
from app.demo.support import FRAMES
from core.backend.students import TrainingParameters, TrainingProgress, answer_many, train_adapter
from core.logs import canonical_request_key
from core.scoring import label_of, read_tool_calls
from core.statistics import wilson_interval

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> DemoTraffic:
    return generate_traffic(now=NOW)


def records_of(demo: DemoTraffic, workload_id: str) -> list[Any]:
    return [record for record in demo.records if record["workload_id"] == workload_id]


def message_of(record: Any) -> dict[str, Any]:
    message: dict[str, Any] = record["response"]["choices"][0]["message"]
    return message


def headline_of(record: Any) -> str:
    found = re.search(r"### START HEADLINE ###\n\n(.+)\n\n### END", record["request"]["messages"][-1]["content"])
    assert found is not None
    return found[1]


def test_equal_seed_and_moment_give_equal_traffic_and_others_do_not(demo: DemoTraffic) -> None:
    assert generate_traffic(now=NOW) == demo
    assert generate_traffic(now=NOW, seed=7).records != demo.records


def test_every_workload_has_its_records_and_clients(demo: DemoTraffic) -> None:
    for workload in WORKLOADS:
        records = records_of(demo, workload.workload_id)
        assert len(records) == workload.records
        assert {record["client_id"] for record in records} == set(workload.clients)


def test_records_have_the_blueprints_shape_with_usage(demo: DemoTraffic) -> None:
    for record in demo.records:
        assert set(record) == {"timestamp", "client_id", "workload_id", "request", "response"}
        usage = record["response"]["usage"]  # type: ignore[index]  # a record is JSON
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        json.dumps(record)


def test_times_lie_in_the_last_thirty_days_with_a_daily_rhythm(demo: DemoTraffic) -> None:
    times = [datetime.fromtimestamp(int(str(record["timestamp"])), UTC) for record in demo.records]

    assert times == sorted(times)
    assert NOW - timedelta(days=30) <= times[0] < times[-1] < NOW
    hours, weekdays = Counter(time.hour for time in times), Counter(time.weekday() for time in times)
    assert hours[14] > 4 * hours[2] > 0
    assert weekdays[2] > 2 * weekdays[6] > 0


def test_another_moment_changes_the_times_alone(demo: DemoTraffic) -> None:
    later = generate_traffic(now=NOW + timedelta(days=3, hours=5))

    for workload in WORKLOADS:
        one, other = records_of(demo, workload.workload_id), records_of(later, workload.workload_id)
        assert [record["request"] for record in one] == [record["request"] for record in other]
        assert [message_of(record) for record in one] == [message_of(record) for record in other]


def test_headlines_fall_into_the_thirteen_categories_of_uneven_size(demo: DemoTraffic) -> None:
    labels = Counter(label_of(record["response"]) for record in records_of(demo, "news_classifier"))

    assert set(labels) == set(SHARES)
    assert len(SHARES) == 13
    assert min(labels.values()) >= 10
    assert max(labels.values()) > 20 * min(labels.values())


def test_prices_and_ratings_move_as_the_words_say(demo: DemoTraffic) -> None:
    for headline in map(headline_of, records_of(demo, "news_classifier")):
        raised = re.search(r"(?:raises|lifts) .* (?:target|PT) to \$(\d+) from \$(\d+)", headline)
        lowered = re.search(r"lowers .* PT to \$(\d+) from \$(\d+)", headline)
        assert not raised or int(raised[1]) > int(raised[2])
        assert not lowered or int(lowered[1]) < int(lowered[2])
        assert not re.search(r"downgraded to (?:Buy|Outperform|Overweight)|upgraded to (?:Sell|Underperform)", headline)
        assert "{" not in headline


def test_no_real_company_is_in_the_news(demo: DemoTraffic) -> None:
    real = (
        r"\b(?:Apple|Amazon|Tesla|Boeing|Pfizer|Goldman|Morgan|Barclays|Citi|Moody|Fitch|Delta|Nvidia|Intel|Ford|UBS)\b"
    )

    for headline in map(headline_of, records_of(demo, "news_classifier")):
        assert not re.search(real, headline)


def test_gold_labels_belong_to_requests_and_find_the_teacher_wrong_now_and_then(demo: DemoTraffic) -> None:
    answered = {
        canonical_request_key(record["request"]): label_of(record["response"])
        for record in records_of(demo, "news_classifier")
    }

    assert len(demo.gold) > 1_000
    assert {entry.label for entry in demo.gold} == set(SHARES)
    agreeing = sum(answered[entry.request_key] == entry.label for entry in demo.gold)
    assert 0.95 < agreeing / len(demo.gold) < 0.99


def test_support_answers_are_json_with_a_listed_intent(demo: DemoTraffic) -> None:
    for record in records_of(demo, "support_intents"):
        assert json.loads(message_of(record)["content"])["intent"] in FRAMES


def test_tool_calls_fit_the_offered_tools_and_their_values_stand_in_the_request(demo: DemoTraffic) -> None:
    complete = 0
    records = records_of(demo, "broker_assistant")
    for record in records:
        tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in record["request"]["tools"]}
        (call,) = read_tool_calls(message_of(record))
        assert call.arguments is not None
        schema = tools[call.name]
        complete += set(schema["required"]) <= set(call.arguments) <= set(schema["properties"])
        text = record["request"]["messages"][-1]["content"].lower()
        symbol = call.arguments.get("symbol")
        assert symbol is None or str(symbol).lower() in text

    assert complete / len(records) > 0.97  # the teacher errs now and then


def test_some_requests_come_twice_with_the_answer_they_had(demo: DemoTraffic) -> None:
    keys = Counter(canonical_request_key(record["request"]) for record in records_of(demo, "news_classifier"))

    assert 20 < sum(count > 1 for count in keys.values()) < 600


def agreement_of_the_large_student(demo: DemoTraffic, workload_id: str) -> tuple[int, int]:
    """Return how many of how many evaluation records the trained student answers as the teacher did."""
    (workload,) = (workload for workload in WORKLOADS if workload.workload_id == workload_id)
    distinct = list(
        {canonical_request_key(record["request"]): record for record in records_of(demo, workload_id)}.values()
    )
    random.Random(42).shuffle(distinct)
    evaluation, rest = distinct[: workload.evaluation_size], distinct[workload.evaluation_size :]
    rows = [{"messages": [*record["request"]["messages"], message_of(record)]} for record in rest]
    validation_size = len(rows) // 10
    adapter = train_adapter(
        rows[validation_size:],
        rows[:validation_size],
        student="local/linear-large",
        hyperparameters=TrainingParameters(),
        on_progress=list[TrainingProgress]().append,
        should_stop=lambda: False,
    )
    found = answer_many("local/linear-large", adapter, [record["request"] for record in evaluation])
    agreeing = sum(
        label_of({"choices": [{"message": completion.message}]}) == label_of(record["response"])
        for completion, record in zip(found, evaluation, strict=True)
    )
    return agreeing, len(evaluation)


def test_the_headlines_make_a_run_worth_approving(demo: DemoTraffic) -> None:
    agreeing, of = agreement_of_the_large_student(demo, "news_classifier")

    interval = wilson_interval(agreeing, of)
    assert agreeing / of >= 0.93
    assert interval is not None
    assert interval.low >= 0.9  # the policy's default minimum


def test_the_support_messages_make_a_run_to_reject(demo: DemoTraffic) -> None:
    agreeing, of = agreement_of_the_large_student(demo, "support_intents")

    assert agreeing / of < 0.8
