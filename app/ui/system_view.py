"""The installation as the System page shows it: what is up since when, what is set to what. Pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from app.ui import numbers, rows, verdicts
from app.ui.run_queries import ServiceSighting
from app.ui.system_queries import StoreView
from core.runs import FRESH_FOR, WorkerView


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """One part of the installation: its name, its state in a word, since when, and where it is or what it said."""

    name: str
    state: str
    color: verdicts.Color
    since: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class SettingLine:
    """One setting in force by its dotted name; `is_default` says that nobody changed it."""

    name: str
    value: str
    is_default: bool


def list_workers(workers: Sequence[WorkerView], now: datetime) -> list[PartLine]:
    """Return one line a worker that is alive."""
    return [
        PartLine(
            name="Worker",
            state="Alive",
            color="green",
            since=_since(worker.started_at, now),
            detail=f"{worker.host}, process {worker.pid}, version {worker.version}",
        )
        for worker in workers
    ]


def list_services(sightings: Sequence[ServiceSighting], now: datetime) -> list[PartLine]:
    """Return one line a service; what no worker has looked at lately is not known, whatever it was."""
    return [_describe_service(seen, now) for seen in sightings]


def list_settings(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[SettingLine]:
    """Return every setting by dotted name, in the order of the settings; `values` hold no secrets."""
    usual = dict(_flatten(defaults))
    return [
        SettingLine(name=name, value=value, is_default=usual.get(name) == value) for name, value in _flatten(values)
    ]


def render_parts(lines: Sequence[PartLine], *, name: str) -> str:
    """Return the parts as a table named `name`."""
    head = '<thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">Since</th></tr></thead>'
    body = "".join(
        f'<tr><th scope="row">{escape(line.name)}<div class="fw-note">{rows.breakable(line.detail)}</div></th>'
        f'<td>{rows.badge(line.state, line.color)}</td><td class="fw-number fw-nowrap">{escape(line.since)}</td></tr>'
        for line in lines
    )
    return f'<table class="fw-evidence" aria-label="{escape(name)}">{head}<tbody>{body}</tbody></table>'


def render_stores(stores: Mapping[str, StoreView], *, free_bytes: int) -> str:
    """Return the stores with their place and size as a table, and what is free on the disk."""
    head = '<thead><tr><th scope="col">Store</th><th scope="col">Size</th></tr></thead>'
    body = "".join(_render_store(name, store) for name, store in stores.items())
    body += f'<tr><th scope="row">Free on this disk</th><td class="fw-number">{numbers.size(free_bytes)}</td></tr>'
    return f'<table class="fw-evidence" aria-label="Stores">{head}<tbody>{body}</tbody></table>'


def render_settings(lines: Sequence[SettingLine], *, marked: Collection[str] = ()) -> str:
    """Return the settings as a table; the names in `marked` bear a mark that somebody set them."""
    mark = f" {rows.badge('set', 'blue')}"
    head = '<thead><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead>'
    body = "".join(
        f'<tr><th scope="row">{rows.breakable(line.name)}{mark if line.name in marked else ""}</th>'
        f'<td class="fw-json">{escape(line.value)}</td></tr>'
        for line in lines
    )
    return f'<table class="fw-evidence fw-settings" aria-label="Settings in force">{head}<tbody>{body}</tbody></table>'


def render_terms(facts: Mapping[str, str]) -> str:
    """Return names with their values as a list of terms."""
    terms = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in facts.items())
    return f'<dl class="fw-facts">{terms}</dl>'


def _describe_service(seen: ServiceSighting, now: datetime) -> PartLine:
    is_fresh = now - seen.checked_at < FRESH_FOR
    state, color = ("Up", "green") if seen.is_up else ("Down", "red")
    if not is_fresh:
        state, color = "Not known", "gray"
    told = seen.url if seen.is_up else f"{seen.url}: {seen.detail}"
    return PartLine(
        name=f"{seen.service[:1].upper()}{seen.service[1:]}",
        state=state,
        color=color,  # type: ignore[arg-type]
        since=_since(seen.since, now) if is_fresh else f"last seen {numbers.age(seen.checked_at, now)}",
        detail=told,
    )


def _render_store(name: str, store: StoreView) -> str:
    size = "on its own server" if store.size_bytes is None else numbers.size(store.size_bytes)
    return (
        f'<tr><th scope="row">{escape(name)}<div class="fw-note">{escape(store.kind)}, {escape(store.contents)}</div>'
        f'<div class="fw-note">{rows.breakable(store.place)}</div></th><td class="fw-number">{escape(size)}</td></tr>'
    )


def _since(when: datetime, now: datetime) -> str:
    return f"{numbers.moment(when, now=now)}, {numbers.age(when, now)}"


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            lines += _flatten(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(entry, dict) and "name" in entry for entry in value):
            lines += [(f"{name}.{entry['name']}", _describe_entry(entry)) for entry in value]
        else:
            lines.append((name, _describe_value(value)))
    return lines


def _describe_entry(entry: Mapping[str, Any]) -> str:
    known = {key: value for key, value in entry.items() if key != "name" and value is not None}
    return ", ".join(f"{key} = {_describe_value(value)}" for key, value in known.items())


def _describe_value(value: object) -> str:
    if value is None:
        return "not set"
    if value in ("", [], {}):
        return "empty"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
