"""What keeps runs from going on: no worker alive, or a service that does not answer; said wherever runs are awaited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from app.ui import markup, numbers
from app.ui.run_queries import ServiceSighting
from core.runs import FRESH_FOR, WorkerView


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """One thing in the way, and how to get it out of the way."""

    title: str
    body: str


def find_hindrances(
    workers: Sequence[WorkerView], sightings: Sequence[ServiceSighting], *, now: datetime
) -> tuple[Hindrance, ...]:
    """Return what is in the way; a service counts as down, as for a launch, when it was seen so twice and just now."""
    if not workers:
        return (
            Hindrance(
                title="No worker is running",
                body="A run that is started now waits until one is. Start it with `flywheel worker`, or everything with"
                " `flywheel up`.",
            ),
        )
    down = [
        seen
        for seen in sightings
        if not seen.is_up and seen.checked_at > seen.since and now - seen.checked_at < FRESH_FOR
    ]
    by_address: dict[str, list[ServiceSighting]] = {}
    for seen in down:
        by_address.setdefault(seen.url, []).append(seen)
    return tuple(_describe_address(url, seen, now) for url, seen in by_address.items())


def show_hindrances(hindrances: Sequence[Hindrance]) -> None:
    """Draw them as warnings."""
    for hindrance in hindrances:
        st.warning(markup.literal_but_code(hindrance.body), title=hindrance.title, icon=":material/cloud_off:")


def _describe_address(url: str, down: Sequence[ServiceSighting], now: datetime) -> Hindrance:
    names = [seen.service for seen in down]
    subject = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "does" if len(names) == 1 else "do"
    since = min(seen.since for seen in down)
    return Hindrance(
        title=f"{subject[:1].upper()}{subject[1:]} {verb} not answer",
        body=f"Nothing has answered at {url} since {numbers.moment(since, now=now)}. Browsing, reviewing and deciding"
        " work; a launch is refused until it answers. Start it, or correct its address in the settings.",
    )
