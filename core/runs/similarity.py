"""Which similarity chooses in-context examples here: offline, or the embedding endpoint of the settings."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from core.datasets import EmbeddingSimilarity, NgramSimilarity, Similarity
from core.nemo import connect_embedder
from core.settings import Settings, resolve_secret


@contextmanager
def open_similarity(settings: Settings) -> Iterator[Similarity]:
    """Give the similarity of the settings; its connections are closed afterwards.

    Raises `InputError` for a secret that is missing or an address that cannot be used.
    """
    icl = settings.icl
    if icl.embedding_url is None or icl.embedding_model is None:
        yield NgramSimilarity()
        return
    embedder = connect_embedder(
        url=icl.embedding_url,
        model=icl.embedding_model,
        headers={name: resolve_secret(value) for name, value in icl.embedding_headers.items()},
        sends_input_type=icl.embedding_input_type,
    )
    with closing(embedder):
        yield EmbeddingSimilarity(embedder)
