"""Feature rows of single tokens: the word, its form, its neighbours and its place, each also with the tool's name.

Computed on whole arrays, as the n-grams are: a feature is a hash of its kind and of what it shows. All features of a
token weigh the same, and its row has length 1.
"""

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.backend.students.features import RARE_FROM_RECORDS, IntArray
from core.backend.students.ngrams import CountMatrix
from core.backend.students.tokens import Token

_ROLL = np.uint64(0x100000001B3)  # as in `ngrams`
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_OUTSIDE = np.uint64(7)  # the neighbour of a first or last token
_LAST_PLACE = 8  # from here on all places in a text are one
_NEAR_END = 4

_Codes = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class TokenSequence:
    """The tokens of a text and the name of the tool they are read for."""

    tokens: tuple[Token, ...]
    tool: str


@dataclass(frozen=True, kw_only=True)
class TokenFeatures:
    """The buckets that became features, ascending, out of `2 ** bits`."""

    bits: int
    buckets: IntArray

    def rows_of(self, sequences: Sequence[TokenSequence]) -> CountMatrix:
        """Return one row a token, sequence after sequence."""
        return self.select(hash_tokens(sequences, bits=self.bits))

    def select(self, hashed: IntArray) -> CountMatrix:
        """Return the rows of tokens whose buckets `hash_tokens` gave; unknown buckets are left out."""
        place = np.full(1 << self.bits, -1, np.int32)
        place[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        columns = place[hashed]
        known = columns >= 0
        starts = np.concatenate(([0], np.cumsum(known.sum(axis=1))))
        values = np.full(int(starts[-1]), 1 / np.sqrt(max(1, hashed.shape[1])), np.float32)
        return sparse.csr_array((values, columns[known], starts), shape=(len(hashed), len(self.buckets)))


class FittedTokens(NamedTuple):
    """Features and the rows of the tokens that they were fitted on."""

    features: TokenFeatures
    rows: CountMatrix


def fit_token_features(sequences: Sequence[TokenSequence], *, bits: int) -> FittedTokens:
    """Return the features that the sequences support, with the rows of their tokens."""
    hashed = hash_tokens(sequences, bits=bits)
    minimum = 2 if len(sequences) > RARE_FROM_RECORDS else 1
    buckets = np.flatnonzero(np.bincount(hashed.ravel(), minlength=1 << bits) >= minimum)
    features = TokenFeatures(bits=bits, buckets=buckets.astype(np.int64))
    return FittedTokens(features=features, rows=features.select(hashed))


def hash_tokens(sequences: Sequence[TokenSequence], *, bits: int) -> IntArray:
    """Return the buckets of each token's features: one row a token, one column a kind of feature."""
    words = [token.text for sequence in sequences for token in sequence.tokens]
    lengths = np.fromiter((len(sequence.tokens) for sequence in sequences), np.int64, len(sequences))
    rows = np.repeat(np.arange(len(sequences)), lengths)
    place = np.arange(len(words)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    left = np.repeat(lengths, lengths) - 1 - place
    tool = _codes([sequence.tool for sequence in sequences], str)[rows] if words else np.zeros(0, np.uint64)

    word, shape = _codes(words, str.lower), _codes(words, _shape)
    at = {step: _neighbour(word, rows, step) for step in (-2, -1, 1, 2)}
    starts = np.minimum(place, _LAST_PLACE).astype(np.uint64)
    shared = [word, at[-1], at[1], shape, _codes(words, _ending), starts]
    kinds = [
        *shared,
        at[-2],
        at[2],
        _neighbour(shape, rows, -1),
        _neighbour(shape, rows, 1),
        _codes(words, _beginning),
        _codes(words, _short_ending),
        _pair(at[-1], word),
        _pair(word, at[1]),
        _pair(at[-2], at[-1]),
        _pair(at[1], at[2]),
        np.minimum(left, _NEAR_END).astype(np.uint64),
        *(_pair(tool, kind) for kind in shared),
    ]
    numbered = np.stack([kind * _ROLL + np.uint64(number + 1) for number, kind in enumerate(kinds)], axis=1)
    return ((numbered * _SPREAD) >> np.uint64(64 - bits)).astype(np.int64)


def _codes(words: Sequence[str], view: Callable[[str], str]) -> _Codes:
    """Return a number for what `view` sees in each word; equal words are looked at once."""
    seen = {word: zlib.crc32(view(word).encode("utf-8", "surrogatepass")) + 1 for word in set(words)}
    return np.fromiter((seen[word] for word in words), np.uint64, len(words))


def _neighbour(codes: _Codes, rows: npt.NDArray[np.int64], step: int) -> _Codes:
    """Return the code of the token `step` places on in the same sequence."""
    shifted = np.full_like(codes, _OUTSIDE)
    here, there = (slice(None, -step), slice(step, None)) if step > 0 else (slice(-step, None), slice(None, step))
    shifted[here] = np.where(rows[here] == rows[there], codes[there], _OUTSIDE)
    return shifted


def _pair(first: _Codes, second: _Codes) -> _Codes:
    return (first * _ROLL + second) * _ROLL


def _shape(word: str) -> str:
    """Return the form of a word: A for capitals, a for letters, 0 for digits, at most two of each in a row."""
    folded = re.sub(r"\d", "0", word)
    folded = "".join("A" if sign.isupper() else "a" if sign.isalpha() else sign for sign in folded)
    return re.sub(r"(.)\1{2,}", r"\1\1", folded)


def _beginning(word: str) -> str:
    return word[:3].lower()


def _ending(word: str) -> str:
    return word[-3:].lower()


def _short_ending(word: str) -> str:
    return word[-2:].lower()
