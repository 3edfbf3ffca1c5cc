"""The body of a hub commit: one JSON object a line, read into a `Change`.

A wrong line is named by its number and nothing is written. Paths must be relative and plain; large files are never
announced to clients (every upload is `regular`), so that their lines are refused.
"""

import base64
import binascii
import json
from collections.abc import Iterator

from core.backend.errors import HubError
from core.backend.repositories import Change

LONGEST_PATH = 1024


def read_commit(body: bytes) -> Change:
    """Return the change that a commit's NDJSON asks for. Raises `HubError` 400 with the line's number."""
    summary, parent = "", None
    additions: dict[str, bytes] = {}
    deleted_files: list[str] = []
    deleted_folders: list[str] = []
    for number, key, value in _read_lines(body):
        if key == "header":
            summary, parent = str(value.get("summary", "")), value.get("parentCommit")
        elif key == "file":
            additions[_checked_path(value, number)] = _read_content(value, number)
        elif key == "deletedFile":
            deleted_files.append(_checked_path(value, number))
        elif key == "deletedFolder":
            deleted_folders.append(_checked_path(value, number).rstrip("/"))
        else:
            raise _refused(number, f"{key!r} is not offered here; use header, file, deletedFile or deletedFolder")
    if not (additions or deleted_files or deleted_folders):
        raise HubError("the commit changes nothing: it has no file, deletedFile or deletedFolder line", status=400)
    return Change(
        summary=summary,
        additions=additions,
        deleted_files=deleted_files,
        deleted_folders=deleted_folders,
        parent=parent if isinstance(parent, str) else None,
    )


def check_path(path: object) -> str | None:
    """Return what is wrong with a path in a repository, or None when it is a plain relative path."""
    if not isinstance(path, str) or not path:
        return "the path is missing"
    if len(path) > LONGEST_PATH or any(ord(letter) < 32 for letter in path) or "\\" in path:
        return f"the path {path[:80]!r} is too long or holds a backslash or control character"
    if any(part in {"", ".", ".."} for part in path.removesuffix("/").split("/")):
        return f"the path {path[:80]!r} is not relative and plain (no leading '/', '.', '..' or empty part)"
    return None


def _read_lines(body: bytes) -> Iterator[tuple[int, str, dict[str, object]]]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _refused(number, f"not JSON ({error})") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), dict):
            raise _refused(number, 'expected an object {"key": ..., "value": {...}}')
        yield number, str(entry.get("key")), entry["value"]


def _checked_path(value: dict[str, object], number: int) -> str:
    problem = check_path(value.get("path"))
    if problem:
        raise _refused(number, problem)
    return str(value["path"])


def _read_content(value: dict[str, object], number: int) -> bytes:
    content = value.get("content")
    if not isinstance(content, str):
        raise _refused(number, "'content' is missing or not a text")
    if value.get("encoding", "base64") != "base64":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(number, f"'content' is not base64 ({error})") from error


def _refused(number: int, problem: str) -> HubError:
    return HubError(f"commit, line {number}: {problem}", status=400)
