"""The body of an import as lines: streamed to a file, unpacked on the way, bounded before and after unpacking."""

import zlib
from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import HTTPException

from app.api.guard import LARGEST_JSON_LINES_BYTES
from core.errors import InputError

IN_MEMORY_BYTES = 8 * 2**20
PIECE_BYTES = 2**20
GZIP = "gzip"
PLAIN = frozenset({"", "identity"})
GZIP_WINDOW = 31
"""zlib's number for "a gzip header, the largest window"."""


async def receive_lines(pieces: AsyncIterator[bytes], *, encoding: str) -> IO[bytes]:
    """Return the whole body in a temporary file, unpacked, at its start; the caller closes it.

    Raises `HTTPException` 415 for an encoding other than gzip and 413 for a body that is larger than allowed once it is
    unpacked, and `InputError` for gzip data that is damaged or cut off. Nothing has been stored then.
    """
    if encoding not in PLAIN | {GZIP}:
        raise HTTPException(415, f"the content encoding is {encoding[:100]}; send the lines plain or with {GZIP}")
    unpacker = Unpacker() if encoding == GZIP else None
    body = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
    try:
        async for piece in pieces:
            for part in unpacker.unpack(piece) if unpacker else (piece,):
                body.write(part)
                if body.tell() > LARGEST_JSON_LINES_BYTES:
                    limit = LARGEST_JSON_LINES_BYTES // 2**20
                    raise HTTPException(413, f"the lines are larger than {limit} MiB once unpacked; send less at once")
        if unpacker and unpacker.is_in_the_middle:
            raise InputError("the gzip data is cut off; send the whole body", field="body")
    except zlib.error as error:
        body.close()
        raise InputError("the body is not gzip data, or it is damaged", field="body") from error
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


class Unpacker:
    """Unpacks gzip data piece by piece; members may follow each other, as in files put together (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=GZIP_WINDOW)
        self.is_in_the_middle = False

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """Yield what a piece unpacks to, in bounded parts, so that a small body cannot fill the memory.

        Raises `zlib.error` for what is no gzip data.
        """
        waiting = piece
        while waiting:
            if self._member.eof:
                waiting = waiting.lstrip(b"\0")  # members may be padded, as on tapes
                self._member = zlib.decompressobj(wbits=GZIP_WINDOW)
            if waiting:
                yield self._member.decompress(waiting, PIECE_BYTES)
                self.is_in_the_middle = not self._member.eof
                waiting = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
