"""Error texts of five shapes, `Retry-After`, and bodies."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.nemo.errors import RequestRefused
from core.nemo.messages import Reply, error_for, form_body, json_body, json_lines_body, read_retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def make_reply(body: bytes, status: int = 422) -> Reply:
    return Reply(request="POST /v1/x", service="model services", status=status, headers={}, body=body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"detail": "no such dataset"}', "no such dataset"),
        (
            b'{"detail": [{"loc": ["body", "hyperparameters", "epochs"], "msg": "Field required", "type": "missing"}]}',
            "hyperparameters.epochs: Field required",
        ),
        (b'{"error": "Repository not found"}', "Repository not found"),
        (
            b'{"object": "error", "message": "model not loaded", "type": "NotFoundError", "code": 404}',
            "model not loaded",
        ),
        (b'{"error": {"message": "nested"}}', "nested"),
        (b"<html><style>p{}</style><h1>502 Bad\n Gateway</h1></html>", "502 Bad Gateway"),
        (b"plain words", "plain words"),
        (b'{"detail": [null, 3, {"msg": "odd"}]}', "None; 3; odd"),
        (b"", ""),
        (b"[" * 100_000, "[" * 399 + "…"),
        (b'{"other": 1}', ""),
    ],
)
def test_the_services_own_words_are_found_in_every_shape_of_error(body: bytes, words: str) -> None:
    assert make_reply(body).explanation() == words


def test_long_error_pages_are_cut() -> None:
    assert len(make_reply(b"x" * 10_000).explanation()) == 400


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("100000", 120),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("1.2.3", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(wish: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": wish}, now=NOW) == seconds


def test_a_retry_after_date_without_a_zone_is_ignored() -> None:
    wish = (NOW + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S -0000")
    assert read_retry_after({"retry-after": wish}, now=NOW) is None


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "check nemo.nim_headers"), (302, "set nemo.nim_url"), (413, "larger than the ingress")],
)
def test_a_refusal_says_what_to_do_where_that_is_known(status: int, advice: str) -> None:
    error = error_for(make_reply(b"", status), "", setting="nemo.nim", now=NOW)
    assert type(error) is RequestRefused
    assert advice in str(error)


def test_a_conflict_outside_a_create_is_no_existing_resource() -> None:
    reply = Reply(request="DELETE /v1/x", service="model services", status=409, headers={}, body=b"")
    assert type(error_for(reply, "in use", setting="nemo.services", now=NOW)) is RequestRefused


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"null", b"{", b"\xff"])
def test_anything_but_an_object_is_no_document(body: bytes) -> None:
    with pytest.raises(RequestRefused):
        make_reply(body, 200).document()


def test_bodies_are_encoded_for_their_media_type() -> None:
    assert form_body({"namespace": "a b"}).content == b"namespace=a+b"
    lines = json_lines_body([{"a": 1}, {"b": "ü\ud800"}]).content
    assert lines.endswith(b"\n")
    assert [json.loads(line) for line in lines.splitlines()] == [{"a": 1}, {"b": "ü\ud800"}]


def test_a_number_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(RequestRefused, match="not finite"):
        json_body({"learning_rate": float("nan")})
