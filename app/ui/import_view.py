"""Imports in words and HTML: how far, what became of the lines, which lines were not records and why. Pure."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from app.ui import numbers, rows, url, verdicts
from app.ui.rows import Cell, Row
from core.logs import ImportStatus, ImportView, RejectedLine

STATUS_LOOKS: dict[ImportStatus, tuple[str, verdicts.Color]] = {
    ImportStatus.PENDING: ("Waiting", "gray"),
    ImportStatus.RUNNING: ("Running", "blue"),
    ImportStatus.COMPLETED: ("Done", "green"),
    ImportStatus.FAILED: ("Failed", "red"),
}


def read_share(view: ImportView) -> float:
    """Return how much of the file has been read, 0 to 1."""
    return min(1.0, view.read_bytes / view.size_bytes) if view.size_bytes else 0.0


def describe_progress(view: ImportView) -> str:
    """Return "42 % of 3.1 MB read", for a copy "42 % of 15,304 records copied", or that it waits."""
    if view.status is ImportStatus.PENDING:
        return "Waiting for a worker" if view.is_copy else f"Waiting for a worker, {numbers.size(view.size_bytes)}"
    done = numbers.share(read_share(view), decimals=0)
    if view.is_copy:
        return f"{done} of {numbers.quantity(view.size_bytes, 'record')} copied"
    return f"{done} of {numbers.size(view.size_bytes)} read"


def describe_briefly(view: ImportView) -> str:
    """Return "Importing 42 %" or "Import waits", for a button."""
    if view.status is ImportStatus.PENDING:
        return "Copy waits" if view.is_copy else "Import waits"
    return f"{'Copying' if view.is_copy else 'Importing'} {numbers.share(read_share(view), decimals=0)}"


def describe_result(view: ImportView) -> str:
    """Return one sentence on what became of the lines."""
    parts = [f"{numbers.quantity(view.stored, 'record')} stored"]
    if view.duplicate:
        parts.append(f"{numbers.count(view.duplicate)} known already")
    if view.rejected_count:
        parts.append(f"{numbers.quantity(view.rejected_count, 'line')} rejected")
    return f"{', '.join(parts)}."


def describe_origin(view: ImportView, now: datetime) -> str:
    """Return who uploaded the file and when."""
    who = verdicts.name_person(view.requested_by)
    return f"{who}, {numbers.moment(view.created_at, now=now)}, {numbers.age(view.created_at, now)}"


def render_rejected(view: ImportView) -> str:
    """Return the rejected lines with their reasons as a table, and how many more there are."""
    body = "".join(_render_line(line) for line in view.rejected)
    more = view.rejected_count - len(view.rejected)
    note = (
        f'<div class="fw-note">{numbers.quantity(more, "more line", "more lines")} not listed here.</div>'
        if more
        else ""
    )
    head = '<thead><tr><th scope="col">Line</th><th scope="col">Why it was not stored</th></tr></thead>'
    table = f'<table class="fw-evidence" aria-label="Rejected lines">{head}<tbody>{body}</tbody></table>'
    return f'<div class="fw-scroll" role="region" aria-label="Rejected lines, scrolls" tabindex="0">{table}{note}</div>'


def list_recent(views: Sequence[ImportView], now: datetime) -> list[Row]:
    """Return the rows of a table of imports."""
    return [
        Row(
            id=view.id,
            href=url.link("logs", **{"import": view.id}),
            cells=(
                Cell(text=view.name, note=describe_origin(view, now)),
                Cell(html=rows.badge(*STATUS_LOOKS[view.status]), note=f"{numbers.count(view.stored)} stored"),
            ),
        )
        for view in views
    ]


def _render_line(line: RejectedLine) -> str:
    return f'<tr><td class="fw-number">{numbers.count(line.line)}</td><td>{escape(line.reason)}</td></tr>'
