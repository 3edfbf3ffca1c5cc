"""Importing gold: from the lines of a file, by way of the log, to statements about requests.

Records are looked up in the log store, so that a label cannot go to a record that does not exist. By default a file
with one wrong line is refused whole, with all of them listed; the caller may ask to import the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.database import Database
from core.datasets.corrections import GoldSource, GoldStatement, give_gold
from core.datasets.errors import GoldFileRefused, LineProblem
from core.datasets.gold_answers import read_gold
from core.datasets.gold_files import GoldFile, GoldLine, Naming
from core.errors import NotFoundError
from core.logs import LogFilter, LogStore, canonical_request_key
from core.scoring import AnswerFormat

PROBLEMS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class GoldImport:
    """What became of a file: answers stored, answers that stood already, and the lines left out with their reasons."""

    stored: int
    unchanged: int
    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, kw_only=True)
class _Resolved:
    line: GoldLine
    request_key: str


def import_gold(
    database: Database,
    logs: LogStore,
    file: GoldFile,
    *,
    workload_id: str,
    actor: str,
    now: datetime,
    answer_format: AnswerFormat | None = None,
    on_problem: Literal["refuse", "skip"] = "refuse",
) -> GoldImport:
    """Store the gold of a file for a workload; importing the same file again changes nothing.

    With `answer_format`, answers that it cannot read are problems too. Raises `GoldFileRefused` for a file with wrong
    lines unless `on_problem` skips them; its `problems` are all of them.
    """
    resolved, unknown = _resolve(file.lines, logs, workload_id)
    unique, repeated = _drop_repeated(resolved)
    unreadable = [] if answer_format is None else _find_unreadable(unique, answer_format)
    problems = sorted([*file.problems, *unknown, *repeated, *unreadable], key=lambda problem: problem.line)
    if problems and on_problem == "refuse":
        raise _refuse(file.name, problems)
    wrong = {problem.line for problem in unreadable}
    statements = [
        GoldStatement(
            request_key=entry.request_key,
            answer=entry.line.answer,
            source=GoldSource.IMPORT,
            note=entry.line.note,
            given_by=actor,
            given_at=now,
        )
        for entry in unique
        if entry.line.line not in wrong
    ]
    with database.write() as session:
        stored = give_gold(session, workload_id, *statements)
    return GoldImport(stored=stored, unchanged=len(statements) - stored, problems=tuple(problems))


def find_request_key(logs: LogStore, record_id: str) -> str:
    """Return the key of a record's request, for a veto or gold given on its page. Raises `NotFoundError`."""
    return canonical_request_key(logs.get(record_id).request)


def _resolve(lines: Sequence[GoldLine], logs: LogStore, workload_id: str) -> tuple[list[_Resolved], list[LineProblem]]:
    """Return the request of each line whose record is in the workload, and the lines whose record is not."""
    by_hash = _find_by_hash([line for line in lines if line.naming is not Naming.RECORD_ID], logs, workload_id)
    found: list[_Resolved] = []
    problems: list[LineProblem] = []
    for line in lines:
        if line.naming is Naming.RECORD_ID:
            request_key, problem = _find_by_id(line, logs, workload_id)
        else:
            request_key = by_hash.get(line.name)
            problem = f"no record of workload {workload_id!r} has {line.name!r}"
        if request_key is None:
            problems.append(LineProblem(line=line.line, reason=f"{line.naming}: {problem}"))
        else:
            found.append(_Resolved(line=line, request_key=request_key))
    return found, problems


def _find_by_id(line: GoldLine, logs: LogStore, workload_id: str) -> tuple[str | None, str]:
    try:
        record = logs.get(line.name)
    except NotFoundError:
        return None, f"no record has the id {line.name[:80]!r}"
    if record.workload_id != workload_id:
        return None, f"record {line.name!r} belongs to workload {record.workload_id!r}, not to {workload_id!r}"
    return canonical_request_key(record.request), ""


def _find_by_hash(lines: Sequence[GoldLine], logs: LogStore, workload_id: str) -> Mapping[str, str]:
    """Return the request keys of the records that lines name by a hash, by that hash."""
    wanted = {line.name for line in lines}
    return dict(_walk(logs, workload_id, wanted)) if wanted else {}


def _walk(logs: LogStore, workload_id: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    for record in logs.stream(LogFilter(workload_id=workload_id)):
        request_key = canonical_request_key(record.request)
        for digest in (record.content_hash, request_key):
            if digest in wanted:
                yield digest, request_key


def _drop_repeated(resolved: Sequence[_Resolved]) -> tuple[list[_Resolved], list[LineProblem]]:
    """Keep the first line of each request; another line with another answer is a problem."""
    first: dict[str, _Resolved] = {}
    problems = []
    for entry in resolved:
        kept = first.setdefault(entry.request_key, entry)
        if kept.line.answer != entry.line.answer:
            reason = f"answer: line {kept.line.line} gives another answer to the same request"
            problems.append(LineProblem(line=entry.line.line, reason=reason))
    return list(first.values()), problems


def _find_unreadable(entries: Sequence[_Resolved], answer_format: AnswerFormat) -> list[LineProblem]:
    kind = answer_format.kind.value.replace("_", " ")
    return [
        LineProblem(line=entry.line.line, reason=f"answer: cannot be read as {kind}, which the workload answers with")
        for entry in entries
        if read_gold(entry.line.answer, answer_format) is None
    ]


def _refuse(name: str, problems: Sequence[LineProblem]) -> GoldFileRefused:
    shown = "; ".join(f"line {problem.line}: {problem.reason}" for problem in problems[:PROBLEMS_SHOWN])
    more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
    number = f"{len(problems)} line{'s' if len(problems) > 1 else ''}"
    return GoldFileRefused(
        f"{name} was not imported, {number} cannot be: {shown}{more}. Correct them, or import the other lines alone.",
        field=problems[0].reason.partition(":")[0],
        problems=problems,
    )
