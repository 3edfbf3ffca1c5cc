"""`flywheel logs adopt` as people call it, on a real node."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from core.logs import LogFilter, open_log_store
from core.settings import load_settings
from tests.contract.log_store.stores import remove_indices
from tests.elasticsearch_node import Node
from tests.elasticsearch_node.blueprint_index import fill_index, make_index
from tests.logs.samples import START_S, record
from tests.processes import Installation

pytestmark = pytest.mark.full


@pytest.fixture
def node(elasticsearch_node: Node) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_node.url) as client:
        make_index(client, "flywheel")
        fill_index(client, "flywheel", [record(START_S + n, user=f"u{n}") for n in range(60)])
        yield client
    remove_indices(elasticsearch_node.url)


@pytest.fixture
def variables(elasticsearch_node: Node) -> dict[str, str]:
    return {
        "FLYWHEEL_LOGS__STORE": "elasticsearch",
        "FLYWHEEL_LOGS__ELASTICSEARCH__URL": elasticsearch_node.url,
        "FLYWHEEL_LOGS__ELASTICSEARCH__INDEX": "flywheel",
    }


def test_an_index_is_copied_and_then_read_from_the_copy(
    node: Elasticsearch, variables: dict[str, str], tmp_path: Path
) -> None:
    with Installation(tmp_path, **variables) as installation:
        told = installation.run("logs", "adopt")
        assert told.returncode == 0, told.stderr
        assert "60 stored, 0 already there, 0 rejected" in told.stdout
        assert 'logs.elasticsearch.index = "flywheel-logs"' in told.stdout
        fill_index(node, "flywheel", [record(START_S + 99, user="later"), {**record(1), "request": {}}])
        again = installation.run("logs", "adopt", "--json")
        assert again.returncode == 2
        counts = json.loads(again.stdout)
        assert (counts["stored"], counts["duplicate"], counts["rejected"]) == (1, 0, 1)
        assert counts["lines"][0]["reason"].startswith("request.messages")
    copied = {**variables, "FLYWHEEL_DATA": str(tmp_path), "FLYWHEEL_LOGS__ELASTICSEARCH__INDEX": "flywheel-logs"}
    store = open_log_store(load_settings(environ=copied))
    assert store.count(LogFilter()).value == 61
    store.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("unheard",), "there is no index 'unheard'"),
        (("flywheel", "--into", "flywheel"), "cannot be copied into itself"),
    ],
)
def test_what_cannot_be_copied_is_refused(
    node: Elasticsearch, variables: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    with Installation(tmp_path, **variables) as installation:
        told = installation.run("logs", "adopt", *arguments)
    assert told.returncode in {1, 2}
    assert sentence in told.stderr
