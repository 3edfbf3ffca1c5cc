"""Which similarity the settings give, asked of a real endpoint."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.runs.similarity import open_similarity
from core.settings import IclSettings, Settings

CANDIDATES = ["aaaa", "b"]


class EmbeddingEndpoint(ThreadingHTTPServer):
    """Embeds a text as its letters a and b, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EmbeddingCall)
        self.asked: list[tuple[str | None, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class EmbeddingCall(BaseHTTPRequestHandler):
    """One `POST /v1/embeddings`."""

    server: EmbeddingEndpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["Authorization"], body))
        vectors = [[float(text.count("a")), float(text.count("b"))] for text in body["input"]]
        answer = json.dumps({"data": [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def endpoint() -> Iterator[EmbeddingEndpoint]:
    """An endpoint that answers while the test runs."""
    with EmbeddingEndpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def settings(folder: Path, **icl: Any) -> Settings:
    return Settings(data=folder, icl=IclSettings(**icl))


def test_without_an_endpoint_similarity_needs_no_network(tmp_path: Path) -> None:
    with open_similarity(settings(tmp_path)) as similarity:
        (best,) = similarity.rank(["aaab"], CANDIDATES, count=1)
    assert "embeddings" not in similarity.name
    assert best[0].position == 0


def test_the_endpoint_of_the_settings_is_asked_with_its_secret(
    endpoint: EmbeddingEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_TOKEN", "s3cret")
    chosen = settings(
        tmp_path,
        embedding_url=endpoint.url,
        embedding_model="embed-small",
        embedding_headers={"Authorization": "Bearer env:EMBEDDING_TOKEN"},
        embedding_input_type=True,
    )
    with open_similarity(chosen) as similarity:
        (best,) = similarity.rank(["bb"], CANDIDATES, count=2)
    assert similarity.name == f"embeddings of embed-small at {endpoint.url.removesuffix('/v1')}"
    assert [match.position for match in best] == [1, 0]
    assert [(secret, body["input_type"]) for secret, body in endpoint.asked] == [
        ("Bearer s3cret", "passage"),
        ("Bearer s3cret", "query"),
    ]


def test_a_missing_secret_is_named_before_anything_is_asked(endpoint: EmbeddingEndpoint, tmp_path: Path) -> None:
    chosen = settings(
        tmp_path,
        embedding_url=endpoint.url,
        embedding_model="embed-small",
        embedding_headers={"Authorization": "env:NO_SUCH_TOKEN"},
    )
    with pytest.raises(InputError, match="NO_SUCH_TOKEN"), open_similarity(chosen):
        pass
    assert endpoint.asked == []
