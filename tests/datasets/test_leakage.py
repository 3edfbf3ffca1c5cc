"""Training never sees a prompt of the evaluation set."""

import pytest

from core.datasets import BuildOptions, DatasetError, WarningCode, build_datasets
from core.datasets.leakage import prompt_key, remove_leaks
from tests.datasets.logged import asked, body_of, labelled, lines_of, record_of, says


@pytest.mark.parametrize(
    "other",
    [
        asked("Was kostet das?", temperature=0.7),
        asked("Was kostet das?", model="other teacher", tools=[]),
        asked("  was  KOSTET\ndas? "),
        {
            "messages": [
                {"role": "system", "content": "Classify."},
                {"role": "user", "content": [{"type": "text", "text": "Was kostet das?"}]},
            ]
        },
    ],
)
def test_prompts_are_the_same_whatever_settings_case_and_spaces(other: dict[str, object]) -> None:
    assert prompt_key(asked("Was kostet das?")) == prompt_key(other)


@pytest.mark.parametrize(
    "other",
    [
        asked("Was kostet dies?"),
        asked("Was kostet das?", system="Classify strictly."),
        {"messages": [{"role": "user", "content": "Classify."}, {"role": "user", "content": "Was kostet das?"}]},
        {"messages": []},
    ],
)
def test_other_words_or_roles_are_another_prompt(other: dict[str, object]) -> None:
    assert prompt_key(asked("Was kostet das?")) != prompt_key(other)


def test_leaks_are_removed_and_counted() -> None:
    check = remove_leaks([b"a", b"b", b"a", b"c"], [b"a", b"x"])

    assert (check.kept, check.removed) == ((1, 3), 2)


def test_records_that_differ_from_evaluation_in_settings_only_do_not_train() -> None:
    pairs = [
        record_of(body_of(asked(f"text {n}", temperature=heat), says(f"[[{'ab'[n % 2]}]]"), timestamp=n + 1))
        for n in range(100)
        for heat in (0.0, 1.0)
    ]

    built = build_datasets(pairs, BuildOptions(workload_id="router", evaluation_size=20), name_suffix="run")

    evaluation = {row["request"]["messages"][1]["content"] for row in lines_of(built.evaluation.content)}  # type: ignore[index]
    training = lines_of(built.training.content) + lines_of(built.validation.content)
    assert not evaluation & {row["messages"][1]["content"] for row in training}  # type: ignore[index]
    assert built.counts.duplicates == 0
    assert built.counts.leaked > 0
    assert built.counts.leaked == 200 - 20 - len(training)
    assert WarningCode.LEAKAGE in {item.code for item in built.warnings}


def test_traffic_of_one_prompt_leaves_nothing_to_train_on() -> None:
    same = [record_of(body_of(asked("ping", seed=n), says("[[pong]]"), timestamp=n + 1)) for n in range(60)]

    with pytest.raises(DatasetError, match="59 have the same prompt as a record of the evaluation set") as caught:
        build_datasets(same, BuildOptions(workload_id="router", evaluation_size=1), name_suffix="run")

    assert caught.value.field == "evaluation_size"


def test_nothing_is_removed_from_traffic_without_repeated_prompts() -> None:
    built = build_datasets(
        labelled(["a", "b"] * 50), BuildOptions(workload_id="router", evaluation_size=20), name_suffix="run"
    )

    assert built.counts.leaked == 0
    assert WarningCode.LEAKAGE not in {item.code for item in built.warnings}
