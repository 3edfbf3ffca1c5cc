"""The repository's own promises: verbs, locks, licence, one way to run the checks."""

import re
import subprocess
import tomllib
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.machine import REPOSITORY

VERBS = (
    "install",
    "demo",
    "test",
    "test-full",
    "lint",
    "format",
    "bench",
    "chaos",
    "elasticsearch",
    "screenshots",
    "lock",
)
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
# Licences that ask for more than a copy of their text; NOTICE names every package under one.
LICENCE_FIELDS = ("License-Expression", "License", "Classifier")
RECIPROCAL = re.compile(r"\b[AL]?GPL|\bMPL|\bEPL|\bEUPL|\bCDDL|GNU .*Public|Mozilla Public")


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, set[str]]:
    """Return the versions a lock names per package; there are several where platforms differ."""
    versions: dict[str, set[str]] = {}
    for name, version in PIN.findall(read(lock)):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def declared(lock: str) -> list[Requirement]:
    project = tomllib.loads(read("pyproject.toml"))
    requirements = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["postgresql"]]
    if lock == "requirements-dev.lock":
        requirements += project["dependency-groups"]["dev"]
    return [Requirement(text) for text in requirements]


def test_make_without_a_verb_lists_every_verb() -> None:
    output = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make ([a-z-]+) +\S", output, re.MULTILINE)
    assert set(listed) == {"help", *VERBS}


def test_ci_calls_make_test_and_nothing_else_of_its_own() -> None:
    commands = [line for line in read(".ci/run").splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]
    assert (REPOSITORY / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    packages = re.split(r"^(?=[A-Za-z0-9])", read(lock), flags=re.MULTILINE)
    assert len(packages) > 50
    assert [package.split()[0] for package in packages if package.strip() and "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_registry(lock: str) -> None:
    assert re.findall(r".*(?:https?:|--index-url|--extra-index-url|--find-links| @ ).*", read(lock)) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_the_project_declares(lock: str) -> None:
    versions = pinned(lock)
    stale = [
        str(requirement)
        for requirement in declared(lock)
        if not any(requirement.specifier.contains(v) for v in versions.get(canonicalize_name(requirement.name), ()))
    ]
    assert stale == [], "run `make lock`"


def test_both_locks_agree_on_every_version() -> None:
    runtime, development = (pinned(lock) for lock in LOCKS)
    assert {name: development.get(name) for name in runtime} == runtime


def test_the_licence_is_apache_2_in_full() -> None:
    licence = read("LICENSE")
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert tomllib.loads(read("pyproject.toml"))["project"]["license"] == "Apache-2.0"


def test_the_notice_names_every_installed_package_under_a_reciprocal_licence() -> None:
    named = set(re.findall(r"[a-z0-9-]+", read("NOTICE").lower()))
    locked = pinned("requirements-dev.lock")
    missing = []
    for distribution in distributions():
        name = canonicalize_name(distribution.metadata["Name"])
        terms = [term for field in LICENCE_FIELDS for term in distribution.metadata.get_all(field) or []]
        # Some put a licence's whole text into the field; its first line says which it is.
        if name in locked and name not in named and any(RECIPROCAL.search(term[:100]) for term in terms):
            missing.append(name)
    assert missing == []


def test_no_committed_file_names_this_machine_or_a_registry() -> None:
    # Built from parts, or this file would be its own finding.
    forbidden = "|".join(["/wor" + "k/", "pypi" + r"\.org", "pythonhosted" + r"\.org"])
    command = ["git", "grep", "--line-number", "-I", "-E", forbidden]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout == ""
