"""What the Datasets page asks: frozen sets with their runs, differences, and what people said about records."""

from collections.abc import Mapping, Sequence

import streamlit as st
from sqlmodel import Session

from app.ui import queries
from core import datasets
from core.database import utc_now
from core.datasets import (
    EvaluationSet,
    EvaluationSetDiff,
    GoldImport,
    GoldStatement,
    RunOnSet,
    VetoStatement,
)

STATEMENTS_SHOWN = 50


def list_sets() -> Sequence[EvaluationSet]:
    """Return all frozen sets: by workload and client, newest version first."""
    return queries.read(datasets.list_evaluation_sets)


def list_runs(sets: Sequence[EvaluationSet]) -> Mapping[str, Sequence[RunOnSet]]:
    """Return the runs judged on each set, by its address, newest first."""
    addresses = [each.sha256 for each in sets]
    return queries.read(lambda session: datasets.list_runs_on_sets(session, addresses))


@st.cache_data(max_entries=50, show_spinner=False)
def diff(older: str, newer: str) -> EvaluationSetDiff:
    """Return what changed between two sets, given by their addresses; both are frozen, so the answer never changes."""

    def compare(session: Session) -> EvaluationSetDiff:
        frozen = []
        for address in (older, newer):
            found = datasets.find_evaluation_set(session, address)
            assert found is not None  # the page lists what is frozen, and nothing frozen goes away
            frozen.append(datasets.open_evaluation_set(session, found))
        return datasets.diff_evaluation_sets(*frozen)

    return queries.read(compare)


def list_gold(workload_id: str) -> Sequence[GoldStatement]:
    """Return the newest statements about right answers of a workload."""
    return queries.read(lambda session: datasets.list_gold(session, workload_id)[:STATEMENTS_SHOWN])


def list_vetoes(workload_id: str) -> Sequence[VetoStatement]:
    """Return the newest decisions to keep records of a workload out of datasets."""
    return queries.read(lambda session: datasets.list_vetoes(session, workload_id)[:STATEMENTS_SHOWN])


def import_gold(content: bytes, *, name: str, workload_id: str, actor: str, skips_wrong: bool) -> GoldImport:
    """Import a file of gold answers. Raises `GoldFileRefused` with every wrong line, or `DatasetError`."""
    file = datasets.read_gold_file(content, name=name)
    return queries.ask(
        queries.LOG_STORE,
        lambda: datasets.import_gold(
            queries.database(),
            queries.log_store(),
            file,
            workload_id=workload_id,
            actor=actor,
            now=utc_now(),
            on_problem="skip" if skips_wrong else "refuse",
        ),
    )
