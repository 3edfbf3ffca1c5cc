"""Embeddings over HTTP: any endpoint that speaks OpenAI's `POST /v1/embeddings`, NVIDIA's embedding NIMs included.

Retrieval models of NVIDIA want to know what a text is for (`input_type`: query or passage) and give poor vectors when
questions and documents are embedded alike; OpenAI's refuse the field. So it is sent only where the settings say so.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from core.nemo.addresses import ServiceAddress
from core.nemo.errors import RequestRefused
from core.nemo.messages import Reply, json_body

if TYPE_CHECKING:
    from core.nemo.transport import Transport, TransportOptions

TEXTS_AT_ONCE = 64
PATH = "/v1/embeddings"


class HttpEmbedder:
    """One embedding model of one endpoint; `name` identifies both, without secrets."""

    def __init__(self, transport: "Transport", *, model: str, sends_input_type: bool) -> None:
        self.name = f"{model} at {transport.address.url}"
        self._transport = transport
        self._model = model
        self._sends_input_type = sends_input_type

    def embed(self, texts: Sequence[str], *, purpose: Literal["query", "passage"]) -> list[list[float]]:
        """Return one vector a text, all of one length; an empty text is embedded as a full stop, which models take.

        Raises `ServiceUnavailable` when the endpoint is down and `RequestRefused` when it answers something else.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            vectors += self._embed_few(texts[start : start + TEXTS_AT_ONCE], purpose)
        if len({len(vector) for vector in vectors}) > 1:
            raise RequestRefused(f"{self._transport.address} gave vectors of different lengths; check its model")
        return vectors

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _embed_few(self, texts: Sequence[str], purpose: str) -> list[list[float]]:
        body: dict[str, object] = {
            "model": self._model,
            "input": [text.strip() or "." for text in texts],
            "encoding_format": "float",
        }
        if self._sends_input_type:
            body["input_type"] = purpose
        reply = self._transport.send("POST", PATH, body=json_body(body))
        return _read_vectors(reply, len(texts))


def connect_embedder(
    *,
    url: str,
    model: str,
    headers: Mapping[str, str] | None = None,
    sends_input_type: bool = False,
    options: "TransportOptions | None" = None,
) -> HttpEmbedder:
    """Return an embedder; close it when done. `url` may end in `/v1` or not, `headers` hold resolved secrets.

    Opens no connection yet. Raises `InputError` for an address or a header that cannot be used.
    """
    # HTTP is loaded by those who connect, not by every page and command that reads a run.
    from core.nemo.transport import Transport, TransportOptions

    base = url.rstrip("/").removesuffix("/v1")
    address = ServiceAddress(name="embedding endpoint", url=base, setting="icl.embedding", headers=headers or {})
    transport = Transport(address, options or TransportOptions())
    return HttpEmbedder(transport, model=model, sends_input_type=sends_input_type)


def _read_vectors(reply: Reply, expected: int) -> list[list[float]]:
    """Return the vectors in the order of the texts, whatever order the answer lists them in."""
    entries = reply.document().get("data")
    by_index: dict[int, list[float]] = {}
    for entry in entries if isinstance(entries, list) else []:
        index = entry.get("index") if isinstance(entry, dict) else None
        vector = entry.get("embedding") if isinstance(entry, dict) else None
        if isinstance(index, int) and isinstance(vector, list) and vector and all(map(_is_number, vector)):
            by_index[index] = vector
    if sorted(by_index) != list(range(expected)):
        raise RequestRefused(
            f"the {reply.service} did not answer {reply.request} with {expected} vectors; check that the model in the "
            "settings is an embedding model",
            status=reply.status,
        )
    return [by_index[place] for place in range(expected)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
