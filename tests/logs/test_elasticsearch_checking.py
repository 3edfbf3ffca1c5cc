"""What a look at Elasticsearch says: version, privileges, whose the indices are; looking changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from core.logs.elasticsearch import ElasticsearchLogStore, connect, examine, measure
from core.logs.elasticsearch.checking import IndexKind
from core.logs.elasticsearch.schema import VERSION
from core.logs.errors import LogStoreUnavailable
from core.settings import ElasticsearchSettings
from tests.elasticsearch_node import Node
from tests.elasticsearch_node.blueprint_index import fill_index, make_index
from tests.logs.samples import lines, record
from tests.logs.scripted_elasticsearch import Replies, run_scripted, tell_version

INDEX = "checked"
SPANS = ("checked-*", "checked.imports")
PRIVILEGES = "POST /_security/user/_has_privileges"


@pytest.fixture
def settings(elasticsearch_node: Node) -> Iterator[ElasticsearchSettings]:
    """A name on the node under which nothing is there."""
    yield ElasticsearchSettings(url=elasticsearch_node.url, index=INDEX, replicas=0)
    with Elasticsearch(elasticsearch_node.url) as client:
        for name in client.indices.get(index=f"{INDEX}*"):
            client.indices.delete(index=name)
        client.options(ignore_status=404).indices.delete_index_template(name=INDEX)


@contextmanager
def opened(settings: ElasticsearchSettings) -> Iterator[ElasticsearchLogStore]:
    store = ElasticsearchLogStore(connect(settings), prefix=settings.index, replicas=0)
    try:
        yield store
    finally:
        store.close()


def held(*, without: str = "") -> tuple[int, Any]:
    """Return the reply of a server to somebody who has every privilege but one, `privilege on place`."""

    def all_but(privileges: tuple[str, ...], place: str) -> dict[str, bool]:
        return {privilege: f"{privilege} on {place}" != without for privilege in privileges}

    index = {place: all_but(("read", "write", "manage"), place) for place in SPANS}
    own = all_but(("view_index_metadata", *(() if without else ("read", "monitor"))), INDEX)
    cluster = all_but(("monitor", "manage_index_templates"), "the cluster")
    return 200, {"cluster": cluster, "index": {**index, INDEX: own}}


def replies(privileges: tuple[int, Any], *, version: str = "9.1.0") -> Replies:
    return {"GET /": tell_version(version), PRIVILEGES: privileges, "GET /checked,checked-*,checked.imports": (200, {})}


@pytest.mark.parametrize("version", ["8.0.0", "8.19.3", "9.1.0"])
def test_servers_from_version_8_on_are_fine(version: str) -> None:
    with run_scripted(replies(held(), version=version)) as url:
        found = examine(ElasticsearchSettings(url=url, index=INDEX))
    assert found.is_ok
    assert found.detail == f"Elasticsearch {version}; nothing there yet; made by the first import"


def test_an_older_server_is_refused_and_asked_nothing_more() -> None:
    with run_scripted({"GET /": tell_version("7.17.24")}) as url:
        found = examine(ElasticsearchSettings(url=url, index=INDEX))
    assert not found.is_ok
    assert found.detail == "Elasticsearch 7.17.24 is too old; version 8.0 or newer is needed"


def test_a_server_that_is_something_else_is_told() -> None:
    with (
        run_scripted({"GET /": tell_version("2.11.0")}, product=None) as url,
        pytest.raises(LogStoreUnavailable, match=f"{url} is something else"),
    ):
        examine(ElasticsearchSettings(url=url, index=INDEX))


def test_nothing_at_the_address_is_told(free_port: int) -> None:
    with pytest.raises(LogStoreUnavailable, match=r"does not answer; is it running"):
        examine(ElasticsearchSettings(url=f"http://127.0.0.1:{free_port}", index=INDEX))


@pytest.mark.parametrize(
    "lacking",
    [
        "manage_index_templates on the cluster",
        "write on checked-*",
        "manage on checked.imports",
        "view_index_metadata on checked",
    ],
)
def test_a_privilege_that_is_lacking_is_named_with_its_place(lacking: str) -> None:
    with run_scripted(replies(held(without=lacking))) as url:
        found = examine(ElasticsearchSettings(url=url, index=INDEX))
    assert not found.is_ok
    assert (
        found.detail
        == f"Elasticsearch 9.1.0; the key or user lacks {lacking}; docs/elasticsearch.md has a key that fits"
    )


def test_a_key_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "wrong")
    with (
        run_scripted({"GET /": (401, {"error": {"type": "security_exception"}})}) as url,
        pytest.raises(LogStoreUnavailable, match=r"does not know the key or password of logs.elasticsearch \(401\)"),
    ):
        examine(ElasticsearchSettings(url=url, index=INDEX, api_key="env:KEY"))


@pytest.mark.full
def test_looking_makes_nothing(settings: ElasticsearchSettings) -> None:
    found = examine(settings)
    assert found.is_ok
    assert found.detail == "Elasticsearch 8.12.2, security is off; nothing there yet; made by the first import"
    with Elasticsearch(settings.url) as client:
        assert not client.indices.get(index=f"{INDEX}*")
        assert not client.indices.exists_index_template(name=INDEX)


@pytest.mark.full
def test_indices_of_this_version_are_counted(settings: ElasticsearchSettings) -> None:
    with opened(settings) as store:
        list(store.ingest(lines(record(1), record(2), record(1_750_000_000))))
        assert examine(settings).detail.endswith("3 records in 2 months")
        assert examine(settings).is_ok
    assert measure(settings).size_bytes > 1000
    assert measure(settings.model_copy(update={"index": "nothing-of-that-name"})).size_bytes == 0


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "properties"),
    [
        (INDEX, {name: {"type": "keyword"} for name in ("client_id", "workload_id")}),
        (f"{INDEX}-2026.01", {"fw": {"properties": {"label": {"type": "text"}}}}),
    ],
)
def test_an_index_of_something_else_is_told(
    settings: ElasticsearchSettings, name: str, properties: dict[str, Any]
) -> None:
    with Elasticsearch(settings.url) as client:
        client.indices.create(index=name, mappings={"properties": properties})
    found = examine(settings)
    assert found.verdict is not None
    assert found.verdict.kind is IndexKind.FOREIGN
    assert not found.is_ok
    assert f"the index {name}" in found.detail


@pytest.mark.full
def test_an_index_of_the_blueprint_is_only_read(settings: ElasticsearchSettings) -> None:
    with Elasticsearch(settings.url) as client:
        make_index(client, INDEX)
        fill_index(client, INDEX, [record(1)])
    found = examine(settings)
    assert found.is_ok
    assert found.detail.endswith(f"{INDEX} is an index of the blueprint's and only read")
    assert measure(settings).size_bytes > 1000


@pytest.mark.full
@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ({"index_patterns": [f"{INDEX}-*"], "version": VERSION + 1}, "made by a newer version"),
        ({"index_patterns": ["else-*"]}, f"the index template {INDEX} belongs to something else"),
    ],
)
def test_a_template_of_a_newer_version_or_of_others_is_told(
    settings: ElasticsearchSettings, template: dict[str, Any], problem: str
) -> None:
    with Elasticsearch(settings.url) as client:
        client.indices.put_index_template(name=INDEX, **template)
    found = examine(settings)
    assert not found.is_ok
    assert problem in found.detail
