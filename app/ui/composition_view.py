"""What a run's datasets will hold, in HTML: counts at each step, classes, what is wrong, first rows. Pure.

Works on the plain JSON of `core.runs.compose_datasets`, which previews are stored as.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from app.ui import numbers
from app.ui.run_manifest import FORMAT_NAMES, list_steps
from core.scoring import AnswerKind

CLASSES_SHOWN = 20
EXAMPLES_SHOWN = 3
FILE_NAMES = ("Evaluation", "Training", "Validation")
Json = Mapping[str, Any]


def list_counts(datasets: Json) -> list[tuple[str, str]]:
    """Return every step of the way from the selection to the files with its records; empty steps are left out."""
    at_least, is_estimate = set(datasets["at_least"]), datasets["is_estimate"]
    return [
        (label, _count(records, is_at_least=name in at_least, is_estimate=is_estimate))
        for label, name, records in list_steps(datasets["counts"])
    ]


def list_facts(datasets: Json, evaluation_set: str) -> list[tuple[str, str]]:
    """Return how answers are read, what the candidates are judged on, and when the records were logged."""
    counts = datasets["counts"]
    evaluated, trained = (numbers.count(counts[name]) for name in ("gold_evaluation", "gold_training"))
    facts = [
        ("Evaluation set", evaluation_set),
        ("Workload", datasets["workload_type"].replace("_", " ")),
        ("Answers", describe_answers(datasets)),
        ("Logged", numbers.span(numbers.instant(datasets["first_ms"]), numbers.instant(datasets["last_ms"]))),
        ("Gold answers", f"{evaluated} in the evaluation set, {trained} to train on"),
    ]
    if datasets["is_estimate"]:
        read = numbers.quantity(datasets["records_read"], "record")
        facts.append(("Estimated", f"from {read} spread over {numbers.count(datasets['records'])}"))
    return facts


def describe_answers(datasets: Json) -> str:
    """Return how answers are read, with the evidence for it."""
    answer = datasets["answer_format"]
    name = FORMAT_NAMES[AnswerKind(answer["kind"])] + (f" {answer['field']}" if answer["field"] else "")
    for each in datasets["answer_evidence"]:
        if each["format"] == answer:
            seen = f"{numbers.count(each['readable'])} of {numbers.count(each['of'])} can be read so"
            examples = ", ".join(each["examples"][:EXAMPLES_SHOWN])
            return f"{name}; {seen}, {numbers.quantity(each['distinct'], 'different one')}, such as {examples}"
    return f"{name}, as you chose"


def render_counts(datasets: Json) -> str:
    """Return the way from the selection to the files as a table."""
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="fw-number fw-nowrap">{escape(value)}</td></tr>'
        for label, value in list_counts(datasets)
    )
    return f'<table class="fw-evidence" aria-label="Records at each step"><tbody>{rows}</tbody></table>'


def render_classes(datasets: Json) -> str:
    """Return the classes with their records in each file, most evaluated first; empty for free text."""
    classes: Json = datasets["counts"]["classes"]
    if not classes:
        return ""
    ordered = sorted(classes.items(), key=lambda entry: (-entry[1]["evaluation"], -entry[1]["training"], entry[0]))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Class", *FILE_NAMES))
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{_cells(count)}</tr>' for label, count in ordered[:CLASSES_SHOWN]
    )
    more = len(ordered) - CLASSES_SHOWN
    note = f'<div class="fw-note">and {numbers.quantity(more, "more class", "more classes")}</div>' if more > 0 else ""
    table = (
        f'<table class="fw-evidence" aria-label="Classes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )
    return f'<div class="fw-scroll" role="region" aria-label="Classes, scrolls" tabindex="0">{table}{note}</div>'


def list_findings(composed: Json) -> list[str]:
    """Return what a person should know before starting, in sentences."""
    datasets = composed["datasets"]
    sentences = [warning["message"] for warning in datasets["warnings"]]
    for hint in datasets["personal_data"]:
        kind, seen = hint["kind"].replace("_", " "), numbers.quantity(hint["records"], "record")
        sentences.append(f"Perhaps personal data ({kind}) in {seen}, such as {hint['example']}.")
    unavailable = (composed["icl"] or {}).get("unavailable", {})
    return sentences + [f"{student} gets no in-context examples. {why}" for student, why in unavailable.items()]


def render_findings(composed: Json) -> str:
    """Return the findings as a list."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in list_findings(composed))
    return f'<ul class="fw-list" aria-label="What to know">{items}</ul>' if items else "<p>Nothing stands out.</p>"


def render_conflicts(datasets: Json) -> str:
    """Return requests that were answered in several ways, with their answers; empty where there are none."""
    items = "".join(
        f"<li>{escape(conflict['asked'])}<br><span class='fw-quiet'>{escape(_answers(conflict['answers']))}</span></li>"
        for conflict in datasets["conflicts"]
    )
    return f'<ul class="fw-list" aria-label="Conflicting answers">{items}</ul>' if items else ""


def render_files(composed: Json) -> str:
    """Return the first rows of each file as they will be sent, folded in."""
    parts = [
        _render_file(name, file, note="") for name, file in zip(FILE_NAMES, composed["datasets"]["files"], strict=True)
    ]
    parts += [
        _render_file("In-context evaluation", file, note=f" for {', '.join(file['students'])}")
        for file in (composed["icl"] or {}).get("files", ())
    ]
    return "".join(parts)


def _render_file(name: str, file: Json, *, note: str) -> str:
    rows = "\n\n".join(_pretty(row) for row in file["rows"]) or "no rows"
    title = f"{name}: {file['path']}, {numbers.quantity(file['records'], 'record')}{note}"
    return (
        f"<details><summary>{escape(title)}</summary>"
        f'<pre class="fw-log" tabindex="0" role="region" aria-label="First rows of {escape(name)}">'
        f"{escape(rows)}</pre></details>"
    )


def _pretty(row: str) -> str:
    return json.dumps(json.loads(row), ensure_ascii=False, indent=2)


def _count(value: int, *, is_at_least: bool, is_estimate: bool) -> str:
    prefix = "at least " if is_at_least else "about " if is_estimate else ""
    return f"{prefix}{numbers.count(value)}"


def _cells(count: Json) -> str:
    return "".join(f'<td class="fw-number">{numbers.count(count[name.lower()])}</td>' for name in FILE_NAMES)


def _answers(answers: Json) -> str:
    return "; ".join(f"{answer} ({numbers.count(times)}×)" for answer, times in answers.items())
