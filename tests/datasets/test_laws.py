"""Laws that hold for any traffic, by hypothesis: nothing is lost, nothing is doubled, order does not matter."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st

from core.datasets import BuildOptions, BuiltDatasets, DatasetError, build_datasets
from core.datasets.leakage import prompt_key
from core.logs import LogRecord
from tests.datasets.logged import asked, body_of, lines_of, record_of, says


@dataclass(frozen=True)
class Call:
    text: int
    heat: int
    answer: str
    second: int


call = st.builds(
    Call,
    text=st.integers(0, 40),
    heat=st.integers(0, 1),
    answer=st.sampled_from(["[[a]]"] * 5 + ["[[b]]"] * 3 + ["[[c]]", "[[d]]", "none", ""]),
    second=st.integers(1, 5),
)
options = st.builds(
    BuildOptions,
    workload_id=st.just("router"),
    evaluation_size=st.integers(1, 12),
    validation_ratio=st.floats(0.01, 0.99),
    minimum_records=st.just(3),
    seed=st.integers(-100, 100),
    limit=st.none() | st.integers(3, 60),
    stratify=st.booleans(),
    rare_class_threshold=st.integers(0, 3),
)


def to_record(one: Call) -> LogRecord:
    request = {"messages": []} if one.text == 40 else asked(f"text {one.text}", temperature=one.heat)
    return record_of(body_of(request, says(one.answer), timestamp=one.second))


def build_or_skip(records: list[LogRecord], chosen: BuildOptions) -> BuiltDatasets:
    try:
        return build_datasets(records, chosen, name_suffix="run")
    except DatasetError:
        reject()


def prompts(rows: list[Any]) -> list[bytes]:
    return [prompt_key({"messages": row["messages"][:-1]}) for row in rows]


@given(st.lists(call, min_size=8, max_size=80), options)
def test_counts_add_up_and_files_hold_what_they_say(logged: list[Call], chosen: BuildOptions) -> None:
    built = build_or_skip([to_record(one) for one in logged], chosen)

    counts = built.counts
    left_out = sum(counts.invalid.values()) + sum(counts.quality.values()) + counts.duplicates + counts.not_drawn
    assert counts.total == len(logged) == left_out + counts.selected
    assert counts.selected == counts.evaluation + counts.leaked + counts.training + counts.validation
    assert chosen.limit is None or counts.selected <= chosen.limit
    for file, size in (
        (built.evaluation, counts.evaluation),
        (built.training, counts.training),
        (built.validation, counts.validation),
    ):
        assert len(lines_of(file.content)) == file.records == size > 0
    assert counts.evaluation == chosen.evaluation_size
    for part in ("evaluation", "training", "validation"):
        assert sum(getattr(count, part) for count in counts.classes.values()) == getattr(counts, part)


@given(st.lists(call, min_size=8, max_size=80), options)
def test_evaluation_requests_are_unique_and_no_evaluation_prompt_trains(
    logged: list[Call], chosen: BuildOptions
) -> None:
    built = build_or_skip([to_record(one) for one in logged], chosen)

    keys = [record.key for record in built.evaluation_records]
    evaluated = {prompt_key(record.request) for record in built.evaluation_records}
    trained = prompts(lines_of(built.training.content)) + prompts(lines_of(built.validation.content))
    assert len(set(keys)) == len(keys)
    assert not evaluated & set(trained)


@given(st.lists(call, min_size=8, max_size=60), options, st.randoms(use_true_random=False))
def test_any_order_of_the_same_records_gives_the_same_build(logged: list[Call], chosen: BuildOptions, rng: Any) -> None:
    records = [to_record(one) for one in logged]
    shuffled = records.copy()
    rng.shuffle(shuffled)

    assert build_or_skip(records, chosen) == build_or_skip(shuffled, chosen)
