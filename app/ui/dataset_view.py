"""Frozen evaluation sets and what people said about records, as rows and HTML. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from app.ui import numbers, rows, url, verdicts
from app.ui.bars import Bar, render_bars
from app.ui.rows import Cell, Column, Row
from core.datasets import (
    DiffRecord,
    EvaluationSet,
    EvaluationSetDiff,
    GoldStatement,
    RunOnSet,
    VetoStatement,
)

CLASSES_SHOWN = 30
RECORDS_SHOWN = 20
KEY_SHOWN = 12
COLUMNS = (
    Column(title="Workload", keep=True),
    Column(title="Version", keep=True),
    Column(title="Records", align="right"),
    Column(title="Classes", align="right"),
    Column(title="Newest record"),
    Column(title="Frozen"),
    Column(title="Runs", align="right"),
)


def identify(each: EvaluationSet) -> str:
    """Return a set's id in links: the beginning of its address, and whether it holds records of one client."""
    return f"{each.sha256[:KEY_SHOWN]}-{'all' if each.client_id is None else 'client'}"


def list_rows(sets: Sequence[EvaluationSet], runs: Mapping[str, Sequence[RunOnSet]], *, now: datetime) -> list[Row]:
    """Return one row a set."""
    return [_row(each, len(runs.get(each.sha256, ())), now=now) for each in sets]


def list_facts(each: EvaluationSet, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return what is known about a set as terms with their values."""
    return (
        ("Workload", each.workload_id),
        ("Client", each.client_id or "all clients"),
        ("Version", each.name),
        ("Records", numbers.count(each.records)),
        ("Kind", each.workload_type.value.replace("_", " ")),
        ("Logged", numbers.span(each.first_record_at, each.last_record_at)),
        ("Age of the newest record", numbers.age(each.last_record_at, now)),
        ("Frozen", f"{numbers.moment(each.frozen_at, now=now)} by {verdicts.name_person(each.frozen_by)}"),
        ("Note", each.note or "none"),
        ("Address", each.sha256),
    )


def render_classes(classes: Mapping[str, int]) -> str:
    """Return the class balance as bars, largest first; empty for free text."""
    ordered = sorted(classes.items(), key=lambda entry: (-entry[1], entry[0]))
    if not ordered:
        return ""
    total, largest = sum(classes.values()), ordered[0][1]
    bars = [
        Bar(label=label, part=count / largest, value=numbers.count(count), note=numbers.share(count / total))
        for label, count in ordered[:CLASSES_SHOWN]
    ]
    more = len(ordered) - CLASSES_SHOWN
    note = f'<div class="fw-note">and {numbers.quantity(more, "more class", "more classes")}</div>' if more > 0 else ""
    return render_bars(bars, name="Records by class") + note


def render_runs(runs: Sequence[RunOnSet], *, now: datetime) -> str:
    """Return the runs judged on a set as links."""
    if not runs:
        return "<p>No run has been judged on it yet.</p>"
    items = "".join(
        f'<li><a href="{escape(url.link("run", id=run.run_id))}" target="_self">{escape(run.run_id)}</a>'
        f" {escape(run.status.replace('_', ' '))}, {escape(numbers.moment(run.created_at, now=now))}</li>"
        for run in runs
    )
    return f'<ul class="fw-list" aria-label="Runs judged on it">{items}</ul>'


def describe_diff(found: EvaluationSetDiff) -> str:
    """Return what changed in a sentence."""
    return (
        f"{numbers.quantity(len(found.added), 'record')} came, {numbers.count(len(found.removed))} went,"
        f" {numbers.count(found.kept)} stayed, {numbers.count(len(found.changed))} of them with another answer."
    )


def render_diff(found: EvaluationSetDiff) -> str:
    """Return the classes that moved and the records that came, went or changed, folded in."""
    moved = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="fw-number">{numbers.count(change.before)}</td>'
        f'<td class="fw-number">{numbers.count(change.after)}</td></tr>'
        for label, change in found.classes.items()
    )
    head = '<thead><tr><th scope="col">Class</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>'
    classes = f'<table class="fw-evidence" aria-label="Classes that moved">{head}<tbody>{moved}</tbody></table>'
    groups = (("Came", found.added), ("Went", found.removed), ("Answered otherwise", found.changed))
    return (classes if moved else "") + "".join(_render_records(name, records) for name, records in groups if records)


def render_gold(statements: Sequence[GoldStatement], *, now: datetime) -> str:
    """Return statements about right answers as a table, newest first."""
    lines = [
        (
            statement.request_key[:KEY_SHOWN],
            "withdrawn" if statement.answer is None else statement.answer,
            statement.source.value,
            _who(statement.given_by, statement.given_at, now),
            statement.note,
        )
        for statement in statements
    ]
    return _render_statements("Gold answers", ("Request", "Answer", "From", "Given", "Note"), lines)


def render_vetoes(statements: Sequence[VetoStatement], *, now: datetime) -> str:
    """Return decisions to keep records out as a table, newest first."""
    lines = [
        (
            statement.request_key[:KEY_SHOWN],
            "excluded" if statement.is_vetoed else "let in again",
            _who(statement.decided_by, statement.decided_at, now),
            statement.reason,
        )
        for statement in statements
    ]
    return _render_statements("Excluded records", ("Request", "State", "Decided", "Reason"), lines)


def _row(each: EvaluationSet, runs: int, *, now: datetime) -> Row:
    age = numbers.age(each.last_record_at, now)
    size = numbers.quantity(each.records, "record")
    return Row(
        id=identify(each),
        href=url.link("datasets", set=identify(each)),
        cells=(
            Cell(
                text=each.workload_id,
                note=each.client_id or "all clients",
                phone_note=f"{size}, newest {age}",
                tone="name",
            ),
            Cell(text=each.name),
            Cell(text=numbers.count(each.records)),
            Cell(text=numbers.count(len(each.classes)) if each.classes else "free text"),
            Cell(text=age),
            Cell(text=numbers.moment(each.frozen_at, now=now), note=verdicts.name_person(each.frozen_by)),
            Cell(text=numbers.count(runs)),
        ),
    )


def _render_records(name: str, records: Sequence[DiffRecord]) -> str:
    items = "".join(f"<li>{escape(record.asked)}{_answers(record)}</li>" for record in records[:RECORDS_SHOWN])
    more = len(records) - RECORDS_SHOWN
    note = f'<div class="fw-note">and {numbers.quantity(more, "more record")}</div>' if more > 0 else ""
    title = f"{name}: {numbers.quantity(len(records), 'record')}"
    return f'<details><summary>{escape(title)}</summary><ul class="fw-list">{items}</ul>{note}</details>'


def _answers(record: DiffRecord) -> str:
    known = [answer for answer in (record.answer_before, record.answer_after) if answer is not None]
    return f'<br><span class="fw-quiet">{escape(" → ".join(dict.fromkeys(known)))}</span>'


def _render_statements(name: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{rows.breakable(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    table = rows.render_evidence(name, head, body)
    return f'<div class="fw-scroll" role="region" aria-label="{name}, scrolls" tabindex="0">{table}</div>'


def _who(person: str, when: datetime, now: datetime) -> str:
    return f"{verdicts.name_person(person)}, {numbers.moment(when, now=now)}"
