"""One fixture for all stores: `store`, and `reopen` for further handles on the same place."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.logs import LogStore
from tests.contract.log_store.stores import STORE_KINDS, StorePlace, open_store, remove_indices

QUICK = "test_ingest.py"
"""What `make test` asks of Elasticsearch; `make test-full` asks everything of every store."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what a node answers slowly to `make test-full`; a node is started for each process that needs one."""
    own = [item for item in items if item.path.parent == Path(__file__).parent and item.path.name != QUICK]
    for item in own:
        if item.get_closest_marker("elasticsearch"):
            item.add_marker("full")


@pytest.fixture(params=STORE_KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StorePlace]:
    """Where this test's records are kept."""
    if request.param == "elasticsearch":
        node = request.getfixturevalue("elasticsearch_node")
        yield StorePlace(kind=request.param, folder=tmp_path)
        remove_indices(node.url)
    else:
        yield StorePlace(kind=request.param, folder=tmp_path)


@pytest.fixture
def reopen(place: StorePlace) -> Iterator[Callable[[], LogStore]]:
    """Open another handle on this test's store."""
    handles: list[LogStore] = []

    def open_one() -> LogStore:
        handles.append(open_store(place))
        return handles[-1]

    yield open_one
    for handle in handles:
        handle.close()


@pytest.fixture
def store(reopen: Callable[[], LogStore]) -> LogStore:
    """An empty store."""
    return reopen()
