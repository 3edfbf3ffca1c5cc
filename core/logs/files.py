"""Files of JSON lines, plain, gzip or Zstandard: recognised before anything is stored, read line by line, numbered."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from backports import zstd

from core.logs.errors import UnreadableFile
from core.logs.records import LINE_LIMIT_BYTES

SUFFIXES = (".jsonl", ".ndjson")
PROBE_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A way files are compressed: its first bytes and how to read through it."""

    name: str
    start: bytes
    open: Callable[[BinaryIO], BinaryIO]


COMPRESSIONS: Mapping[str, Compression] = {
    ".gz": Compression(name="gzip", start=b"\x1f\x8b", open=lambda raw: cast("BinaryIO", gzip.GzipFile(fileobj=raw))),
    ".zst": Compression(
        name="Zstandard", start=b"\x28\xb5\x2f\xfd", open=lambda raw: cast("BinaryIO", zstd.ZstdFile(raw))
    ),
}
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError)


class LogFile:
    """A file of logged traffic. Raises `UnreadableFile`, saying what to do, when it cannot be imported as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = self._size()
        self._raw: BinaryIO | None = None
        self._compression = self._check_name()
        self._check_start()

    @property
    def modified_at(self) -> datetime:
        """When the file was last written, to the second, in UTC."""
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    @property
    def read_bytes(self) -> int:
        """How far the file on disk has been read; compare with `size_bytes`."""
        return self._raw.tell() if self._raw and not self._raw.closed else self.size_bytes

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines with their numbers from 1. A line beyond the limit comes cut, so that it is rejected."""
        number = 0
        try:
            with self.path.open("rb") as raw:
                self._raw = raw
                source = self._compression.open(raw) if self._compression else raw
                for number, line in enumerate(read_lines(source), start=1):
                    yield number, line
        except BROKEN as error:
            raise UnreadableFile(
                f"{self.path} is cut off or damaged after line {number}; lines before it are kept, import a whole copy",
                line=number,
            ) from error
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be read: {error.strerror}") from error

    def _size(self) -> int:
        try:
            size_bytes = self.path.stat().st_size
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be read: {error.strerror}") from error
        if self.path.is_dir():
            raise UnreadableFile(f"{self.path} is a folder; name the files in it")
        if size_bytes == 0:
            raise UnreadableFile(f"{self.path} is empty; there is nothing to import")
        return size_bytes

    def _check_name(self) -> Compression | None:
        """Return how the file is compressed, None for a plain one; its name and its first bytes must say the same."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        named = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
        if (suffixes[:-1] if named else suffixes)[-1:] not in [[suffix] for suffix in SUFFIXES]:
            raise UnreadableFile(
                f"{self.path} is not named as JSON lines; one JSON object a line in .jsonl, .ndjson, or either with .gz"
                " or .zst"
            )
        with self.path.open("rb") as file:
            start = file.read(4)
        found = next((way for way in COMPRESSIONS.values() if start.startswith(way.start)), None)
        if found and found is not named:
            suffix = next(suffix for suffix, way in COMPRESSIONS.items() if way is found)
            raise UnreadableFile(f"{self.path} holds {found.name} data; add {suffix} to its name")
        if named and found is not named:
            raise UnreadableFile(
                f"{self.path} is not {named.name} data although its name ends in {self.path.suffix.lower()}"
            )
        return named

    def _check_start(self) -> None:
        """Refuse what is no text, before a thousand lines of noise are reported one by one."""
        try:
            with self.path.open("rb") as raw:
                start = (self._compression.open(raw) if self._compression else raw).read(PROBE_BYTES)
        except (OSError, *BROKEN) as error:
            raise UnreadableFile(f"{self.path} is cut off or damaged; import a whole copy") from error
        if not start:
            raise UnreadableFile(f"{self.path} is empty inside; there is nothing to import")
        if b"\0" in start:
            raise UnreadableFile(f"{self.path} is a binary file or not UTF-8; it must hold one JSON object a line")


def read_lines(source: IO[bytes]) -> Iterator[bytes]:
    """Yield lines of bounded length: one beyond the limit comes cut, so that it is rejected, its rest is skipped."""
    while line := source.readline(LINE_LIMIT_BYTES + 1):
        rest = line
        while len(rest) > LINE_LIMIT_BYTES and not rest.endswith(b"\n"):
            rest = source.readline(LINE_LIMIT_BYTES + 1)
        yield line
