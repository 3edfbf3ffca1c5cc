"""Payloads: the JSON text of a record, compressed with a dictionary of its kind.

Records of one workload repeat their prompt, so zstd with a trained dictionary makes them five to forty times smaller,
against not even two without. The first batch trains a dictionary for all; a workload for which that does badly gets
its own. Dictionary 0 stands for none.
"""

import sqlite3
from collections.abc import Sequence

from backports.zstd import CompressionParameter, ZstdCompressor, ZstdDict, ZstdError, decompress, train_dict

from core.logs.errors import LogStoreUnavailable

LEVEL = 3
DICTIONARY_BYTES = 32 * 1024
TRAINING_RECORDS = 200
TRAINING_BYTES = 4 * 2**20
SAMPLE_BYTES = 16 * 1024
POOR_RATIO = 3.0


class PayloadReader:
    """Decompresses payloads; safe to share by threads."""

    def __init__(self) -> None:
        self._dictionaries: dict[int, ZstdDict | None] = {0: None}

    def read(self, connection: sqlite3.Connection, dictionary_id: int, payload: bytes) -> bytes:
        """Return the JSON text as it was sent."""
        if dictionary_id not in self._dictionaries:
            self._dictionaries[dictionary_id] = load_dictionary(connection, dictionary_id)
        try:
            return decompress(payload, self._dictionaries[dictionary_id])
        except ZstdError as error:
            raise LogStoreUnavailable("the log store is damaged: a record cannot be unpacked") from error


class PayloadWriter:
    """Compresses lines with one dictionary; for one thread."""

    def __init__(self, dictionary_id: int, dictionary: ZstdDict | None) -> None:
        self.dictionary_id = dictionary_id
        self._compressor = ZstdCompressor(
            options={CompressionParameter.compression_level: LEVEL, CompressionParameter.dict_id_flag: 0},
            zstd_dict=dictionary.as_digested_dict if dictionary else None,
        )

    def write(self, line: bytes) -> bytes:
        """Return the compressed line."""
        return self._compressor.compress(line, ZstdCompressor.FLUSH_FRAME)


def load_dictionary(connection: sqlite3.Connection, dictionary_id: int) -> ZstdDict:
    """Return a stored dictionary."""
    row = connection.execute("SELECT content FROM dictionary WHERE dictionary_id=?", (dictionary_id,)).fetchone()
    return ZstdDict(row[0])


def train_dictionary(lines: Sequence[bytes]) -> bytes | None:
    """Return a dictionary for lines like these, or None when they are too few or too unlike each other."""
    if len(lines) < TRAINING_RECORDS:
        return None
    share = max(1, sum(min(len(line), SAMPLE_BYTES) for line in lines) // TRAINING_BYTES)
    samples = [line[:SAMPLE_BYTES] for line in lines[::share]]
    try:
        return train_dict(samples, DICTIONARY_BYTES).dict_content
    except ZstdError:
        return None


def is_poor(lines: Sequence[bytes], payloads: Sequence[bytes]) -> bool:
    """Tell whether a dictionary does so badly on many lines that they deserve their own."""
    size_bytes, payload_bytes = sum(map(len, lines)), sum(map(len, payloads))
    return len(lines) >= TRAINING_RECORDS and size_bytes < POOR_RATIO * payload_bytes
