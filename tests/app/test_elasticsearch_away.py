"""A log store on Elasticsearch that may be away: what `flywheel config check` says of it, and what works without it."""

from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from app import cli
from app.connections import Connection, check_connections
from core.migrations import open_database
from core.settings import Settings, load_settings
from tests.elasticsearch_node import Node


def elasticsearch_settings(data: Path, url: str, **more: str) -> Settings:
    own = {"STORE": "elasticsearch", "ELASTICSEARCH__URL": url, "ELASTICSEARCH__INDEX": "seen", **more}
    environ = {f"FLYWHEEL_LOGS__{name}": value for name, value in own.items()}
    return load_settings(data, environ=environ)


def check_log_store(settings: Settings) -> Connection:
    (found,) = [connection for connection in check_connections(settings) if connection.name == "log store"]
    return found


def test_a_server_that_is_away_is_told_with_its_address(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    url = f"http://127.0.0.1:{free_port}"
    found = check_log_store(elasticsearch_settings(tmp_path, url, ELASTICSEARCH__API_KEY="env:KEY"))
    assert found == Connection(
        name="log store",
        target=f"{url}, index seen",
        ok=False,
        detail=f"Elasticsearch at {url} does not answer; is it running, and is logs.elasticsearch.url right?",
    )


def test_settings_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    settings = elasticsearch_settings(tmp_path, "http://logs.example", ELASTICSEARCH__API_KEY="env:NOT_SET_ANYWHERE")
    found = check_log_store(settings)
    assert not found.ok
    assert "use https://" in found.detail


@pytest.mark.full
def test_a_server_without_a_store_is_fine_and_stays_without_one(tmp_path: Path, elasticsearch_node: Node) -> None:
    found = check_log_store(elasticsearch_settings(tmp_path, elasticsearch_node.url))
    assert (found.ok, found.target) == (True, f"{elasticsearch_node.url}, index seen")
    assert found.detail == "Elasticsearch 8.12.2, security is off; nothing there yet; made by the first import"
    with Elasticsearch(elasticsearch_node.url) as client:
        assert not client.indices.get(index="seen*")


@pytest.fixture
def away(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server that is away, which this process's settings name."""
    url = f"http://127.0.0.1:{free_port}"
    monkeypatch.setenv("FLYWHEEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FLYWHEEL_LOGS__STORE", "elasticsearch")
    monkeypatch.setenv("FLYWHEEL_LOGS__ELASTICSEARCH__URL", url)
    return url


def test_doctor_looks_at_the_runs_without_the_logs(away: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--local"]) == 0
    assert capfd.readouterr().out == "nothing is wrong\n"


def test_a_backup_holds_the_state_and_says_that_the_logs_are_elsewhere(
    away: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    open_database(load_settings()).dispose()
    assert cli.run(["backup", str(tmp_path / "a.backup")]) == 0
    told = f"the logs are not in it: they are kept in Elasticsearch ({away}, index flywheel-logs)"
    assert told in capfd.readouterr().err
    assert cli.run(["restore", str(tmp_path / "a.backup"), "--replace"]) == 0
    assert "the logs stay as they are" in capfd.readouterr().err


def test_a_command_that_needs_the_logs_says_what_is_down(away: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["logs", "stats"]) == 1
    told = capfd.readouterr().err
    assert f"Elasticsearch at {away} does not answer; is it running, and is logs.elasticsearch.url right?" in told
    assert "Traceback" not in told
