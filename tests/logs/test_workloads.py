"""Finding the workload somebody means."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import InputError, NotFoundError
from core.logs import LogStore, find_workload, open_log_store
from core.settings import load_settings
from tests.logs.samples import put, record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = open_log_store(load_settings(tmp_path / "data", environ={}))
    assert (tmp_path / "data" / "logs.db").exists()
    yield store
    store.close()


def test_a_workload_is_found_with_and_without_its_only_client(store: LogStore) -> None:
    put(store, record(client="acme", workload="support"))
    assert find_workload(store, "support").client_id == "acme"
    assert find_workload(store, "support", "acme").records == 1


def test_a_misspelt_workload_is_answered_with_the_near_miss(store: LogStore) -> None:
    put(store, record(workload="support"), record(workload="billing"))
    with pytest.raises(NotFoundError, match="no workload 'suport'; did you mean 'support'") as caught:
        find_workload(store, "suport")
    assert caught.value.field == "workload_id"


def test_an_empty_store_says_so(store: LogStore) -> None:
    with pytest.raises(NotFoundError, match="no traffic has been imported yet"):
        find_workload(store, "support")


def test_a_wrong_client_is_answered_with_the_clients_that_have_the_workload(store: LogStore) -> None:
    put(store, record(client="acme", workload="support"), record(client="zeta", workload="other"))
    with pytest.raises(NotFoundError, match="did you mean 'acme'") as caught:
        find_workload(store, "support", "acm")
    assert caught.value.field == "client_id"
    with pytest.raises(NotFoundError, match="client 'zeta' has no workload 'support'; acme has"):
        find_workload(store, "support", "zeta")


def test_a_workload_of_several_clients_needs_one_named(store: LogStore) -> None:
    put(store, record(client="acme", workload="support"), record(client="zeta", workload="support"))
    with pytest.raises(InputError, match="several clients have a workload 'support': acme, zeta; name one"):
        find_workload(store, "support")
    assert find_workload(store, "support", "zeta").client_id == "zeta"
