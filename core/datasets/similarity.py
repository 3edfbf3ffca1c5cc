"""Which texts are most like a text: offline by shared character n-grams, or by any embedding model.

`Similarity` is the seam; both implementations give the same order for the same texts. Embedding models are reached
through `Embedder`, which `core.nemo.embeddings` implements over HTTP.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Scores = npt.NDArray[np.float32]

NGRAMS = (3, 5)  # characters, within words and their borders
QUERIES_AT_ONCE = 250
COMMON_FROM_TEXTS = 1000  # with so many texts an n-gram must come twice to count
Purpose = Literal["query", "passage"]


class Match(NamedTuple):
    """A candidate's position and its cosine with the query, -1 to 1."""

    position: int
    score: float


class Similarity(Protocol):
    """Ranks candidates for queries. `name` says how, for manifests."""

    name: str

    def rank(self, queries: Sequence[str], candidates: Sequence[str], *, count: int) -> list[list[Match]]:
        """Return for each query its best `count` candidates, best first, ties in the candidates' order."""


class Embedder(Protocol):
    """A model that turns texts into vectors of one length. `name` identifies model and endpoint."""

    name: str

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Sequence[Sequence[float]]:
        """Return one vector a text. Models that tell questions from documents are told by `purpose`."""


class NgramSimilarity:
    """Cosine of TF-IDF weighted character n-grams: no model, no network, the same on every machine."""

    name = f"character n-grams {NGRAMS[0]}-{NGRAMS[1]}, TF-IDF"

    def rank(self, queries: Sequence[str], candidates: Sequence[str], *, count: int) -> list[list[Match]]:
        """Return for each query its best candidates, best first."""
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer

        if not queries or not candidates:
            return [[] for _ in queries]
        vectorizer = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=NGRAMS,
            sublinear_tf=True,
            min_df=2 if len(candidates) > COMMON_FROM_TEXTS else 1,
            dtype=np.float32,
        )
        try:
            known = vectorizer.fit_transform(candidates)
        except ValueError:  # no candidate has a single n-gram
            return [_first(len(candidates), count) for _ in queries]
        asked = vectorizer.transform(queries)
        return list(_best(asked, known.T.tocsr(), count))


class EmbeddingSimilarity:
    """Cosine of the vectors that an embedding model gives."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = f"embeddings of {embedder.name}"

    def rank(self, queries: Sequence[str], candidates: Sequence[str], *, count: int) -> list[list[Match]]:
        """Return for each query its best candidates, best first. Raises what the embedder raises."""
        if not queries or not candidates:
            return [[] for _ in queries]
        known = _unit_rows(self._embedder.embed(candidates, purpose="passage"))
        asked = _unit_rows(self._embedder.embed(queries, purpose="query"))
        return list(_best(asked, known.T, count))


def _unit_rows(vectors: Sequence[Sequence[float]]) -> "Scores":
    import numpy as np

    rows = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Scores = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


def _best(asked: Any, known: Any, count: int) -> Iterator[list[Match]]:
    """Yield the best columns of each row of the product of two matrices, dense or sparse."""
    import numpy as np

    for start in range(0, asked.shape[0], QUERIES_AT_ONCE):
        product = asked[start : start + QUERIES_AT_ONCE] @ known
        scores = product if isinstance(product, np.ndarray) else product.toarray()
        for row in scores:
            # Rounded, so that machines that add in another order agree on ties.
            order = np.argsort(-row.round(5), kind="stable")[:count]
            yield [Match(int(position), float(row[position])) for position in order]


def _first(candidates: int, count: int) -> list[Match]:
    return [Match(position, 0.0) for position in range(min(candidates, count))]
