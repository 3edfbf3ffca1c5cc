"""The connection to Elasticsearch is safe or refused: no key in the clear, no certificate that nobody vouches for."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from core.errors import InputError
from core.logs.elasticsearch import connect
from core.logs.errors import LogStoreUnavailable
from core.settings import ElasticsearchSettings, load_settings
from tests.logs.scripted_elasticsearch import Certificate, make_certificate, run_scripted, tell_version

SECRET = "hunter2"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """What the server of these tests shows; no authority signed it."""
    return make_certificate(tmp_path)


@pytest.fixture
def url(certificate: Certificate) -> Iterator[str]:
    """A server with that certificate."""
    with run_scripted({"GET /": tell_version("8.12.2")}, certificate=certificate) as url:
        yield url


def ask_version(settings: ElasticsearchSettings) -> str:
    server = connect(settings)
    try:
        return str(server.ask(Elasticsearch.info)["version"]["number"])
    finally:
        server.close()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"USER": "me"}, "logs.elasticsearch: user and password belong together"),
        ({"PASSWORD": "env:KEY"}, "user and password belong together"),
        ({"USER": "me", "PASSWORD": "env:KEY", "API_KEY": "env:KEY"}, "give an api_key or a user, not both"),
        ({"API_KEY": SECRET}, "must refer to a secret"),
        ({"USER": "me", "PASSWORD": SECRET}, "must refer to a secret"),
        ({"URL": f"https://me:{SECRET}@logs.example:9200"}, "must not hold a user or password"),
        ({"URL": "logs.example:9200"}, "must be an address such as http://host:port"),
        ({"INDEX": "Logs*"}, "string should match pattern"),
        ({"FINGERPRINT": "abc"}, "string should match pattern"),
    ],
)
def test_settings_that_do_not_fit_are_refused_without_repeating_a_secret(
    variables: dict[str, str], message: str
) -> None:
    environ = {f"FLYWHEEL_LOGS__ELASTICSEARCH__{name}": value for name, value in variables.items()}
    with pytest.raises(InputError) as refusal:
        load_settings(environ=environ)
    assert message.removeprefix("logs.elasticsearch: ") in str(refusal.value)
    assert str(refusal.value.field).startswith("logs.elasticsearch")
    assert SECRET not in str(refusal.value)


def test_a_literal_key_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "flywheel.toml"
    file.write_text(f"[logs.elasticsearch]\napi_key = '{SECRET}'\n")
    with pytest.raises(
        InputError, match=r"flywheel.toml: logs.elasticsearch.api_key: must refer to a secret"
    ) as refusal:
        load_settings(config_file=file, environ={})
    assert SECRET not in str(refusal.value)


def test_no_secret_appears_in_public_or_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", SECRET)
    settings = load_settings(environ={"FLYWHEEL_LOGS__ELASTICSEARCH__API_KEY": "env:KEY"})
    connect(settings.logs.elasticsearch).close()
    assert settings.public()["logs"]["elasticsearch"]["api_key"] == "env:KEY"
    assert SECRET not in json.dumps(settings.public()) + repr(settings)


@pytest.mark.parametrize("secret", [{"api_key": "env:KEY"}, {"user": "me", "password": "env:KEY"}])
def test_a_secret_does_not_leave_the_machine_in_the_clear(
    secret: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", SECRET)
    with pytest.raises(InputError, match="is not encrypted") as refusal:
        connect(ElasticsearchSettings(url="http://logs.example:9200", **secret))  # type: ignore[arg-type]  # texts only
    assert refusal.value.field == "logs.elasticsearch.url"
    connect(ElasticsearchSettings(url="http://127.0.0.1:9200", **secret)).close()  # type: ignore[arg-type]
    connect(ElasticsearchSettings(url="http://logs.example:9200")).close()


def test_a_secret_that_is_not_there_is_named_by_its_reference() -> None:
    with pytest.raises(InputError, match="env:NOT_SET_ANYWHERE"):
        connect(ElasticsearchSettings(api_key="env:NOT_SET_ANYWHERE"))


def test_a_certificate_that_nobody_vouches_for_is_refused(url: str) -> None:
    with pytest.raises(LogStoreUnavailable, match=r"not trusted; set logs.elasticsearch.ca_file or .fingerprint"):
        ask_version(ElasticsearchSettings(url=url))


def test_a_certificate_that_the_file_vouches_for_is_accepted(url: str, certificate: Certificate) -> None:
    assert ask_version(ElasticsearchSettings(url=url, ca_file=certificate.file)) == "8.12.2"


def test_a_file_with_another_authority_does_not_help(url: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    with pytest.raises(LogStoreUnavailable, match="not trusted"):
        ask_version(ElasticsearchSettings(url=url, ca_file=other.file))


def test_the_certificate_with_the_given_fingerprint_is_accepted(url: str, certificate: Certificate) -> None:
    spaced = ":".join(certificate.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    for fingerprint in (certificate.fingerprint, spaced):
        assert ask_version(ElasticsearchSettings(url=url, fingerprint=fingerprint)) == "8.12.2"


def test_any_other_fingerprint_is_refused_whatever_the_file_says(url: str, certificate: Certificate) -> None:
    wrong = f"{'00' if certificate.fingerprint[:2] != '00' else '11'}{certificate.fingerprint[2:]}"
    for ca_file in (None, certificate.file):
        with pytest.raises(LogStoreUnavailable, match="not trusted"):
            ask_version(ElasticsearchSettings(url=url, fingerprint=wrong, ca_file=ca_file))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_certificates_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=r"ca\.pem holds no certificates") as refusal:
        connect(ElasticsearchSettings(url="https://127.0.0.1:9200", ca_file=file))
    assert refusal.value.field == "logs.elasticsearch.ca_file"
