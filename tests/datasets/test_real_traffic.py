"""The four real traffic files build, with exactly the warnings they deserve."""

import pytest

from core.datasets import BuildOptions, BuiltDatasets, WarningCode, WorkloadType, build_datasets
from core.scoring import AnswerFormat, AnswerKind, read_answer
from tests.datasets.logged import lines_of, real_records


def build(name: str, workload: str, *, evaluation_size: int) -> BuiltDatasets:
    options = BuildOptions(workload_id=workload, evaluation_size=evaluation_size)
    return build_datasets(real_records(name), options, name_suffix="run")


def codes(built: BuiltDatasets) -> list[WarningCode]:
    return [warning.code for warning in built.warnings]


def test_tweets_are_a_clean_classification_of_20_topics() -> None:
    built = build("twitter-fin-topic", "news_topic_classifier", evaluation_size=500)

    assert built.workload_type is WorkloadType.CLASSIFICATION
    assert built.answer_format == AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
    assert (built.counts.total, built.counts.evaluation) == (15_304, 500)
    # 14,804 left, a tenth rounded up validates.
    assert (built.counts.training, built.counts.validation) == (13_323, 1_481)
    assert len(built.counts.classes) == 20
    assert built.counts.classes["m&a | investments"].evaluation > 0
    assert built.warnings == ()


@pytest.mark.parametrize(
    ("evaluation_size", "expected"),
    [(500, []), (60, [WarningCode.NOT_STRATIFIED, WarningCode.UNEVALUATED_CLASSES])],
)
def test_bank_intents_are_a_classification_of_77_json_answers(
    evaluation_size: int, expected: list[WarningCode]
) -> None:
    built = build("banking77", "bank_intent_router", evaluation_size=evaluation_size)

    assert built.workload_type is WorkloadType.CLASSIFICATION
    assert built.answer_format == AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")
    assert len(built.counts.classes) == 77
    assert {"reverted_card_payment?", "refund_not_showing_up"} <= set(built.counts.classes)
    assert codes(built) == expected


def test_voice_commands_are_tool_calls_with_repeated_requests() -> None:
    built = build("snips-tools", "voice_tool_router", evaluation_size=500)

    assert built.workload_type is WorkloadType.TOOL_CALLING
    # 13,723 records with 13,554 distinct utterances, a repeated one always with the same call.
    assert built.counts.duplicates == 169
    assert built.counts.conflicting_requests == 0
    assert len(built.counts.classes) == 7
    row = lines_of(built.training.content)[0]
    answer = row["messages"][-1]  # type: ignore[index]
    assert read_answer(answer, built.answer_format).problem is None
    assert (answer["content"], isinstance(answer["tool_calls"][0]["function"]["arguments"], dict)) == ("", True)
    # Five utterances differ from one of the evaluation set in case or spaces only.
    assert built.counts.leaked == 5
    assert codes(built) == [WarningCode.LEAKAGE]


def test_restaurant_texts_are_free_text_with_many_answers_to_one_request() -> None:
    built = build("e2e-restaurants", "listing_writer", evaluation_size=100)

    assert built.workload_type is WorkloadType.FREE_TEXT
    assert built.counts.selected == 547
    assert built.counts.duplicates == 4_672 - 547
    assert built.counts.conflicting_requests == 547
    assert built.counts.classes == {}
    assert codes(built) == [WarningCode.CONFLICTING_ANSWERS]
