"""Embeddings from an OpenAI-compatible endpoint: batches, purposes, odd answers, and use as similarity."""

import json
from typing import Any

import httpx
import pytest

from core.datasets.similarity import EmbeddingSimilarity
from core.errors import InputError
from core.nemo import HttpEmbedder, RequestRefused, ResourceMissing, ServiceUnavailable, connect_embedder
from core.nemo.embeddings import TEXTS_AT_ONCE
from tests.nemo.scripted import ScriptedService, open_transport, raw_reply, reply

CALL = "POST /v1/embeddings"


def answer_lengths(request: httpx.Request) -> httpx.Response:
    """Embed each text as its length and a constant, listed backwards."""
    texts = json.loads(request.content)["input"]
    entries = [{"index": place, "embedding": [len(text), 1]} for place, text in enumerate(texts)]
    return reply({"object": "list", "data": entries[::-1]})


def embedder(answer: Any, **options: Any) -> tuple[HttpEmbedder, ScriptedService]:
    service = ScriptedService({CALL: answer})
    return HttpEmbedder(open_transport(service), model="embed-small", **{"sends_input_type": False, **options}), service


def test_vectors_come_in_the_order_of_the_texts_in_batches() -> None:
    model, service = embedder(answer_lengths)
    texts = ["x" * (length + 1) for length in range(TEXTS_AT_ONCE + 3)]

    vectors = model.embed(texts, purpose="query")

    assert vectors == [[length + 1, 1] for length in range(TEXTS_AT_ONCE + 3)]
    assert [len(body["input"]) for body in service.bodies(CALL)] == [TEXTS_AT_ONCE, 3]
    assert service.bodies(CALL)[0]["model"] == "embed-small"
    assert "input_type" not in service.bodies(CALL)[0]


def test_models_that_tell_questions_from_documents_are_told() -> None:
    model, service = embedder(answer_lengths, sends_input_type=True)

    EmbeddingSimilarity(model).rank(["question"], ["document", "other"], count=1)

    assert [(body["input_type"], len(body["input"])) for body in service.bodies(CALL)] == [("passage", 2), ("query", 1)]


def test_empty_text_is_sent_as_something_models_take() -> None:
    model, service = embedder(answer_lengths)

    model.embed(["", " \n"], purpose="query")

    assert service.bodies(CALL)[0]["input"] == [".", "."]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [{"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}],
        [{"index": 0, "embedding": []}, {"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": [1.0]}],
        ["x", {"index": 1, "embedding": [None]}],
    ],
)
def test_answer_without_a_vector_for_each_text_is_refused(data: Any) -> None:
    model, _ = embedder(reply({"data": data}))

    with pytest.raises(RequestRefused, match=r"did not answer .* with 2 vectors"):
        model.embed(["a", "b"], purpose="query")


def test_vectors_of_different_lengths_are_refused() -> None:
    model, _ = embedder(reply({"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]}))

    with pytest.raises(RequestRefused, match="different lengths"):
        model.embed(["a", "b"], purpose="query")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"detail": "no such model"}, 404), ResourceMissing),
        (raw_reply(b"<html>", 200), RequestRefused),
        (httpx.ConnectError("refused"), ServiceUnavailable),
    ],
)
def test_trouble_is_one_of_our_errors(answer: Any, error: type[Exception]) -> None:
    model, _ = embedder(answer)

    with pytest.raises(error):
        model.embed(["a"], purpose="query")


def test_passing_trouble_is_tried_again() -> None:
    model, service = embedder([reply({}, 503), answer_lengths])

    assert model.embed(["abc"], purpose="query") == [[3, 1]]
    assert len(service.requests) == 2


def test_connecting_takes_an_address_with_or_without_its_version() -> None:
    names = set()
    for url in ("http://models.test/api/v1", "http://models.test/api/", "http://models.test/api"):
        model = connect_embedder(url=url, model="m", headers={"Authorization": "Bearer secret"})
        names.add(model.name)
        model.close()

    assert names == {"m at http://models.test/api"}
    with pytest.raises(InputError):
        connect_embedder(url="http://models.test", model="m", headers={"Authorization": "two\nlines"})
