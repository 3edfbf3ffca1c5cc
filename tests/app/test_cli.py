"""The command line: what it prints, where it prints it, and its exit codes."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import cli
from core.database import utc_now
from core.logs import LogFilter
from core.runs import RunStatus
from tests.app.stack import STUDENT, Stack
from tests.machine import REPOSITORY, find_free_port
from tests.processes import Installation
from tests.runs.rows import add_run

CUSTOMIZED = f"{STUDENT}:customized"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Flywheel = Callable[..., Ended]


@pytest.fixture
def flywheel(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Flywheel:
    """Run a command in this process; `on` puts an installation's settings into the environment."""

    def run(*arguments: str, on: Installation | None = None) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in (on.variables if on else {}).items():
                patch.setenv(name, value)
            code = cli.run(arguments)
        out, err = capfd.readouterr()
        return Ended(code=code, out=out, err=err)

    return run


def test_help_lists_every_group_and_version_prints_one_line(flywheel: Flywheel) -> None:
    help_text = flywheel("--help").out
    for word in ("up", "web", "api", "worker", "backend", "logs", "runs", "datasets", "decisions", "config"):
        assert f"\n  {word} " in help_text
    assert flywheel("--version").out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnus"], "No such command 'rnus'"),
        (["runs", "strat"], "Did you mean 'start'"),
        (["runs", "start"], "Missing option '--workload'"),
        (["runs", "list", "--limit", "0"], "--limit"),
        (["runs", "list", "--colour"], "No such option"),
        (["decisions", "approve", "run", "candidate"], "Missing option '--reason'"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(flywheel: Flywheel, arguments: Sequence[str], words: str) -> None:
    ended = flywheel(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert words in ended.err
    assert ended.err.count("\n") == 1
    as_json = flywheel(*arguments, "--json")
    assert words in json.loads(as_json.err)["error"]["message"]


def test_a_group_without_a_command_shows_its_help(flywheel: Flywheel) -> None:
    ended = flywheel("runs")
    assert ended.code == 2
    assert "cancel" in ended.err
    assert not ended.err.startswith("error")


def test_importing_twice_stores_once(flywheel: Flywheel, tmp_path: Path, topics: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    first = flywheel("logs", "import", str(topics), "--json", *data)
    assert (first.code, first.json) == (0, {"stored": 300, "duplicate": 0, "rejected": 0, "lines": []})
    second = flywheel("logs", "import", str(topics), *data)
    assert (second.code, second.out) == (0, "0 stored, 300 already there, 0 rejected\n")


def test_rejected_lines_are_told_with_number_and_reason(flywheel: Flywheel, tmp_path: Path, topics: Path) -> None:
    good = topics.read_text().splitlines()[:2]
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join([good[0], '{"timestamp": 1}', "", good[1], "no json"]))
    data = ("--data", str(tmp_path / "data"))
    ended = flywheel("logs", "import", str(path), *data)
    assert ended.code == 2
    assert ended.out == "2 stored, 0 already there, 2 rejected\n"
    assert "mixed.jsonl, line 2: client_id: is missing" in ended.err
    assert "mixed.jsonl, line 5: record: is not JSON" in ended.err
    again = flywheel("logs", "import", str(path), "--json", *data).json
    assert (again["stored"], again["duplicate"], again["rejected"]) == (0, 2, 2)
    assert [line["line"] for line in again["lines"]] == [2, 5]


def test_several_files_are_told_apart_and_a_missing_one_keeps_what_was_stored(
    flywheel: Flywheel, tmp_path: Path, topics: Path
) -> None:
    ended = flywheel(
        "logs", "import", str(topics), str(tmp_path / "no.jsonl"), "--json", "--data", str(tmp_path / "data")
    )
    assert ended.code == 2
    assert ended.json["stored"] == 300
    assert "no.jsonl" in json.loads(ended.err)["error"]["message"]


def test_workload_and_client_can_be_given_to_an_import(flywheel: Flywheel, tmp_path: Path, topics: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    flywheel("logs", "import", str(topics), "--workload", "themes", "--client", "desk", *data)
    (workload,) = flywheel("logs", "stats", "--json", *data).json["workloads"]
    assert (workload["workload_id"], workload["client_id"], workload["records"]) == ("themes", "desk", 300)
    assert workload["first"].endswith("Z")


def test_stats_count_what_a_query_matches(flywheel: Flywheel, installation: Installation) -> None:
    (workload,) = flywheel("logs", "stats", "--query", "gold", "--json", on=installation).json["workloads"]
    assert 0 < workload["matching"] < 300
    assert "topics" in flywheel("logs", "stats", on=installation).out


def test_stats_of_nothing_say_what_to_do(flywheel: Flywheel, tmp_path: Path) -> None:
    ended = flywheel("logs", "stats", "--data", str(tmp_path))
    assert (ended.code, ended.out) == (0, "No traffic has been imported yet: flywheel logs import FILE...\n")


@pytest.mark.parametrize("command", ["stats", "export"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--workload", "topisc"), "did you mean 'topics'"),
        (("--workload", "topics", "--client", "test"), "did you mean 'tests'"),
        (("--client", "test"), "did you mean 'tests'"),
        (("--query", '-"gold"'), "only excludes"),
    ],
    ids=str,
)
def test_what_is_not_logged_is_told_with_the_near_miss(
    flywheel: Flywheel, installation: Installation, command: str, options: Sequence[str], words: str
) -> None:
    ended = flywheel("logs", command, *options, on=installation)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_what_is_exported_is_what_was_imported(flywheel: Flywheel, installation: Installation, topics: Path) -> None:
    exported = [json.loads(line) for line in flywheel("logs", "export", on=installation).out.splitlines()]
    imported = [json.loads(line) for line in topics.read_text().splitlines()]
    assert exported == imported  # both are in the order of time


def test_a_reader_that_has_seen_enough_ends_an_export_quietly(installation: Installation) -> None:
    command = f"{sys.executable} -m app.cli logs export --data {installation.data} | head -n 1"
    ended = subprocess.run(
        ["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""


def test_a_dry_run_shows_the_plan_and_stores_nothing(flywheel: Flywheel, installation: Installation) -> None:
    ended = flywheel("runs", "start", "--workload", "topics", "--students", STUDENT, "--dry-run", on=installation)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "300 records match; 100 of them for evaluation."
    assert f"evaluate:{STUDENT}:customized" in ended.out
    assert "power: if the agreement is 95.0%" in ended.out
    plan = flywheel("runs", "start", "--workload", "topics", "--dry-run", "--json", on=installation).json
    assert plan["datasets"]["counts"]["total"] == 300
    limited = flywheel("runs", "start", "--workload", "topics", "--limit", "200", "--dry-run", on=installation)
    assert "300 selected" in limited.out
    assert "100 beyond the limit" in limited.out
    assert flywheel("runs", "list", "--json", on=installation).json == {"runs": []}


def test_gold_and_vetoes_are_given_at_the_command_line(
    flywheel: Flywheel, installation: Installation, tmp_path: Path
) -> None:
    record = next(iter(installation.logs.stream(LogFilter(workload_id="topics"))))
    labels = tmp_path / "labels.csv"
    labels.write_text(f"record_id,answer\n{record.id},sports\nnothing,sports\n")
    gold = ("datasets", "gold", str(labels), "--workload", "topics", "--json")
    refused = flywheel(*gold, on=installation)
    assert refused.code == 2
    assert "line 3: record_id: no record has the id 'nothing'" in json.loads(refused.err)["error"]["message"]
    skipped = flywheel(*gold, "--skip-wrong", on=installation)
    assert (skipped.code, skipped.json["stored"], len(skipped.json["problems"])) == (2, 1, 1)
    veto = ("datasets", "veto", record.id, "--json", "--reason")
    assert flywheel(*veto, "a test call", on=installation).json["changed"] is True
    assert flywheel(*veto, "a test call", on=installation).json["changed"] is False
    assert flywheel(*veto, " ", on=installation).code == 2
    plan = flywheel("runs", "start", "--workload", "topics", "--dry-run", "--json", on=installation).json
    assert plan["datasets"]["counts"]["vetoed"] == 1
    assert flywheel("datasets", "list", on=installation).out.startswith("No evaluation set is frozen yet")


def test_runs_are_listed_shown_cancelled_tried_again_and_deleted(
    flywheel: Flywheel, installation: Installation
) -> None:
    add_run(installation.database, "one")
    assert "one" in flywheel("runs", "list", "--status", "pending", on=installation).out
    cancelled = flywheel("runs", "cancel", "one", "--reason", "not today", "--as", "rita", on=installation)
    assert (cancelled.code, cancelled.out) == (0, "one cancelled\n")
    shown = flywheel("runs", "show", "one", "--json", on=installation).json["run"]["summary"]
    assert (shown["status"], shown["cancel_reason"]) == ("cancelled", "Cancelled by rita: not today")
    assert flywheel("runs", "retry", "one", on=installation).code == 0
    assert flywheel("runs", "delete", "one", on=installation).code == 1
    assert flywheel("runs", "cancel", "one", "--json", on=installation).json == {"id": "one", "status": "cancelled"}
    assert flywheel("runs", "delete", "one", on=installation).code == 0


def test_what_the_state_forbids_is_exit_code_1_and_what_is_unknown_2(
    flywheel: Flywheel, installation: Installation
) -> None:
    add_run(installation.database, "done", status=RunStatus.COMPLETED, finished_at=utc_now())
    forbidden = flywheel("runs", "cancel", "done", on=installation)
    assert (forbidden.code, forbidden.err.startswith("error: run done has already finished")) == (1, True)
    unknown = flywheel("runs", "show", "nothing", "--json", on=installation)
    assert unknown.code == 2
    assert json.loads(unknown.err)["error"]["field"] == "run_id"
    assert flywheel("runs", "list", "--status", "pendin", on=installation).code == 2


def test_the_actor_is_the_user_of_the_operating_system(
    flywheel: Flywheel, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "olga")
    add_run(installation.database, "one")
    flywheel("runs", "cancel", "one", on=installation)
    shown = flywheel("runs", "show", "one", "--json", on=installation).json["run"]["summary"]
    assert shown["cancel_reason"] == "Cancelled by olga"


def test_waiting_for_a_run_tells_its_steps_and_ends_with_its_results(flywheel: Flywheel, stack: Stack) -> None:
    command = (
        "runs",
        "start",
        "--workload",
        "topics",
        "--students",
        STUDENT,
        "--variants",
        "base",
        "--eval-size",
        "50",
    )
    ended = flywheel(*command, "--wait", on=stack.installation)
    assert ended.code == 0, ended.err
    assert f"evaluate:{STUDENT}:base: step.completed" in ended.err
    assert "run.completed" in ended.err
    assert f"{STUDENT}:base" in ended.out
    assert "50" in ended.out


def test_decisions_are_made_listed_superseded_and_withdrawn(flywheel: Flywheel, stack: Stack) -> None:
    run_id, on = stack.finished_run["id"], stack.installation
    first = flywheel("decisions", "approve", run_id, CUSTOMIZED, "--reason", "Good.", "--as", "priya", "--json", on=on)
    assert (first.code, first.json["verdict"], first.json["sequence"]) == (0, "approved", 1)
    refused = flywheel("decisions", "reject", run_id, CUSTOMIZED, "--reason", "Bad.", "--as", "jonas", on=on)
    assert refused.code == 1
    assert "priya decided already" in refused.err
    assert "--supersede" in refused.err
    changes = ("decisions", "changes", run_id, CUSTOMIZED, "--reason", "More data.", "--supersede", "--json")
    assert flywheel(*changes, on=on).json["supersedes"] == first.json["id"]
    assert flywheel("decisions", "withdraw", run_id, CUSTOMIZED, "--reason", "Mistake.", on=on).code == 0
    assert flywheel("decisions", "withdraw", run_id, CUSTOMIZED, "--reason", "Again.", on=on).code == 2
    assert flywheel("decisions", "reject", run_id, CUSTOMIZED, "--reason", "Bad.", on=on).code == 0
    verdicts = [entry["verdict"] for entry in flywheel("decisions", "list", "--json", on=on).json["decisions"]]
    assert verdicts == ["rejected", "withdrawn", "changes_requested", "approved"]
    assert "changes requested" in flywheel("decisions", "list", "--run", run_id, on=on).out


@pytest.mark.parametrize(
    ("candidate", "reason", "words"),
    [
        ("local/linear-huge:base", "Good.", "has no result for candidate"),
        ("nonsense", "Good.", "write student:variant"),
        (CUSTOMIZED, " ", "needs a reason"),
    ],
)
def test_a_decision_that_cannot_stand_is_wrong_input(
    flywheel: Flywheel, stack: Stack, candidate: str, reason: str, words: str
) -> None:
    ended = flywheel(
        "decisions",
        "approve",
        stack.finished_run["id"],
        candidate,
        "--reason",
        reason,
        "--supersede",
        on=stack.installation,
    )
    assert ended.code == 2
    assert words in ended.err


def test_config_check_prints_every_connection_of_a_running_installation(flywheel: Flywheel, stack: Stack) -> None:
    ended = flywheel("config", "check", "--json", on=stack.installation)
    assert ended.code == 0
    found = {connection["name"]: connection for connection in ended.json["connections"]}
    assert found["database"]["detail"].startswith("schema ")
    assert found["log store"]["detail"] == "300 records in 1 workloads"
    assert {"data store", "NIM proxy", "customizer", "evaluator"} <= set(found)
    assert f"student {STUDENT}" in found
    assert all(connection["ok"] for connection in found.values())


def test_config_check_fails_when_a_service_is_down_and_makes_nothing(
    flywheel: Flywheel, installation: Installation, tmp_path: Path
) -> None:
    data = tmp_path / "other"
    ended = flywheel("config", "check", "--data", str(data), on=installation)
    assert ended.code == 1
    assert "FAILED  data store: " in ended.out
    assert "ok      database: " in ended.out
    assert not data.exists()


def test_config_check_never_prints_a_secret(
    flywheel: Flywheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "hunter2")
    monkeypatch.setenv("STATE", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    monkeypatch.setenv("FLYWHEEL_DATABASE__URL", "env:STATE")
    monkeypatch.setenv("FLYWHEEL_NEMO__SERVICES_HEADERS", '{"Authorization": "Bearer env:NEMO_TOKEN"}')
    for arguments in ((), ("--json",)):
        ended = flywheel("config", "check", "--data", str(tmp_path), *arguments)
        assert ended.code == 1
        assert "hunter2" not in ended.out + ended.err
        assert "env:NEMO_TOKEN" in ended.out


def test_an_unknown_setting_is_refused_with_the_near_miss(
    flywheel: Flywheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLYWHEEL_NEMO__SERVICE_URL", "http://127.0.0.1:1")
    ended = flywheel("runs", "list", "--data", str(tmp_path))
    assert ended.code == 2
    assert "did you mean 'FLYWHEEL_NEMO__SERVICES_URL'" in ended.err


@pytest.mark.parametrize("name", ["api", "backend", "web"])
def test_a_server_does_not_listen_where_anyone_could_come_in(
    flywheel: Flywheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"FLYWHEEL_{name.upper()}__HOST", "0.0.0.0")
    ended = flywheel(name, "--data", str(tmp_path))
    assert ended.code == 2
    assert f"{name}.host" in ended.err


def test_a_taken_port_is_named_with_the_setting_to_change(flywheel: Flywheel, installation: Installation) -> None:
    port = find_free_port()
    with_listener = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import socket; s = socket.create_server(('127.0.0.1', {port})); print(1, flush=True); s.accept()",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert with_listener.stdout is not None
        with_listener.stdout.readline()
        ended = flywheel("api", "--port", str(port), on=installation)
    finally:
        with_listener.kill()
        with_listener.communicate()
    assert ended.code == 1
    assert str(port) in ended.err
    assert "api.port" in ended.err
