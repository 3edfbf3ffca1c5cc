"""The four real traffic files build, with exactly the warnings they deserve."""

import pytest

from core.backend.students import answer_many
from core.datasets import BuildOptions, BuiltDatasets, DatasetFile, WorkloadType, build_datasets, build_icl
from core.scoring import AnswerFormat, AnswerKind, read_answer
from tests.datasets.logged import lines_of, real_records

STUDENT = "local/linear-large"


def build(name: str, workload: str, *, evaluation_size: int, seed: int = 42) -> BuiltDatasets:
    options = BuildOptions(workload_id=workload, evaluation_size=evaluation_size, seed=seed)
    return build_datasets(real_records(name), options, name_suffix="run")


def warnings(built: BuiltDatasets) -> list[str]:
    return [warning.message for warning in built.warnings]


def near_duplicates(count: int) -> str:
    return f"Kept out of training, as the evaluation set has nearly the same prompt: {count} records."


def test_tweets_are_a_clean_classification_of_20_topics() -> None:
    built = build("twitter-fin-topic", "news_topic_classifier", evaluation_size=500)

    assert built.workload_type is WorkloadType.CLASSIFICATION
    assert built.answer_format == AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
    assert (built.counts.total, built.counts.evaluation) == (15_304, 500)
    # 14,804 left; of the 14,783 that are not nearly an evaluated one, a tenth rounded up validates.
    assert (built.counts.training, built.counts.validation) == (13_304, 1_479)
    assert len(built.counts.classes) == 20
    assert built.counts.classes["m&a | investments"].evaluation > 0
    assert warnings(built) == [near_duplicates(21)]


@pytest.mark.parametrize(
    ("evaluation_size", "expected"),
    [
        (500, [near_duplicates(59)]),
        (
            60,
            [
                near_duplicates(11),
                "The evaluation set of 60 records cannot represent 77 classes; it was drawn at random.",
                (
                    "Not in the evaluation set, so the scores say nothing about them: 36 classes ('age_limit', "
                    "'automatic_top_up', 'balance_not_updated_after_bank_transfer', 'beneficiary_not_allowed', "
                    "'cancel_transfer' and 31 more)."
                ),
            ],
        ),
    ],
)
def test_bank_intents_are_a_classification_of_77_json_answers(evaluation_size: int, expected: list[str]) -> None:
    built = build("banking77", "bank_intent_router", evaluation_size=evaluation_size)

    assert built.workload_type is WorkloadType.CLASSIFICATION
    assert built.answer_format == AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")
    assert len(built.counts.classes) == 77
    assert {"reverted_card_payment?", "refund_not_showing_up"} <= set(built.counts.classes)
    assert warnings(built) == expected


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
    assert warnings(built) == [
        "Kept out of training, as the evaluation set has the same prompt: 5 records.",
        near_duplicates(41),
    ]


def test_restaurant_texts_are_free_text_with_many_answers_to_one_request() -> None:
    built = build("e2e-restaurants", "listing_writer", evaluation_size=100)

    assert built.workload_type is WorkloadType.FREE_TEXT
    assert built.counts.selected == 547
    assert built.counts.duplicates == 4_672 - 547
    assert built.counts.conflicting_requests == 547
    assert built.counts.classes == {}
    # Lists of five to eight attributes: most others differ from one of the evaluated ones in a single value.
    assert warnings(built) == [
        "Answered in more than one way: 547 requests (4,672 records); the oldest answer was kept.",
        near_duplicates(282),
    ]


def agreement(built: BuiltDatasets, file: DatasetFile) -> float:
    """Return the share of records on which the untrained student agrees with the teacher."""
    requests = [row["request"] for row in lines_of(file.content)]
    said = answer_many(STUDENT, None, requests)  # type: ignore[arg-type]  # requests are objects
    read = [read_answer(each.message, built.answer_format) for each in said]
    right = [each.key == record.answer.key for each, record in zip(read, built.evaluation_records, strict=True)]
    return sum(right) / len(right)


@pytest.mark.parametrize(
    "seed", [42, pytest.param(43, marks=pytest.mark.full), pytest.param(44, marks=pytest.mark.full)]
)
def test_examples_of_similar_tweets_lift_the_untrained_student_by_15_points(seed: int) -> None:
    built = build("twitter-fin-topic", "news_topic_classifier", evaluation_size=500, seed=seed)

    made = build_icl(built, {STUDENT: 8192}, workload_id="news_topic_classifier", name_suffix="run")

    (dataset,) = made.datasets
    assert set(dataset.shown) == {3}
    # Measured: 0.30, 0.30, 0.27 without and 0.70, 0.71, 0.72 with examples.
    assert agreement(built, dataset.file) >= agreement(built, built.evaluation) + 0.15
