"""Which dictionary compresses which record: one for all from the first batch, one of its own where that does badly."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from backports.zstd import ZstdDict

from core.logs.records import RecordDraft
from core.logs.sqlite.connections import ConnectionPool
from core.logs.sqlite.payload import PayloadWriter, is_poor, load_dictionary, train_dictionary

CACHED_WRITERS = 64


class Payload(NamedTuple):
    """A compressed line and the dictionary that opens it."""

    dictionary_id: int
    data: bytes


class DictionaryShelf:
    """Compresses batches for one import. Trains in transactions of its own, so that no lock waits for the training."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._general: PayloadWriter | None = None
        self._own: dict[tuple[str, str], PayloadWriter | None] = {}

    def compress(self, drafts: Sequence[RecordDraft]) -> list[Payload]:
        """Return the payloads of a batch in its order."""
        general = self._find_general([draft.line for draft in drafts])
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, draft in enumerate(drafts):
            groups[draft.client_id, draft.workload_id].append(position)
        payloads: dict[int, Payload] = {}
        for workload, positions in groups.items():
            lines = [drafts[position].line for position in positions]
            payloads |= zip(positions, self._compress_group(workload, lines, general), strict=True)
        return [payloads[position] for position in range(len(drafts))]

    def _compress_group(self, workload: tuple[str, str], lines: list[bytes], general: PayloadWriter) -> list[Payload]:
        own = self._find_own(workload)
        payloads = _compress(own or general, lines)
        if own or not is_poor(lines, [payload.data for payload in payloads]):
            return payloads
        content = train_dictionary(lines)
        if content is None:
            return payloads
        own = self._own[workload] = self._store(content, workload)
        return _compress(own, lines)

    def _find_general(self, lines: Sequence[bytes]) -> PayloadWriter:
        """Return the first dictionary's writer, training it when this batch is large enough; else one without."""
        if self._general:
            return self._general
        with self._pool.connection() as connection:
            first = connection.execute("SELECT min(dictionary_id) FROM dictionary").fetchone()[0]
            if first is not None:
                self._general = PayloadWriter(first, load_dictionary(connection, first))
        if self._general is None and (content := train_dictionary(lines)):
            self._general = self._store(content, None)
        return self._general or PayloadWriter(0, None)

    def _find_own(self, workload: tuple[str, str]) -> PayloadWriter | None:
        if workload not in self._own:
            if len(self._own) >= CACHED_WRITERS:
                self._own.clear()
            with self._pool.connection() as connection:
                row = connection.execute(
                    "SELECT dictionary_id FROM workload WHERE client_id=? AND workload_id=?", workload
                ).fetchone()
                found = row[0] if row else None
                self._own[workload] = PayloadWriter(found, load_dictionary(connection, found)) if found else None
        return self._own[workload]

    def _store(self, content: bytes, workload: tuple[str, str] | None) -> PayloadWriter:
        """Keep a dictionary, as the workload's own if one is given; two imports doing this at once do no harm."""
        with self._pool.write() as connection:
            dictionary_id = connection.execute("INSERT INTO dictionary(content) VALUES (?)", (content,)).lastrowid
            if workload:
                connection.execute(
                    "INSERT INTO workload(client_id, workload_id, dictionary_id) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET dictionary_id=excluded.dictionary_id",
                    (*workload, dictionary_id),
                )
        return PayloadWriter(dictionary_id or 0, ZstdDict(content))


def _compress(writer: PayloadWriter, lines: Sequence[bytes]) -> list[Payload]:
    return [Payload(writer.dictionary_id, writer.write(line)) for line in lines]
