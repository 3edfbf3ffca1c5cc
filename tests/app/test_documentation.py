"""The documents name every command, option, call and status that exists, and none that does not."""

import re
from pathlib import Path

import pytest
import typer
from starlette.testclient import TestClient

from app import cli
from tests.machine import REPOSITORY
from tests.processes import Installation

COMMANDS = (REPOSITORY / "docs" / "command-line.md").read_text(encoding="utf-8")
CALLS = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
EVERYWHERE = {"--help", "--data", "--json"}


def walk(command: object, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], set[str]]]:
    """Return every command with its options, hidden ones left out."""
    inner = getattr(command, "commands", None)
    if inner is not None:
        return [found for name, child in inner.items() for found in walk(child, (*path, name))]
    params = getattr(command, "params", [])
    options = {name for p in params if not getattr(p, "hidden", False) for name in p.opts if name.startswith("--")}
    return [(path, options)]


FOUND = walk(typer.main.get_command(cli.app))


def mentions(command: str) -> bool:
    group, _, word = command.rpartition(" ")
    return bool(re.search(rf"flywheel {group}{' ' if group else ''}(\w+\|)*{word}\b", COMMANDS))


@pytest.mark.parametrize(
    ("path", "options"), FOUND, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_is_described(path: tuple[str, ...], options: set[str]) -> None:
    assert mentions(" ".join(path))
    assert {option for option in options - EVERYWHERE if option not in COMMANDS} == set()


@pytest.mark.parametrize(
    ("path", "options"), FOUND, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_takes_the_folder_and_json(path: tuple[str, ...], options: set[str]) -> None:
    assert {"--data", "--json"} <= options


def test_no_option_is_described_that_does_not_exist() -> None:
    known = {option for _, options in FOUND for option in options}
    assert set(re.findall(r"--[a-z][a-z-]+", COMMANDS)) - EVERYWHERE <= known


def test_every_call_and_status_is_described(tmp_path: Path) -> None:
    from app.api import create_api

    with Installation(tmp_path) as installation:
        api = create_api(installation.settings)
        with TestClient(api, base_url=installation.api):
            paths = api.openapi()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(re.findall(r"^\| `([A-Z]+ [^`]+)` \|", CALLS, re.MULTILINE)) == calls
    statuses = {int(s) for methods in paths.values() for call in methods.values() for s in call["responses"]} - {200}
    described = {int(status) for status in re.findall(r"^\| (\d{3}) \|", CALLS, re.MULTILINE)}
    assert described == statuses | {403, 405}  # both are refused before any route


def test_every_query_parameter_is_described(tmp_path: Path) -> None:
    from app.api import create_api

    with Installation(tmp_path) as installation:
        api = create_api(installation.settings)
        with TestClient(api, base_url=installation.api):
            paths = api.openapi()["paths"]
    names = {
        parameter["name"]
        for methods in paths.values()
        for call in methods.values()
        for parameter in call.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert {name for name in names if name not in CALLS} == set()
