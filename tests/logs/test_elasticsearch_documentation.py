"""docs/elasticsearch.md says what is: its settings load, its keys hold what is needed, its index is copied."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from core.logs import LogFilter, parse_record
from core.logs.elasticsearch import ElasticsearchLogStore, adopt, connect, examine
from core.logs.elasticsearch.checking import (
    CLUSTER_PRIVILEGES,
    INDEX_PRIVILEGES,
    LOOKING_PRIVILEGES,
    READING_CLUSTER_PRIVILEGES,
    READING_INDEX_PRIVILEGES,
    IndexKind,
)
from core.logs.elasticsearch.schema import Indices
from core.settings import ElasticsearchSettings, load_settings, setting_names
from tests.contract.log_store.stores import remove_indices
from tests.elasticsearch_node import Node
from tests.logs.scripted_elasticsearch import run_scripted, tell_version
from tests.machine import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "elasticsearch.md").read_text(encoding="utf-8")


def calls() -> Iterator[tuple[str, Any]]:
    """Yield every call of Elasticsearch in the document: method and path, and the body."""
    for first, body in re.findall(r"^```json\n([A-Z]+ \S+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        yield first, json.loads(body)


def role(name: str) -> Any:
    (found,) = [body for first, body in calls() if first == "POST /_security/api_key" and body["name"] == name]
    return found["role_descriptors"][name]


def test_the_example_settings_load(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    file = tmp_path / "flywheel.toml"
    file.write_text(example)
    settings = load_settings(config_file=file, environ={})
    assert settings.logs.store == "elasticsearch"
    told = re.search(r"^ok      log store: (.*) \((.*)\)$", DOCUMENT, re.MULTILINE)
    assert told
    assert settings.logs_place == told[1]
    assert examine_with_every_privilege() == told[2]


def examine_with_every_privilege() -> str:
    places = ("flywheel-logs-*", "flywheel-logs.imports", "flywheel-logs")
    everything = dict.fromkeys({*INDEX_PRIVILEGES, *READING_INDEX_PRIVILEGES}, True)
    held = {"cluster": dict.fromkeys(CLUSTER_PRIVILEGES, True), "index": dict.fromkeys(places, everything)}
    replies = {
        "GET /": tell_version("8.12.2"),
        "POST /_security/user/_has_privileges": (200, held),
        "GET /flywheel-logs,flywheel-logs-*,flywheel-logs.imports": (200, {}),
    }
    with run_scripted(replies) as url:
        return examine(ElasticsearchSettings(url=url)).detail


def test_the_settings_it_names_exist() -> None:
    named = set(re.findall(r"`(logs\.elasticsearch\.\w+)`", DOCUMENT))
    assert named
    assert named <= set(setting_names())


def test_the_key_holds_what_is_checked() -> None:
    own, indices = role("flywheel-review"), Indices(prefix=ElasticsearchSettings().index)
    assert own["cluster"] == list(CLUSTER_PRIVILEGES)
    assert own["indices"] == [
        {"names": [indices.pattern, indices.imports], "privileges": list(INDEX_PRIVILEGES)},
        {"names": [indices.prefix], "privileges": list(LOOKING_PRIVILEGES)},
    ]
    reading = role("flywheel-review-reading")
    assert reading["cluster"] == list(READING_CLUSTER_PRIVILEGES)
    assert reading["indices"] == [{"names": ["flywheel"], "privileges": list(READING_INDEX_PRIVILEGES)}]


def test_the_example_document_is_a_record() -> None:
    document = dict(calls())["POST /traffic/_doc"]
    record = parse_record(json.dumps(document).encode())
    assert (record.workload_id, record.label, record.prompt_tokens) == ("triage", "billing", 12)


@pytest.mark.full
def test_the_index_in_between_is_read_and_copied(elasticsearch_node: Node) -> None:
    documented = dict(calls())
    settings = ElasticsearchSettings(url=elasticsearch_node.url, index="traffic", replicas=0)
    document = documented["POST /traffic/_doc"]
    with Elasticsearch(settings.url) as client:
        client.indices.create(index="traffic", body=documented["PUT /traffic"])
        for shipped in (document, {**document, "timestamp": "2026-11-27T12:00:00.5Z", "@timestamp": "x", "tag": {}}):
            client.index(index="traffic", document=shipped, refresh=True)
    try:
        verdict = examine(settings).verdict
        assert verdict is not None
        assert verdict.kind is IndexKind.BLUEPRINT
        server = connect(settings)
        with closing(ElasticsearchLogStore(server, prefix="flywheel-logs", replicas=0)) as store:
            *_, last = adopt(server, index="traffic", store=store, prefix="flywheel-logs")
            assert (last.report.stored, last.report.rejected) == (2, ())
            times = [record.timestamp_ms for record in store.stream(LogFilter())]
        assert times == [1_795_780_800_250, 1_795_780_800_500]
    finally:
        remove_indices(settings.url)
