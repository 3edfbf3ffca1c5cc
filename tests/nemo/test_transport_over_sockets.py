"""Faults below HTTP, met over a real socket: cut answers, silence, dribbled bodies, nobody there."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from io import BytesIO
from typing import Any

import pytest

from core.nemo import RequestRefused, ServiceError, ServiceUnavailable
from core.nemo.addresses import ServiceAddress
from core.nemo.messages import json_body
from core.nemo.transport import Transport, TransportOptions
from tests.nemo.faulty_server import OK, Behaviour, answer, dribble, hang_up, reset, run_faulty_server, stay_silent

CUT = OK[:-4]
CUT_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"


Connect = Callable[..., Transport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Impatient transports, closed after the test: a socket left to the collector fails whichever test it meets."""
    with ExitStack() as opened:

        def open_transport(url: str, **options: Any) -> Transport:
            impatient = {"read_timeout_s": 0.3, "connect_timeout_s": 0.5, "upload_timeout_s": 0.5, "attempts": 1}
            address = ServiceAddress(name="model services", url=url, setting="nemo.services")
            transport = Transport(address, TransportOptions(**{**impatient, **options}), sleep=lambda _: None)
            return opened.enter_context(closing(transport))

        yield open_transport


@pytest.mark.parametrize(
    "behaviour",
    [hang_up, reset, stay_silent, answer(CUT), answer(CUT_CHUNKED), answer(b"HTTP/1.1 2"), answer(b"SSH-2.0\r\n\r\n")],
    ids=["hang up", "reset", "silence", "cut", "cut chunks", "cut status", "no HTTP"],
)
def test_a_create_whose_answer_does_not_arrive_is_ambiguous_and_sent_once(
    behaviour: Behaviour, connect: Connect
) -> None:
    with run_faulty_server(behaviour) as server:
        with pytest.raises(ServiceUnavailable) as caught:
            connect(server.url, attempts=3).create("/jobs", json_body({"name": "x"}))
        assert caught.value.ambiguous
        assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [hang_up, reset, answer(CUT)], ids=["hang up", "reset", "cut"])
def test_a_read_is_repeated_after_a_cut(behaviour: Behaviour, connect: Connect) -> None:
    with run_faulty_server(behaviour, answer(OK)) as server:
        assert connect(server.url, attempts=2).read("/x").document() == {"ok": True}
        assert len(server.requests) == 2


def test_nobody_there_is_provably_not_sent(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ServiceUnavailable, match=r"nemo\.services_url") as caught:
        connect(f"http://127.0.0.1:{port}").create("/jobs", json_body({}))
    assert not caught.value.ambiguous


def test_a_body_that_never_ends_is_given_up_though_each_piece_is_in_time(connect: Connect) -> None:
    with run_faulty_server(dribble) as server:
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable, match="no answer came in time"):
            connect(server.url).read("/x")
        assert time.monotonic() - started < 5


def test_a_download_that_never_ends_is_given_up(connect: Connect) -> None:
    with run_faulty_server(dribble) as server, pytest.raises(ServiceUnavailable):
        connect(server.url).download("/zip", BytesIO(), largest_bytes=10**9)


def test_an_answer_whose_compression_is_broken_is_an_outage(connect: Connect) -> None:
    body = gzip.compress(b"{}")[:-1] + b"x"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    broken = answer(head + body[:4] + b"?" * (len(body) - 4))
    with run_faulty_server(broken) as server, pytest.raises(ServiceUnavailable, match="compression"):
        connect(server.url).read("/x")


def test_a_compressed_answer_that_unpacks_to_too_much_is_refused(connect: Connect) -> None:
    body = gzip.compress(b" " * 2_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with run_faulty_server(answer(head + body)) as server, pytest.raises(RequestRefused, match="larger than 1000"):
        connect(server.url).download("/zip", BytesIO(), largest_bytes=1000)


def test_https_spoken_to_a_plain_server_is_told_as_one_of_our_errors(connect: Connect) -> None:
    with run_faulty_server(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server, pytest.raises(ServiceError):
        connect(server.url.replace("http://", "https://")).read("/x")
