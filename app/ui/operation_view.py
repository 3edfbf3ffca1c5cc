"""Queue, slots, leftovers and findings as rows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from app.ui import numbers, rows, url, verdicts
from core.runs import Finding, FindingKind, Leftover, QueuePlace, SlotView

FINDING_LOOK: Mapping[FindingKind, tuple[str, verdicts.Color]] = {
    FindingKind.STUCK: ("Stuck", "orange"),
    FindingKind.DRIFTED: ("Drifted", "red"),
    FindingKind.ORPHANED: ("Orphaned", "orange"),
}


def describe_place(place: QueuePlace) -> str:
    """Return one sentence: its place, and when it is expected to start."""
    first = "Next in the queue" if place.position == 1 else f"Place {place.position} in the queue"
    if place.starts_in_s is None:
        return f"{first}; when it starts cannot be told yet."
    if place.starts_in_s < 1:
        return f"{first}; a worker takes it up now."
    return f"{first}; starts in about {numbers.duration(place.starts_in_s)}."


def render_queue(places: Sequence[QueuePlace]) -> str:
    """Return the waiting runs as a table."""
    body = "".join(
        f'<tr><td class="fw-number">{place.position}</td><th scope="row">{_link_run(place.run_id)}</th>'
        f'<td class="fw-number fw-nowrap">{_expected(place)}</td></tr>'
        for place in places
    )
    return rows.render_evidence("Waiting runs", ("Place", "Run", "Starts in about"), body)


def render_slots(slots: Sequence[SlotView]) -> str:
    """Return the slots and who holds them as a table."""
    body = "".join(
        f'<tr><td class="fw-number">{slot.number}</td><th scope="row">{_holder(slot)}</th></tr>' for slot in slots
    )
    return rows.render_evidence("Slots", ("Slot", "Held by"), body)


def render_leftovers(leftovers: Sequence[Leftover], *, now: datetime) -> str:
    """Return what could not be removed as a table."""
    body = "".join(
        f'<tr><th scope="row">{escape(left.kind)} {rows.breakable(left.name)}'
        f'<div class="fw-note">run {_link_run(left.run_id)}: {escape(left.error)}</div></th>'
        f'<td class="fw-number">{left.attempts}</td>'
        f'<td class="fw-number fw-nowrap">{numbers.age(left.since, now)}</td>'
        f'<td class="fw-number fw-nowrap">{numbers.moment(left.next_try_at, now=now)}</td></tr>'
        for left in leftovers
    )
    return rows.render_evidence(
        "Left outside", ("What, and why it is still there", "Attempts", "Since", "Tried next"), body
    )


def render_findings(findings: Sequence[Finding], *, now: datetime) -> str:
    """Return what is wrong as a table, each with what to do."""
    body = "".join(
        f"<tr><td>{rows.badge(*FINDING_LOOK[finding.kind])}</td>"
        f'<th scope="row">{_link_run(finding.run_id) if finding.run_id else "This installation"}'
        f'<div class="fw-note">{escape(finding.what)}</div><div class="fw-note">{escape(finding.advice)}</div></th>'
        f'<td class="fw-number fw-nowrap">{numbers.age(finding.since, now) if finding.since else ""}</td></tr>'
        for finding in findings
    )
    return rows.render_evidence("Findings", ("Kind", "Run, what is wrong, and what to do", "Since"), body)


def _expected(place: QueuePlace) -> str:
    return "not known" if place.starts_in_s is None else numbers.duration(place.starts_in_s)


def _holder(slot: SlotView) -> str:
    if slot.run_id is None:
        return "free"
    return f'{_link_run(slot.run_id)}<div class="fw-note">{escape(slot.step_key or "")}</div>'


def _link_run(run_id: str) -> str:
    return f'<a href="{escape(url.link("run", id=run_id))}" target="_self">{escape(run_id)}</a>'
