"""Copying a blueprint index into months of our own: repeatable, resumable, and able to follow what is still written.

Records are read in the order in which the index got them. How far a copy has come is kept beside the list of imports;
an index of several shards has no such order, so its copy starts over, and what is there already is a duplicate.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from elasticsearch import NotFoundError

from core.logs.elasticsearch.blueprint.scanning import FIELDS
from core.logs.elasticsearch.schema import Indices
from core.logs.elasticsearch.server import Server
from core.logs.elasticsearch.snapshots import Snapshot
from core.logs.json_text import dump_json
from core.logs.store import IngestReport, LogStore

WRITTEN_ORDER = ({"_seq_no": {"order": "asc"}},)


@dataclass(frozen=True, kw_only=True)
class AdoptionProgress:
    """How far a copy is: `done` of `total` records that were not copied before, and what became of them."""

    done: int
    total: int
    report: IngestReport


def adopt(server: Server, *, index: str, store: LogStore, prefix: str) -> Iterator[AdoptionProgress]:
    """Copy what an index holds beyond the last copy into `store`, whose indices begin with `prefix`.

    Yields the progress after each batch; the last is final. Raises `LogStoreUnavailable`; the next call goes on from
    the last batch. Rejected lines are numbered by the order of writing, from 1.
    """
    marks = _Marks(server, index=index, prefix=prefix)
    first = marks.read()
    query = {"range": {"_seq_no": {"gte": first}}}
    total = int(server.insist(lambda client: client.count(index=index, query=query))["count"])
    snapshot = Snapshot(server, index=index, query=query, sort=WRITTEN_ORDER)
    reader = _Reader(snapshot)
    try:
        for report in store.ingest(reader.lines(), source=f"index {index}"):
            marks.write(reader.next_number)
            yield AdoptionProgress(done=reader.done, total=max(total, reader.done), report=report)
    finally:
        snapshot.close()


class _Reader:
    """The documents of a snapshot as numbered lines."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.done = 0
        self.next_number = 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        for hit in self._snapshot.hits(FIELDS):
            number = int(hit["sort"][0])
            self.done += 1
            self.next_number = number + 1  # the store reports a batch before it asks for what comes after it
            yield number + 1, dump_json(hit["_source"])


class _Marks:
    """How far the copy of an index has come."""

    def __init__(self, server: Server, *, index: str, prefix: str) -> None:
        self._server = server
        self._index = index
        self._kept_in = Indices(prefix=prefix).imports
        self._id = f"copy of {index}"

    def read(self) -> int:
        """Return the number of the first operation that was not copied; 0 when none was, or their order is unknown."""
        try:
            reply = self._server.insist(lambda client: client.get(index=self._kept_in, id=self._id))
        except NotFoundError:
            return 0
        mark = reply["_source"]
        return int(mark["next_number"]) if mark["uuid"] == self._identity() else 0

    def write(self, number: int) -> None:
        """Note that everything before this operation is copied."""
        if uuid := self._identity():
            document = {"next_number": number, "uuid": uuid}
            self._server.insist(lambda client: client.index(index=self._kept_in, id=self._id, document=document))

    def _identity(self) -> str | None:
        """Return what tells this index from another one of its name; None for an index of several shards."""
        reply = self._server.insist(lambda client: client.indices.get_settings(index=self._index))
        settings = [found["settings"]["index"] for found in reply.values()]
        is_ordered = len(settings) == 1 and settings[0]["number_of_shards"] == "1"
        return str(settings[0]["uuid"]) if is_ordered else None
