"""Which words of a request are the value of which argument: a tag for each token, decoded to spans.

Tags are O (no value), B-name (a value of `name` begins) and I-name (it goes on). The best sequence in which I-name only
follows B-name or I-name is found by dynamic programming (Viterbi 1967).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.backend.students.features import FloatArray
from core.backend.students.low_rank import LEAST_PROBABILITY, LowRankModel
from core.backend.students.storage import Arrays, arrays_of, name_arrays
from core.backend.students.token_features import TokenFeatures, TokenSequence

OUTSIDE = "O"
_NEVER = np.float32(-1e9)


@dataclass(frozen=True, kw_only=True)
class Span:
    """The value of `argument`, from `start` to before `end` of the text."""

    argument: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class SpanTagger:
    """A trained tagger. `tags` are the classes of `model`."""

    features: TokenFeatures
    model: LowRankModel
    tags: tuple[str, ...]

    def find_spans(
        self, sequences: Sequence[TokenSequence], allowed: Sequence[Collection[str]]
    ) -> list[tuple[Span, ...]]:
        """Return the spans of each sequence, of its allowed arguments only, in the order of the text."""
        scores = np.log(self.model.probabilities(self.features.rows_of(sequences)) + LEAST_PROBABILITY)
        found, start = [], 0
        for sequence, names in zip(sequences, allowed, strict=True):
            end = start + len(sequence.tokens)
            chosen = [place for place, tag in enumerate(self.tags) if tag == OUTSIDE or tag[2:] in names]
            tags = [self.tags[place] for place in chosen]
            found.append(_as_spans(sequence, decode_tags(scores[start:end, chosen], tags)))
            start = end
        return found

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays to save, each under a name that begins with `name`."""
        return name_arrays(name, {**self.model.to_arrays(), "buckets": self.features.buckets.astype(np.int32)})

    @classmethod
    def from_arrays(cls, name: str, *, bits: int, tags: tuple[str, ...], arrays: Arrays) -> "SpanTagger":
        """Return the tagger that `to_arrays` described. Raises `KeyError` when an array is missing."""
        own = arrays_of(name, arrays)
        features = TokenFeatures(bits=bits, buckets=own["buckets"].astype(np.int64))
        return cls(features=features, model=LowRankModel.from_arrays(own), tags=tags)


def decode_tags(scores: FloatArray, tags: Sequence[str]) -> list[str]:
    """Return the best sequence of `tags` that is well formed; `scores` holds a row of log-probabilities a token."""
    if not len(scores):
        return []
    follows = np.array([[_may_follow(tag, earlier) for tag in tags] for earlier in tags])
    moves = np.where(follows, np.float32(0), _NEVER)
    best = scores[0] + np.array([_NEVER if tag.startswith("I-") else 0 for tag in tags], np.float32)
    came_from = []
    for row in scores[1:]:
        paths = best[:, None] + moves
        came_from.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + row
    place = int(best.argmax())
    path = [place]
    for origins in reversed(came_from):
        place = int(origins[place])
        path.append(place)
    return [tags[place] for place in reversed(path)]


def _may_follow(tag: str, earlier: str) -> bool:
    return not tag.startswith("I-") or earlier[2:] == tag[2:]


def _as_spans(sequence: TokenSequence, tags: Sequence[str]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for token, tag in zip(sequence.tokens, tags, strict=True):
        if tag.startswith("B-"):
            spans.append(Span(argument=tag[2:], start=token.start, end=token.end))
        elif tag.startswith("I-"):
            spans[-1] = Span(argument=spans[-1].argument, start=spans[-1].start, end=token.end)
    return tuple(spans)
