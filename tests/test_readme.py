"""README.md keeps its word: commands exist, files are there and small, examples are accepted by the product."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from app import cli
from app.ui import navigation
from core.logs import parse_record
from core.settings import load_settings
from tests.machine import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
LARGEST_PICTURE_BYTES = 300_000
MOST_COMMANDS = {"runs start", "logs import", "up", "config check"}


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, those without one for an empty name."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def commands() -> Iterator[list[str]]:
    """Yield the words behind `flywheel` of every command in a block or between backticks."""
    for line in "\n".join(blocks("")).splitlines():
        if line.startswith(".venv/bin/flywheel "):
            yield line.split()[1:]
    for text in re.findall(r"`flywheel ([a-z][^`]*)`", README):
        yield text.split()


def test_links_and_pictures_lead_to_files_of_the_repository() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 15
    assert [target for target in targets if not (REPOSITORY / target).is_file()] == []


def test_pictures_are_small_and_described() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert len(pictures) >= 5
    for words, target in pictures:
        assert len(words) > 20, f"{target} needs words for those who cannot see it"
        assert Path(REPOSITORY / target).stat().st_size < LARGEST_PICTURE_BYTES, target


def test_every_verb_of_make_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"`?make ([a-z-]+)`?(?:    #|` lists)", README))
    assert {"demo", "test", "help"} <= verbs
    assert {verb for verb in verbs if not re.search(rf"^{verb}:", makefile, re.MULTILINE)} == set()


def test_every_command_exists_with_its_options() -> None:
    seen = set()
    for words in commands():
        command, path = typer.main.get_command(cli.app), []
        while words and words[0] in getattr(command, "commands", {}):
            path.append(words.pop(0))
            command = command.commands[path[-1]]  # type: ignore[attr-defined]
        assert not hasattr(command, "commands"), f"flywheel {' '.join(path)} needs another word"
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, path
        seen.add(" ".join(path))
    assert seen >= MOST_COMMANDS


def test_the_example_record_is_a_record() -> None:
    (example,) = blocks("json")
    record = parse_record(json.dumps(json.loads(example)).encode())
    assert (record.workload_id, record.label, record.prompt_tokens) == ("news_classifier", "guidance", 12)


def test_the_example_settings_are_accepted(tmp_path: Path) -> None:
    (example,) = blocks("toml")
    file = tmp_path / "flywheel.toml"
    file.write_text(example, encoding="utf-8")
    settings = load_settings(config_file=file, environ={})
    assert settings.nemo.services_url == tomllib.loads(example)["nemo"]["services_url"]
    assert [student.name for student in settings.students] == ["meta/llama-3.2-1b-instruct"]


@pytest.mark.parametrize("entry", [entry for entry in navigation.ENTRIES if entry.in_menu and entry.path.exists()])
def test_every_page_of_the_menu_is_named(entry: navigation.PageEntry) -> None:
    (table,) = re.findall(r"^\| page \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert re.search(rf"^\|[^|]*\b{entry.title}\b[^|]*\|", table, re.MULTILINE)
