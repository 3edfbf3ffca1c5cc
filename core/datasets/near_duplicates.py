"""Prompts that are nearly one of the evaluation set's: a changed word, a typing error, another number in a long text.

Texts are compared as sets of words by Jaccard's index. MinHash signatures (Broder, "On the resemblance and containment
of documents", 1997) in bands (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4) find the pairs
worth comparing: 16 bands of 5 miss one in 500 pairs that share four fifths of their words. Each pair found is then
compared exactly, so nothing is removed by a chance collision. Signatures equal datasketch's of the same words (scheme
affine32) and a test holds the two together; importing it takes a second and 70 MB, and its signatures come one at a
time, these by the thousand in a quarter of the time.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Signatures = npt.NDArray[np.uint32]  # one text a row

BANDS = 16
ROWS_PER_BAND = 5
PERMUTATIONS = BANDS * ROWS_PER_BAND
SEED = 1
ESTIMATE_MARGIN = 0.18  # four standard deviations of an estimate by 80 permutations
WORDS_REMEMBERED = 200_000
_IDEOGRAPHS = "぀-ヿ㐀-䶿一-鿿豈-﫿"  # written without spaces: each is a word of its own
_ASCII_WORD = re.compile(r"\w+", re.ASCII)
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _WORD.findall(unicodedata.normalize("NFKC", text.casefold()))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of all words that both have, 1 for equal sets; 0 when one is empty."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


class MinHasher:
    """Signatures whose agreement estimates the Jaccard index of two texts' words.

    A word's CRC-32 is mixed once, then permuted by `factor * code + offset` modulo 2^32 with odd factors.
    """

    def __init__(self) -> None:
        import numpy as np

        generator = np.random.RandomState(SEED)
        self._factors = generator.randint(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        self._offsets = generator.randint(0, 2**32, PERMUTATIONS, dtype=np.uint32)
        self._codes = _WordCodes()

    def sign(self, texts: Sequence[Sequence[str]]) -> "Signatures":
        """Return the signatures of texts, each given by its words, of which there must be one."""
        import numpy as np

        signatures = np.empty((len(texts), PERMUTATIONS), np.uint32)
        if not texts:
            return signatures
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        words = chain.from_iterable(texts)
        codes = np.fromiter(map(self._codes.__getitem__, words), np.uint32, int(lengths.sum()))
        self._codes.forget_when_many()
        mixed = _mix(codes)
        for column in range(PERMUTATIONS):
            permuted = self._factors[column] * mixed + self._offsets[column]
            signatures[:, column] = np.minimum.reduceat(permuted, starts)
        return signatures


class NearDuplicateIndex:
    """The texts of an evaluation set, asked whether other texts are nearly one of them.

    Texts without a word are nearly nothing. `threshold` is the least Jaccard index of near duplicates, above 0 to 1.
    """

    def __init__(self, texts: Sequence[str], *, threshold: float) -> None:
        self._threshold = threshold
        self._hasher = MinHasher()
        worded = [words for words in map(words_of, texts) if words]
        self._sets = [frozenset(words) for words in worded]
        self._signatures = self._hasher.sign(worded)
        self._bands = _band_keys(self._signatures)

    def find(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether it is a near duplicate; quickest by the thousand."""
        words = [words_of(text) for text in texts]
        places = [place for place, found in enumerate(words) if found]
        is_near = [False] * len(texts)
        if not places or not self._sets:
            return is_near
        signatures = self._hasher.sign([words[place] for place in places])
        for row in self._share_a_band(signatures):
            place = places[row]
            is_near[place] = self._is_near(frozenset(words[place]), signatures[row])
        return is_near

    def _share_a_band(self, signatures: "Signatures") -> list[int]:
        """Return the rows with at least one band in common with the index."""
        import numpy as np

        keys = _band_keys(signatures)
        shares = np.zeros(len(keys), bool)
        for band in range(BANDS):
            shares |= np.isin(keys[:, band], self._bands[:, band])
        return [int(row) for row in np.flatnonzero(shares)]

    def _is_near(self, words: frozenset[str], signature: "Signatures") -> bool:
        """Compare exactly with the texts that the signatures find similar."""
        agreements = (self._signatures == signature).mean(axis=1)
        candidates = (agreements >= self._threshold - ESTIMATE_MARGIN).nonzero()[0]
        return any(jaccard(words, self._sets[each]) >= self._threshold for each in candidates)


class _WordCodes(dict[str, int]):
    """Words to 32-bit codes, each computed once while it is remembered: a workload repeats its vocabulary."""

    def __missing__(self, word: str) -> int:
        self[word] = code = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return code

    def forget_when_many(self) -> None:
        if len(self) > WORDS_REMEMBERED:
            self.clear()


def _mix(codes: "Signatures") -> "Signatures":
    """Return the finalizer of MurmurHash3 (Appleby, 2010) of each code: close codes become distant ones."""
    import numpy as np

    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        codes = (codes ^ (codes >> np.uint32(shift))) * np.uint32(factor)
    return codes ^ (codes >> np.uint32(16))


def _band_keys(signatures: "Signatures") -> "npt.NDArray[np.uint64]":
    """Return one 64-bit key for each band of each row: equal bands have equal keys."""
    import numpy as np

    bands = signatures.reshape(len(signatures), BANDS, ROWS_PER_BAND).astype(np.uint64)
    spread = np.uint64(0x9E3779B97F4A7C15) ** np.arange(ROWS_PER_BAND, dtype=np.uint64)
    keys: npt.NDArray[np.uint64] = (bands * spread).sum(axis=2, dtype=np.uint64)
    return keys
