"""The four real files give the same bytes whichever store held them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.datasets import BuildOptions, build_datasets
from core.logs import LogFilter, LogStore, import_file
from core.logs.sqlite import SqliteLogStore
from tests.contract.log_store.stores import StorePlace, open_store, remove_indices
from tests.datasets.logged import TRAFFIC
from tests.elasticsearch_node import Node

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture
def stores(elasticsearch_node: Node, tmp_path: Path) -> Iterator[tuple[LogStore, LogStore]]:
    opened = (SqliteLogStore(tmp_path / "logs.db"), open_store(StorePlace(kind="elasticsearch", folder=tmp_path)))
    yield opened
    for store in opened:
        store.close()
    remove_indices(elasticsearch_node.url)


@pytest.mark.parametrize(
    ("name", "evaluation_size"),
    [("twitter-fin-topic", 500), ("banking77", 500), ("snips-tools", 500), ("e2e-restaurants", 60)],
)
def test_datasets_are_byte_identical_from_sqlite_and_elasticsearch(
    stores: tuple[LogStore, LogStore], name: str, evaluation_size: int
) -> None:
    path = TRAFFIC / f"{name}.train.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the real traffic {path.name} is not beside this repository")
    contents = []
    for store in stores:
        *_, last = import_file(store, path)
        assert last.report.rejected == ()
        (summary,) = store.workloads()
        records = store.stream(LogFilter(workload_id=summary.workload_id))
        options = BuildOptions(workload_id=summary.workload_id, evaluation_size=evaluation_size, seed=42)
        built = build_datasets(records, options, name_suffix="run")
        files = (built.evaluation, built.training, built.validation)
        contents.append([file.content for file in files if file])
    assert contents[0] == contents[1]
    assert all(contents[0])
