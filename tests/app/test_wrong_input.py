"""Wrong input, through both doors: a sentence that says what is wrong, the right status, and nothing changed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.database import utc_now
from core.nemo import connect_model_ops
from core.runs import store_health
from tests.processes import Installation

NO_MESSAGES = {"timestamp": 1, "workload_id": "topics", "client_id": "tests", "request": {}, "response": {}}
FEW = 20


@dataclass(frozen=True, kw_only=True)
class Case:
    """One wrong input: as an import (`content`) or a launch (`fields`, `options`), and what must be said about it."""

    name: str
    words: Sequence[str]
    status: int = 422
    exit_code: int = 2
    content: bytes | None = None
    fields: dict[str, Any] | None = None
    options: Sequence[str] = ()


CASES = (
    Case(name="an empty file", content=b"", words=("empty",)),
    Case(name="a file of blank lines", content=b"\n\n  \n", words=("empty",)),
    Case(name="a binary file", content=bytes(range(256)) * 40, words=("binary",)),
    Case(
        name="a line without messages",
        content=json.dumps(NO_MESSAGES).encode() + b"\n",
        words=("line 1", "request.messages", "at least one message"),
    ),
    Case(name="a line that is no JSON", content=b"timestamp,workload\n", words=("line 1", "not JSON")),
    Case(
        name="an unknown workload with a near miss",
        fields={"workload_id": "topisc"},
        options=("--workload", "topisc"),
        status=404,
        words=("no workload 'topisc'", "did you mean 'topics'"),
    ),
    Case(
        name="an unknown client",
        fields={"workload_id": "topics", "client_id": "test"},
        options=("--workload", "topics", "--client", "test"),
        status=404,
        words=("client 'test' has no workload", "did you mean 'tests'"),
    ),
    Case(
        name="fewer records than the minimum",
        fields={"workload_id": "few"},
        options=("--workload", "few"),
        words=(f"{FEW} records", "minimum of 50", "import more traffic"),
    ),
    Case(
        name="an evaluation size as large as the data",
        fields={"workload_id": "topics", "data_split_config": {"eval_size": 300}},
        options=("--workload", "topics", "--eval-size", "300"),
        words=("evaluation_size is 300", "300 usable records", "choose 298 or less"),
    ),
    Case(
        name="an evaluation size of nothing",
        fields={"workload_id": "topics", "data_split_config": {"eval_size": 0}},
        options=("--workload", "topics", "--eval-size", "0"),
        words=("1",),
    ),
    Case(
        name="an unknown student",
        fields={"workload_id": "topics", "students": ["local/linear-smal"]},
        options=("--workload", "topics", "--students", "local/linear-smal"),
        status=404,
        words=("no student 'local/linear-smal'", "did you mean 'local/linear-small'"),
    ),
    Case(
        name="an unknown variant",
        fields={"workload_id": "topics", "variants": ["bsae"]},
        options=("--workload", "topics", "--variants", "bsae"),
        words=("no variant 'bsae'", "did you mean 'base'"),
    ),
    Case(
        name="an unreachable backend",
        fields={"workload_id": "topics"},
        options=("--workload", "topics"),
        status=503,
        exit_code=1,
        words=("127.0.0.1", "answer", "address"),
    ),
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, topics: Path) -> Iterator[Installation]:
    """The API as a process over some traffic; nothing listens where the services should be."""
    with Installation(tmp_path_factory.mktemp("wrong")) as installation:
        installation.import_traffic(topics)
        few = [json.dumps({**json.loads(line), "workload_id": "few"}) for line in topics.read_text().splitlines()[:FEW]]
        for _ in installation.logs.ingest(enumerate((line.encode() for line in few), start=1)):
            pass
        installation.start("api")
        yield installation


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_api_says_what_is_wrong_and_changes_nothing(installation: Installation, case: Case) -> None:
    note_health(installation)
    before = state_of(installation)
    response = send(installation, case)
    error = response.json()["error"]
    assert response.status_code == case.status, error
    assert_says(error["message"], case)
    assert state_of(installation) == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_command_line_says_what_is_wrong_and_changes_nothing(
    installation: Installation, case: Case, tmp_path: Path
) -> None:
    before = state_of(installation)
    if case.content is not None:
        path = tmp_path / "traffic.jsonl"
        path.write_bytes(case.content)
        ended = installation.run("logs", "import", str(path))
    else:
        ended = installation.run("runs", "start", *case.options)
    assert ended.returncode == case.exit_code, ended.stderr
    assert_says(ended.stderr, case)
    assert "Traceback" not in ended.stderr
    assert state_of(installation) == before


def assert_says(text: str, case: Case) -> None:
    missing = [words for words in case.words if words.lower() not in text.lower()]
    assert not missing, text


def send(installation: Installation, case: Case) -> httpx.Response:
    if case.content is not None:
        lines = {"content-type": "application/x-ndjson"}
        return httpx.post(f"{installation.api}/api/logs", content=case.content, headers=lines)
    return httpx.post(f"{installation.api}/api/jobs", json=case.fields)


def note_health(installation: Installation) -> None:
    """Write down what a worker sees of the services, as it does every few seconds."""
    operations = connect_model_ops(installation.settings)
    with installation.database.write() as session:
        store_health(session, operations.probe(), now=utc_now())
    operations.close()


def state_of(installation: Installation) -> tuple[str, str]:
    """Return a digest of every row of the state and of every logged record."""
    rows = hashlib.sha256()
    with installation.database.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for (name,) in names.all():
            if name != "service_health":  # what a worker sees is no consequence of the input
                rows.update(repr(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()).encode())
    records = [(s.workload_id, s.client_id, s.records) for s in installation.logs.workloads()]
    return rows.hexdigest(), repr(records)
