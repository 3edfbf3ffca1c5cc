"""Duplicates are equal requests, whole and exact; disagreeing answers are reported."""

from core.datasets import build_datasets
from core.datasets.build import BuiltDatasets
from core.datasets.options import BuildOptions
from core.logs import LogRecord
from tests.datasets.logged import asked, body_of, labelled, lines_of, record_of, says

BACKGROUND = labelled(["a", "b"] * 30)
OPTIONS = BuildOptions(workload_id="router", evaluation_size=10)


def build(*records: LogRecord) -> BuiltDatasets:
    return build_datasets([*BACKGROUND, *records], OPTIONS, name_suffix="run")


def logged(request: dict[str, object], answer: str, *, timestamp: int) -> LogRecord:
    return record_of(body_of(request, says(answer), timestamp=timestamp))


def test_same_request_counts_once() -> None:
    built = build(
        logged(asked("again"), "[[a]]", timestamp=1),
        logged(asked("again"), "[[a]]", timestamp=2),
        logged(asked("again"), "[[A]]", timestamp=3),
    )

    assert built.counts.duplicates == 2
    assert built.counts.selected == 61
    assert built.counts.conflicting_requests == 0  # "A" and "a" are the same answer


def test_same_request_with_other_answers_is_a_conflict_and_the_oldest_stays() -> None:
    oldest = logged(asked("again"), "[[a]]", timestamp=1)
    records = (logged(asked("again"), "[[b]]", timestamp=3), oldest, logged(asked("again"), "[[b]]", timestamp=2))

    built = build(*records)

    (conflict,) = built.conflicts
    assert conflict.distinct_answers == 2
    assert conflict.content_hashes[0] == oldest.content_hash
    assert len(conflict.content_hashes) == 3
    assert (built.counts.conflicting_requests, built.counts.conflicting_records) == (1, 3)
    assert [item.message for item in built.warnings] == [
        "Answered in more than one way: 1 request (3 records); the oldest answer was kept."
    ]
    everything = built.evaluation.content + built.training.content + built.validation.content
    assert everything.count(b'"content":"again"') == 1


def test_another_system_prompt_makes_another_request() -> None:
    # The reference compares user messages only and collapses these two.
    built = build(
        logged(asked("again", system="Classify."), "[[a]]", timestamp=1),
        logged(asked("again", system="Classify strictly."), "[[b]]", timestamp=2),
    )

    assert (built.counts.duplicates, built.counts.conflicting_requests) == (0, 0)


def test_repeated_request_with_parts_instead_of_text_counts_once() -> None:
    # The reference keeps every duplicate of a multimodal request.
    parts = [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": "data:,x"}}]
    request: dict[str, object] = {"messages": [{"role": "user", "content": parts}]}

    built = build(logged(request, "[[a]]", timestamp=1), logged(request, "[[a]]", timestamp=2))

    assert built.counts.duplicates == 1


def test_other_image_makes_another_request_and_another_prompt() -> None:
    def request(url: str) -> dict[str, object]:
        parts = [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": url}}]
        return {"messages": [{"role": "user", "content": parts}]}

    built = build(*(logged(request(f"data:,{n}"), "[[a]]", timestamp=n) for n in range(1, 9)))

    assert (built.counts.duplicates, built.counts.leaked) == (0, 0)
    assert len(lines_of(built.evaluation.content)) == 10
