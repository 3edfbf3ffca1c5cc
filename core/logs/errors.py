"""What can go wrong with logged traffic, by what the caller does next.

InputError
├── RecordRejected       this line is not a record: report it, go on with the next
├── UnreadableFile       this file cannot be imported as it is
├── QueryError           the search text asks for nothing that can be searched
└── NotALogStore         the configured file is something else, or newer than this version
UnavailableError
└── LogStoreUnavailable  the store is locked, full, unwritable or damaged: look at the disk, try again
"""

from core.errors import InputError, UnavailableError


class RecordRejected(InputError):
    """A line that is not a record; the message starts with `field`, the path of what is wrong in it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", field=field)


class UnreadableFile(InputError):
    """A file that holds no JSON lines: missing, empty, binary, cut off or under the wrong name."""


class QueryError(InputError):
    """A search text that asks for nothing that can be searched.

    `position` is the place of what is wrong, counted from 0, or None when it is the text as a whole; the message says
    it counted from 1.
    """

    def __init__(self, message: str, *, position: int | None = None) -> None:
        place = "" if position is None else f" (character {position + 1} of the search text)"
        super().__init__(f"{message}{place}", field="text")
        self.position = position


class NotALogStore(InputError):
    """The file of `logs.path` belongs to something else or to a newer version."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="logs.path")


class LogStoreUnavailable(UnavailableError):
    """The store cannot be read or written at the moment; what was committed before is safe."""

    def __init__(self, message: str) -> None:
        super().__init__(message, service="log store")
