"""Previews: the build itself for what is small, an honest estimate for what is large."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.datasets import (
    BuildOptions,
    Corrections,
    CountsRequests,
    DatasetError,
    FrozenEvaluationSet,
    IclOptions,
    PersonalData,
    Progress,
    Stage,
    WorkloadType,
    build_datasets,
    preview_datasets,
    preview_icl,
    selection_filter,
)
from core.datasets.estimates import estimate_counts
from core.datasets.preview import SAMPLE_RECORDS
from core.datasets.sampling import cut_windows, sample_windows
from core.logs import COUNT_CAP, LogFilter, LogStore, canonical_request_key, open_log_store
from core.settings import load_settings
from tests.datasets.logged import asked, body_of, says

START = 1_735_689_600
OPTIONS = BuildOptions(workload_id="router", evaluation_size=100)
MANY = 24_000


def write(folder: Path, bodies: Iterator[dict[str, object]]) -> LogStore:
    store = open_log_store(load_settings(folder, environ={}))
    reports = list(store.ingest((number, json.dumps(body).encode()) for number, body in enumerate(bodies, start=1)))
    assert reports[-1].rejected == ()
    return store


def few_bodies() -> Iterator[dict[str, object]]:
    for number in range(400):
        text = f"question {number} from user{number}@example.com" if number < 30 else f"question {number}"
        yield body_of(asked(text), says(f"[[{'ab'[number % 2]}]]"), timestamp=START + number)
    for number in range(3):
        yield body_of(asked("question 100"), says("[[b]]"), timestamp=START + 1_000 + number)
    yield body_of({"messages": [{"role": "", "content": "x"}]}, says("[[a]]"), timestamp=START + 2_000)


def many_bodies() -> Iterator[dict[str, object]]:
    """A busy first hour and a quiet rest; a tenth cannot be read, a twentieth is malformed, some repeat."""
    for number in range(MANY):
        timestamp = START + number // 10 if number < MANY // 2 else START + 10_000 + number * 30
        answer = "no idea" if number % 10 == 3 else f"[[{'aab'[number % 3]}]]"
        request = asked(f"topic {number - (number % 8 == 7)} asked")
        if number % 20 == 5:
            request = {"messages": [{"role": "", "content": f"x {number}"}]}
        yield {**body_of(request, says(answer), timestamp=timestamp), "call": number}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogStore]:
    store = write(tmp_path_factory.mktemp("few"), few_bodies())
    yield store
    store.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogStore]:
    store = write(tmp_path_factory.mktemp("many"), many_bodies())
    yield store
    store.close()


def test_small_preview_says_exactly_what_the_build_will(few: LogStore) -> None:
    preview = preview_datasets(few, OPTIONS).preview
    built = build_datasets(few.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="run")

    assert (preview.records, preview.records_read, preview.is_estimate, preview.at_least) == (404, 404, False, ())
    assert preview.counts == built.counts
    assert preview.warnings == built.warnings
    assert (preview.workload_type, preview.answer_format) == (WorkloadType.CLASSIFICATION, built.answer_format)
    assert preview.answer_evidence[0].readable == 403
    for shown, file in zip(preview.files, (built.evaluation, built.training, built.validation), strict=True):
        assert (shown.path, shown.records) == (file.path, file.records)
        assert [row.encode() for row in shown.rows] == file.content.split(b"\n")[:3]
    assert (preview.first_ms, preview.last_ms) == (START * 1000, (START + 2_000) * 1000)


def test_preview_shows_conflicts_with_their_answers_and_hints_of_personal_data(few: LogStore) -> None:
    preview = preview_datasets(few, OPTIONS).preview

    (conflict,) = preview.conflicts
    assert (conflict.asked, conflict.answers) == ("question 100", {"[[a]]": 1, "[[b]]": 3})
    assert conflict.request_key == canonical_request_key(asked("question 100"))
    (hint,) = preview.personal_data
    assert (hint.kind, hint.records) == (PersonalData.EMAIL, 30)
    assert "@" not in hint.example


def test_preview_follows_gold_vetoes_and_a_frozen_set(few: LogStore) -> None:
    first = build_datasets(few.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="run")
    judged = FrozenEvaluationSet(
        version=4,
        content=first.evaluation.content,
        answer_format=first.answer_format,
        workload_type=first.workload_type,
    )
    key = canonical_request_key(asked("question 100"))

    preview = preview_datasets(
        few, OPTIONS, evaluation_set=judged, corrections=Corrections(gold={}, vetoed=[key])
    ).preview

    assert preview.evaluation_set_version == 4
    assert (preview.counts.vetoed, preview.counts.evaluation, preview.conflicts) == (4, 100, ())


def test_preview_is_plain_json(few: LogStore) -> None:
    plain = preview_datasets(few, OPTIONS).preview.to_dict()

    assert json.loads(json.dumps(plain)) == plain
    assert plain["workload_type"] == "classification"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"evaluation_size": 0}, "evaluation_size"),
        ({"evaluation_size": 400}, "evaluation_size"),
        ({"validation_ratio": 1}, "validation_ratio"),
        ({"seed": "x"}, "seed"),
        ({"limit": 10}, "limit"),
        ({"minimum_records": 500}, "minimum_records"),
        ({"since": datetime(2030, 1, 1, tzinfo=UTC)}, "since"),
        ({"workload_id": "nothing"}, "workload_id"),
        ({"text": "nevermentioned"}, "text"),
        ({"models": ("unknown",)}, "models"),
    ],
)
def test_preview_refuses_what_a_build_would_refuse(few: LogStore, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DatasetError) as caught:
        preview_datasets(few, replace(OPTIONS, **changes))

    assert caught.value.field == field


@pytest.mark.full
def test_large_preview_estimates_from_a_sample_and_says_so(many: LogStore) -> None:
    built = build_datasets(many.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="run")
    preview = preview_datasets(many, OPTIONS).preview

    assert (preview.records, preview.is_estimate) == (MANY, True)
    assert preview.records_read == pytest.approx(SAMPLE_RECORDS, rel=0.01)
    assert "duplicates" in preview.at_least
    estimated, exact = preview.counts, built.counts
    assert estimated.invalid["bad_message"] == pytest.approx(exact.invalid["bad_message"], rel=0.05)
    assert estimated.quality["unreadable_answer"] == pytest.approx(exact.quality["unreadable_answer"], rel=0.05)
    assert estimated.duplicates == pytest.approx(exact.duplicates, rel=0.05)
    assert estimated.evaluation == exact.evaluation == 100
    assert estimated.training == pytest.approx(exact.training, rel=0.05)
    for label in ("a", "b"):
        assert estimated.classes[label].training == pytest.approx(exact.classes[label].training, rel=0.05)
    removed = sum(estimated.invalid.values()) + sum(estimated.quality.values()) + estimated.duplicates
    assert estimated.total == removed + estimated.not_drawn + estimated.selected
    assert estimated.selected == (
        estimated.held_out + estimated.leaked + estimated.near_duplicates + estimated.training + estimated.validation
    )


@pytest.mark.full
def test_estimate_respects_limit_and_ratio_exactly(many: LogStore) -> None:
    counts = preview_datasets(many, replace(OPTIONS, limit=5_000, near_duplicate_threshold=None)).preview.counts

    assert counts.selected == 5_000
    assert (counts.evaluation, counts.leaked + counts.training + counts.validation) == (100, 4_900)
    assert counts.validation == pytest.approx(0.1 * (counts.training + counts.validation), abs=1)


@pytest.mark.full
def test_evaluation_set_larger_than_the_sample_is_previewed_exactly(many: LogStore) -> None:
    preview = preview_datasets(many, replace(OPTIONS, evaluation_size=9_000)).preview

    assert (preview.is_estimate, preview.counts.evaluation) == (False, 9_000)


class CountingStore:
    """A store that also knows how many different requests it has."""

    def __init__(self, logs: LogStore) -> None:
        self._logs = logs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logs, name)

    def count_requests(self, log_filter: LogFilter) -> int:
        return len({canonical_request_key(record.request) for record in self._logs.stream(log_filter)})


@pytest.mark.full
def test_store_that_counts_requests_makes_duplicates_exact(tmp_path: Path) -> None:
    bodies = (
        body_of(asked(f"topic {number % 18_000}"), says(f"[[{'ab'[number % 2]}]]"), timestamp=START + number)
        for number in range(MANY)
    )
    store = write(tmp_path, bodies)
    assert not isinstance(store, CountsRequests)

    preview = preview_datasets(CountingStore(store), OPTIONS).preview

    assert preview.counts.duplicates == MANY - 18_000
    assert "duplicates" not in preview.at_least
    assert "duplicates" in preview_datasets(store, OPTIONS).preview.at_least
    store.close()


def test_progress_goes_through_the_stages_in_order(many: LogStore) -> None:
    reports: list[Progress] = []

    preview_datasets(many, OPTIONS, on_progress=reports.append)

    stages = list(dict.fromkeys(report.stage for report in reports))
    assert stages == [Stage.READING, Stage.JUDGING, Stage.COMPARING, Stage.WRITING]
    assert all(report.total is None or report.done <= report.total for report in reports)


def test_windows_hold_every_record_once_and_are_counted_exactly(many: LogStore) -> None:
    windows = cut_windows(many, LogFilter(workload_id="router"))

    assert len(windows) > 2
    assert sum(window.records for window in windows) == MANY
    assert all(window.records <= COUNT_CAP for window in windows)
    hashes = [record.content_hash for window in windows for record in many.stream(window.log_filter)]
    assert len(hashes) == len(set(hashes)) == MANY


def test_sample_is_spread_over_all_windows_in_order(many: LogStore) -> None:
    windows = cut_windows(many, LogFilter(workload_id="router"))

    records = list(sample_windows(many, windows, 1_000))

    times = [record.timestamp_ms for record in records]
    assert times == sorted(times)
    assert 990 <= len(records) <= 1_010
    busy = sum(moment < (START + 10_000) * 1000 for moment in times)
    assert 400 < busy < 600  # half of the records lie in a hundredth of the time


def test_selection_of_nothing_has_no_windows(many: LogStore) -> None:
    late = datetime(2040, 1, 1, tzinfo=UTC)

    assert cut_windows(many, LogFilter(workload_id="nothing")) == []
    assert cut_windows(many, LogFilter(workload_id="router", since=late)) == []


def test_estimate_of_the_sample_itself_is_the_sample(few: LogStore) -> None:
    counts = build_datasets(few.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="run").counts

    estimated = estimate_counts(counts, OPTIONS, total=counts.total, requests=None, is_evaluation_given=False)

    assert replace(estimated, classes=counts.classes) == counts


def test_in_context_rows_are_shown_as_each_student_would_get_them(few: LogStore) -> None:
    built = preview_datasets(few, OPTIONS).built

    shown = preview_icl(built, {"large": 100_000, "tiny": 100}, IclOptions(), workload_id="router")

    (file,) = shown.files.values()
    assert (list(shown.files), file.records, len(file.rows)) == ([("large",)], 100, 3)
    assert all("conversation looks like this" in row for row in file.rows)
    assert list(shown.unavailable) == ["tiny"]
    assert json.loads(json.dumps(shown.to_dict())) == shown.to_dict()
