"""Datasets through a real log store: the same bytes, whatever order the lines were imported in."""

import json
import random
from pathlib import Path

from core.datasets import BuildOptions, BuiltDatasets, build_datasets, selection_filter
from core.logs import open_log_store
from core.settings import load_settings
from tests.datasets.logged import asked, body_of, says

OPTIONS = BuildOptions(workload_id="router", evaluation_size=20)
LINES = [
    json.dumps(
        body_of(asked(f"text {n // 2 * 2}", temperature=n % 2), says(f"[[{'abc'[n % 3]}]]"), timestamp=n // 4 + 1)
    )
    for n in range(200)
]


def build_from_store(folder: Path, lines: list[str]) -> BuiltDatasets:
    store = open_log_store(load_settings(folder, environ={}))
    try:
        report = list(store.ingest((number, line.encode()) for number, line in enumerate(lines, start=1)))[-1]
        assert report.rejected == ()
        return build_datasets(store.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="run")
    finally:
        store.close()


def test_insertion_order_does_not_change_a_byte(tmp_path: Path) -> None:
    shuffled = random.Random(0).sample(LINES, len(LINES))

    first = build_from_store(tmp_path / "first", LINES)
    second = build_from_store(tmp_path / "second", shuffled)

    assert first.counts.leaked > 0
    assert first.evaluation == second.evaluation
    assert first.training == second.training
    assert first.validation == second.validation
    assert first.manifest_hash == second.manifest_hash
