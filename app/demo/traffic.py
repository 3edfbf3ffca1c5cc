"""The demo's traffic: synthetic, every word of it. Companies, people, headlines, messages and answers are invented.

Three workloads of one invented company, as an application would have logged them over the last thirty days. Headlines
make a run that is worth approving, support messages one that is not, the broker's assistant calls tools. The same
seed and moment give the same records.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.demo.companies import Company, make_companies
from app.demo.envelopes import Exchange, wrap_record
from app.demo.headlines import HeadlineDesk
from app.demo.rhythm import spread_times
from app.demo.support import SupportDesk
from app.demo.tool_routing import BrokerDesk
from core.logs import canonical_request_key

HEADLINES = "news_classifier"
SUPPORT = "support_intents"
BROKER = "broker_assistant"
_REPEATED_SHARE = 0.012  # of the requests come again later, from any client, with the answer they had


@dataclass(frozen=True, kw_only=True)
class DemoWorkload:
    """One workload of the demo: how many records, from which clients in which proportion, and how many to judge on."""

    workload_id: str
    records: int
    clients: Mapping[str, int]
    evaluation_size: int


@dataclass(frozen=True, kw_only=True)
class GoldLabel:
    """The label a person gave a request, as the teacher writes it; the key is that of `canonical_request_key`."""

    request_key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class DemoTraffic:
    """Log records of all workloads in the order of their times, and the gold labels of some headlines."""

    records: tuple[Mapping[str, object], ...]
    gold: tuple[GoldLabel, ...]


WORKLOADS = (
    DemoWorkload(
        workload_id=HEADLINES,
        records=4_500,
        clients={"newsdesk-web": 6, "terminal-eu": 3, "mobile-alerts": 1},
        evaluation_size=1_000,
    ),
    DemoWorkload(
        workload_id=SUPPORT, records=720, clients={"helpdesk-chat": 5, "helpdesk-mail": 2}, evaluation_size=150
    ),
    DemoWorkload(workload_id=BROKER, records=1_500, clients={"broker-app": 4, "broker-web": 1}, evaluation_size=200),
)


def generate_traffic(*, now: datetime, seed: int = 42) -> DemoTraffic:
    """Return the demo's traffic of the thirty days before `now`, which must be aware. It takes about a second."""
    companies = make_companies(random.Random(seed))
    logged = [record for workload in WORKLOADS for record in _log(workload, companies, now=now, seed=seed)]
    logged.sort(key=lambda entry: entry.timestamp_s)
    gold = {
        canonical_request_key(entry.record["request"]): entry.gold  # type: ignore[arg-type]  # a request is an object
        for entry in logged
        if entry.gold is not None
    }
    return DemoTraffic(
        records=tuple(entry.record for entry in logged),
        gold=tuple(GoldLabel(request_key=key, label=label) for key, label in gold.items()),
    )


class _Desk(Protocol):
    def ask_teacher(self) -> Exchange: ...


@dataclass(frozen=True, kw_only=True)
class _Logged:
    record: Mapping[str, object]
    timestamp_s: int
    gold: str | None


def _log(workload: DemoWorkload, companies: Sequence[Company], *, now: datetime, seed: int) -> list[_Logged]:
    generator = random.Random(f"{seed} {workload.workload_id}")
    clock = random.Random(f"{seed} {workload.workload_id} times")  # apart, so that `now` changes no text
    desk = _open_desk(workload.workload_id, companies, generator)
    clients, weights = list(workload.clients), list(workload.clients.values())
    logged: list[_Logged] = []
    exchanges: list[Exchange] = []
    for timestamp_s in spread_times(workload.records, now=now, generator=clock):
        repeats = exchanges and generator.random() < _REPEATED_SHARE
        exchanges.append(generator.choice(exchanges) if repeats else desk.ask_teacher())
        record = wrap_record(
            exchanges[-1],
            workload_id=workload.workload_id,
            client_id=generator.choices(clients, weights)[0],
            timestamp_s=timestamp_s,
            generator=generator,
        )
        logged.append(_Logged(record=record, timestamp_s=timestamp_s, gold=exchanges[-1].gold))
    return logged


def _open_desk(workload_id: str, companies: Sequence[Company], generator: random.Random) -> _Desk:
    if workload_id == HEADLINES:
        return HeadlineDesk(companies, generator)
    return SupportDesk(generator) if workload_id == SUPPORT else BrokerDesk(companies, generator)
