"""How far a build or a preview is, for whoever waits for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

ROWS_BETWEEN_REPORTS = 2000

Row = TypeVar("Row")


class Stage(StrEnum):
    """What is being done, in the order it happens."""

    READING = "reading"  # records come from the log store
    JUDGING = "judging"  # answers are read in the workload's format
    COMPARING = "comparing"  # prompts are held against the evaluation set
    WRITING = "writing"  # files are put together
    EXAMPLES = "examples"  # in-context examples are chosen


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One report: `done` of `total` records of a stage; `total` None while it is not known."""

    stage: Stage
    done: int
    total: int | None


OnProgress = Callable[[Progress], None]


def spaced(on_progress: OnProgress, *, clock: Callable[[], datetime], seconds: float) -> OnProgress:
    """Return what passes on a report when the last one, or the beginning, is `seconds` ago, and drops the others."""
    last = clock()

    def report(progress: Progress) -> None:
        nonlocal last
        now = clock()
        if (now - last).total_seconds() >= seconds:
            last = now
            on_progress(progress)

    return report


def watch(rows: Iterable[Row], stage: Stage, on_progress: OnProgress | None, *, total: int | None) -> Iterator[Row]:
    """Yield the rows and report every few thousand of them, and once at the end."""
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if on_progress is not None and done % ROWS_BETWEEN_REPORTS == 0:
            on_progress(Progress(stage=stage, done=done, total=total))
    if on_progress is not None:
        on_progress(Progress(stage=stage, done=done, total=total))
