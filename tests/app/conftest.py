"""Installations that the surface is tested on: one without processes, one with all of them and a finished run."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from app.api import create_api
from tests.app.stack import WORKLOAD, Stack
from tests.backend.workload import make_records
from tests.processes import Installation


@pytest.fixture(scope="session")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 300 logged records of one workload."""
    path = tmp_path_factory.mktemp("topics") / "topics.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in make_records(300)))
    return path


@pytest.fixture
def installation(tmp_path: Path, topics: Path) -> Iterator[Installation]:
    """An installation with traffic and without processes."""
    with Installation(tmp_path / "data") as installation:
        installation.import_traffic(topics)
        yield installation


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    """The API of `installation`, asked in this process."""
    with TestClient(create_api(installation.settings), base_url=installation.api) as client:
        yield client


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, topics: Path) -> Iterator[Stack]:
    """Backend, worker and API as processes, and a finished run of one student in both variants."""
    data = tmp_path_factory.mktemp("stack")
    policy = data / "policy.toml"
    policy.write_text("minimum_records = 50\nminimum_agreement = 0.5\n")  # the run below is judged on 60 records
    with Installation(data, FLYWHEEL_POLICY=str(policy)) as installation:
        installation.import_traffic(topics)
        for name in ("backend", "worker", "api"):
            installation.start(name)
        with httpx.Client(base_url=installation.api, timeout=30) as http:
            yield Stack(installation, http, workload=WORKLOAD)
