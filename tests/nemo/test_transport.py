"""Retries, errors, secrets and logging of one service's transport."""

import inspect
import logging
import traceback
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from core.errors import InputError
from core.nemo.addresses import ServiceAddress
from core.nemo.errors import RequestRefused, ResourceExists, ResourceMissing, ServiceError, ServiceUnavailable
from core.nemo.messages import json_body
from core.nemo.transport import Transport, TransportOptions
from tests.nemo.scripted import Pauses, ScriptedService, open_transport, raw_reply, reply

BUSY = reply({"detail": "busy"}, 503)
SECRET = "s3cr3t-t0ken"


def library_errors() -> list[type[Exception]]:
    return [
        member
        for _, member in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(member, Exception) and not issubclass(member, Warning)
    ]


def make_library_error(kind: type[Exception]) -> Exception:
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("boom", request=httpx.Request("GET", "http://x"), response=httpx.Response(500))
    return kind() if not inspect.signature(kind).parameters else kind("boom")


@pytest.mark.parametrize("kind", library_errors(), ids=lambda kind: kind.__name__)
def test_no_error_of_the_http_library_leaves_untranslated(kind: type[Exception]) -> None:
    transport = open_transport(ScriptedService({"GET /x": make_library_error(kind)}))
    with pytest.raises(ServiceError) as caught:
        transport.read("/x")
    assert (
        "nemo.services" in str(caught.value)
        or "its settings" in str(caught.value)
        or "its address" in str(caught.value)
    )


@pytest.mark.parametrize(
    ("error", "is_ambiguous"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteTimeout("slow"), True),
        (httpx.ReadError("reset"), True),
        (httpx.RemoteProtocolError("Server disconnected"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_create_that_may_have_taken_effect_is_told_from_one_that_cannot_have(
    error: Exception, is_ambiguous: bool
) -> None:
    service = ScriptedService({"POST /jobs": error})
    with pytest.raises(ServiceUnavailable) as caught:
        open_transport(service).create("/jobs", json_body({}))
    assert caught.value.ambiguous is is_ambiguous
    assert service.calls == ["POST /jobs"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_create_is_sent_once_whatever_the_answer(status: int) -> None:
    service = ScriptedService({"POST /jobs": reply({"detail": "no"}, status)})
    with pytest.raises(ServiceUnavailable) as caught:
        open_transport(service).create("/jobs", json_body({}))
    assert service.calls == ["POST /jobs"]
    assert caught.value.ambiguous is (status != 429)
    assert caught.value.status == status


def test_a_read_survives_two_failures() -> None:
    service = ScriptedService({"GET /x": [BUSY, httpx.ReadError("cut"), reply({"ok": True})]})
    assert open_transport(service).read("/x").document() == {"ok": True}
    assert len(service.requests) == 3


def test_a_read_gives_up_after_its_attempts() -> None:
    service = ScriptedService({"GET /x": BUSY})
    with pytest.raises(ServiceUnavailable, match="status 503: busy"):
        open_transport(service, attempts=4).read("/x")
    assert len(service.requests) == 4


def test_a_repeatable_write_is_sent_again_with_its_whole_body() -> None:
    service = ScriptedService({"PATCH /x": [BUSY, reply()]})
    open_transport(service).send("PATCH", "/x", body=json_body({"a": 1}))
    assert service.bodies("PATCH /x") == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_definite_refusal_is_not_repeated(status: int) -> None:
    service = ScriptedService({"GET /x": reply({"detail": "no"}, status)})
    with pytest.raises(RequestRefused):
        open_transport(service).read("/x")
    assert len(service.requests) == 1


def test_pauses_are_jittered_and_grow_to_a_ceiling() -> None:
    ceilings_s = [0.5, 1, 2, 4, 5, 5, 5]
    drawn: list[list[float]] = []
    for _ in range(30):
        pauses = Pauses()
        transport = open_transport(ScriptedService({"GET /x": BUSY}), pauses=pauses, attempts=8)
        transport._rng.seed(len(drawn))
        with pytest.raises(ServiceUnavailable):
            transport.read("/x")
        drawn.append(pauses.taken_s)
    for ceiling_s, column in zip(ceilings_s, zip(*drawn, strict=True), strict=True):
        assert 0 <= min(column) < ceiling_s / 4
        assert ceiling_s * 0.75 < max(column) <= ceiling_s


def test_retry_after_is_waited_out() -> None:
    pauses = Pauses()
    busy = reply({"detail": "slow down"}, 429, {"Retry-After": "3"})
    service = ScriptedService({"GET /x": [busy, reply({})]})
    open_transport(service, pauses=pauses).read("/x")
    assert pauses.taken_s == [3]


def test_a_long_retry_after_is_handed_to_the_caller_instead_of_holding_the_thread() -> None:
    pauses = Pauses()
    service = ScriptedService({"GET /x": reply({}, 503, {"Retry-After": "60"})})
    with pytest.raises(ServiceUnavailable) as caught:
        open_transport(service, pauses=pauses).read("/x")
    assert caught.value.retry_after_s == 60
    assert (pauses.taken_s, len(service.requests)) == ([], 1)


def test_an_answer_that_is_no_json_is_refused_with_a_hint() -> None:
    service = ScriptedService({"GET /x": raw_reply(b"<html>Sign in</html>")})
    with pytest.raises(RequestRefused, match=r"is not JSON .*check that the address"):
        open_transport(service).read("/x").document()


def test_a_redirect_is_not_followed() -> None:
    service = ScriptedService({"GET /x": reply({}, 307, {"Location": "http://elsewhere.test/x"})})
    with pytest.raises(RequestRefused, match=r"redirect.*nemo\.services_url"):
        open_transport(service, headers={"Authorization": f"Bearer {SECRET}"}).read("/x")
    assert len(service.requests) == 1


def test_a_path_prefix_of_the_address_is_kept() -> None:
    service = ScriptedService({"GET /v1/models": reply({})})
    open_transport(service).read("/v1/models", query={"page": 1})
    assert str(service.requests[0].url) == "http://service.test/base/v1/models?page=1"


def test_a_missing_resource_has_its_own_error() -> None:
    with pytest.raises(ResourceMissing) as caught:
        open_transport(ScriptedService()).read("/v1/jobs/1")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("status", "text"),
    [(409, "taken"), (500, "model deployment already exists"), (422, "Already exists."), (400, "it already exists")],
)
def test_a_taken_name_is_told_whatever_status_the_build_uses(status: int, text: str) -> None:
    service = ScriptedService({"POST /x": reply({"detail": text}, status)})
    with pytest.raises(ResourceExists):
        open_transport(service).create("/x", json_body({}))


def test_an_answer_larger_than_allowed_is_refused_before_it_is_read_whole() -> None:
    service = ScriptedService({"GET /zip": raw_reply(b"x" * 2000)})
    with pytest.raises(RequestRefused, match="larger than 1000 bytes"):
        open_transport(service).download("/zip", BytesIO(), largest_bytes=1000)


def test_a_download_begins_anew_after_a_cut() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            yield b"half of it"
            raise httpx.RemoteProtocolError("peer closed connection")

        return httpx.Response(200, content=pieces())

    into = BytesIO()
    open_transport(ScriptedService({"GET /zip": [cut, raw_reply(b"all")]})).download("/zip", into, largest_bytes=1000)
    assert into.getvalue() == b"all"


def test_headers_go_to_the_service_and_to_no_other_host() -> None:
    service = ScriptedService({"PUT /own": reply(), "PUT /upload": reply()})
    transport = open_transport(service, headers={"Authorization": f"Bearer {SECRET}"})
    transport.send("PUT", "http://service.test/base/own", body=json_body({}))
    transport.send("PUT", "http://elsewhere.test/upload", body=json_body({}))
    assert [request.headers.get("Authorization") for request in service.requests] == [f"Bearer {SECRET}", None]


@pytest.mark.parametrize(
    "answer",
    [
        reply({"detail": f"bad token Bearer {SECRET}"}, 401),
        reply({"detail": f"{SECRET} is busy"}, 503),
        httpx.ConnectError(f"{SECRET}"),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}'"),
        raw_reply(b"no json"),
    ],
    ids=["echoed", "echoed later", "connect", "header", "broken"],
)
def test_no_secret_reaches_a_message_or_a_log_line(answer: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="core.nemo")
    service = ScriptedService({"GET /x": answer})  # type: ignore[dict-item]
    transport = open_transport(service, headers={"Authorization": f"Bearer {SECRET}"})
    with pytest.raises(ServiceError) as caught:
        transport.read("/x", query={"token": SECRET}).document()
    assert caplog.records
    written = [str(caught.value), repr(transport.address), *(f"{record.__dict__}" for record in caplog.records)]
    assert not [text for text in written if SECRET in text]


def test_each_attempt_is_logged_with_its_outcome(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="core.nemo")
    service = ScriptedService({"GET /v1/x": [httpx.ReadTimeout("slow"), BUSY, reply({})]})
    open_transport(service).read("/v1/x", query={"page": 1})
    facts = [(r.levelname, r.method, r.path, r.outcome, r.attempt) for r in caplog.records]  # type: ignore[attr-defined]
    assert facts == [
        ("WARNING", "GET", "/v1/x", "ServiceUnavailable", 1),
        ("WARNING", "GET", "/v1/x", 503, 2),
        ("DEBUG", "GET", "/v1/x", 200, 3),
    ]


@pytest.mark.parametrize("kind", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
def test_a_request_that_can_never_be_sent_is_refused_without_the_words_of_the_library(kind: type[Exception]) -> None:
    service = ScriptedService({"GET /x": kind(f"Illegal header value b'{SECRET}'")})
    with pytest.raises(RequestRefused) as caught:
        open_transport(service).read("/x")
    assert len(service.requests) == 1
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("value", ["two\nlines", "naïve", ""])
def test_a_header_that_cannot_be_sent_is_refused_without_quoting_it(value: str) -> None:
    with pytest.raises(InputError) as caught:
        ServiceAddress(name="NIM proxy", url="http://x", setting="nemo.nim", headers={"X-Key": value})
    assert caught.value.field == "nemo.nim_headers.X-Key"
    assert not value or value not in str(caught.value)


def open_real_transport(url: str, **options: Any) -> Transport:
    return Transport(ServiceAddress(name="data store", url=url, setting="nemo.data_store"), TransportOptions(**options))


def test_an_address_that_cannot_be_opened_names_its_setting() -> None:
    with pytest.raises(InputError) as caught:
        open_real_transport("http://[::1")
    assert caught.value.field == "nemo.data_store_url"


def test_a_proxy_that_cannot_be_used_is_named_and_its_password_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"gopher://user:{SECRET}@proxy.test")
    with pytest.raises(InputError, match="the proxies in the environment") as caught:
        open_real_transport("http://x.test", trust_env=True)
    assert SECRET not in str(caught.value)


def test_proxies_of_the_environment_are_left_alone_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    assert not open_real_transport("http://127.0.0.1:1")._client._mounts
    assert open_real_transport("http://127.0.0.1:1", trust_env=True)._client._mounts


@pytest.mark.parametrize("host", ["a..b", "x" * 70])
def test_a_host_that_can_have_no_address_is_refused(host: str) -> None:
    with pytest.raises(RequestRefused, match="check its address"):
        open_real_transport(f"http://{host}").read("/x")
