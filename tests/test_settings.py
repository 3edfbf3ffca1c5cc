"""Settings: precedence, refusals that name the place and the near miss, secrets that stay references."""

import json
import re
from pathlib import Path

import pytest

from core.errors import InputError, NotFoundError
from core.settings import Settings, load_settings, resolve_secret, setting_names

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "flywheel.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(**arguments: object) -> InputError:
    with pytest.raises(InputError) as caught:
        load_settings(**{"environ": {}, **arguments})  # type: ignore[arg-type]  # the tests mix arguments freely
    return caught.value


def test_defaults_need_neither_file_nor_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings == Settings()
    assert settings.data == tmp_path / "flywheel-data"
    assert settings.database_url == f"sqlite:///{tmp_path}/flywheel-data/state.db"
    assert settings.logs_path == tmp_path / "flywheel-data" / "logs.db"
    assert [student.name for student in settings.students] == [
        "local/linear-small",
        "local/linear-medium",
        "local/linear-large",
    ]
    assert settings.students[0].target == "local/linear-small@1.0"


def test_argument_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = write(tmp_path, 'data = "from-file"\n[worker]\nlease_s = 20\ntick_s = 2\n[web]\nport = 9000\n')
    environ = {"FLYWHEEL_DATA": "from-environment", "FLYWHEEL_WORKER__LEASE_S": "30"}
    settings = load_settings(tmp_path / "from-argument", config_file=file, environ=environ)
    assert settings.data == tmp_path / "from-argument"
    assert load_settings(config_file=file, environ=environ).data.name == "from-environment"
    assert (settings.worker.lease_s, settings.worker.tick_s, settings.worker.grace_s) == (30, 2, 30)
    assert settings.web.port == 9000


def test_the_file_is_found_by_variable_and_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "[split]\nseed = 7\n")
    other = tmp_path / "other.toml"
    other.write_text("[split]\nseed = 8\n")
    assert load_settings(environ={}).split.seed == 7
    assert load_settings(environ={"FLYWHEEL_CONFIG": str(other)}).split.seed == 8


def test_the_policy_stands_beside_the_settings_file_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={}).policy is None
    (tmp_path / "policy.toml").write_text("")
    assert load_settings(environ={}).policy == tmp_path / "policy.toml"
    (tmp_path / "conf").mkdir()
    file = write(tmp_path / "conf", "")
    assert load_settings(config_file=file, environ={}).policy is None
    (tmp_path / "conf" / "policy.toml").write_text("")
    assert load_settings(config_file=file, environ={}).policy == tmp_path / "conf" / "policy.toml"
    assert load_settings(config_file=file, environ={"FLYWHEEL_POLICY": "mine.toml"}).policy == tmp_path / "mine.toml"


def test_an_empty_variable_counts_as_not_given() -> None:
    assert load_settings(environ={"FLYWHEEL_WEB__PORT": ""}).web.port == 8501


def test_students_come_from_file_and_from_a_json_variable(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[[students]]\nname = "meta/llama-3.2-1b-instruct"\ntarget = "meta/llama-3.2-1b-instruct@2.0"\n'
        "context_length = 8192\ngpus = 1\n[students.training]\nepochs = 2\n",
    )
    settings = load_settings(config_file=file, environ={})
    (student,) = settings.students
    assert settings.training_for(student).epochs == 2
    assert settings.training_for(student).batch_size == settings.training.batch_size
    variable = json.dumps([{"name": "a/b", "target": "a/b@1", "context_length": 1}])
    assert load_settings(config_file=file, environ={"FLYWHEEL_STUDENTS": variable}).students[0].name == "a/b"


@pytest.mark.parametrize(
    ("text", "field", "hint"),
    [
        ("[nemo]\nservces_url = 'http://x'", "nemo.servces_url", "did you mean 'nemo.services_url'?"),
        ("[splits]\nseed = 1", "splits", "did you mean 'split'?"),
        ("[split]\neval_size = 1", "split.eval_size", "did you mean 'split.evaluation_size'?"),
        ("[[students]]\nname = 'a/b'\ntarget = 'x'\ncontext_lenght = 1", "students.context_lenght", "context_length"),
        ("[zzzzzzzz]\nq = 1", "zzzzzzzz", "docs/configuration.md"),
    ],
)
def test_an_unknown_key_is_refused_with_the_near_miss(tmp_path: Path, text: str, field: str, hint: str) -> None:
    error = refused(config_file=write(tmp_path, text))
    assert error.field == field
    assert hint in str(error)
    assert "flywheel.toml" in str(error)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("FLYWHEEL_NEMO_SERVICES_URL", "did you mean 'FLYWHEEL_NEMO__SERVICES_URL'?"),
        ("FLYWHEEL_DATTA", "did you mean 'FLYWHEEL_DATA'?"),
        ("FLYWHEEL_WEB__PROT", "did you mean 'FLYWHEEL_WEB__PORT'?"),
        ("FLYWHEEL_CONFG", "did you mean 'FLYWHEEL_CONFIG'?"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_near_miss(variable: str, hint: str) -> None:
    error = refused(environ={variable: "1"})
    assert error.field == variable
    assert hint in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[split]\nevaluation_size = 0", "split.evaluation_size is 0: input should be greater than or equal to 1"),
        ("[split]\nvalidation_ratio = 1.0", "split.validation_ratio is 1.0: input should be less than 1"),
        ("[web]\nport = 'high'", "web.port is 'high': input should be a valid integer"),
        ("[worker]\non_shutdown = 'stop'", "worker.on_shutdown is 'stop': input should be 'cancel' or 'release'"),
        ("[nemo]\nnim_url = 'nim.test'", "nemo.nim_url: must be an address such as http://host:port"),
        ("[[students]]\nname = 'a/b'\ncontext_length = 1", "students.0.target: field required"),
        ("[[students]]\nname = 'ab'\ntarget = 'x'\ncontext_length = 1", "students.0.name is 'ab'"),
        ("web = 1", "web is 1: input should be a valid dictionary"),
        (
            "[[teachers]]\nname='t'\nprice_input_usd=1\nprice_output_usd=1\n" * 2,
            "teachers: 't' stands there twice",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path, text)
    assert f"{file}: {message}" in str(refused(config_file=file))


def test_a_wrong_value_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    file = write(tmp_path, "[web]\nport = 9000\n")
    error = refused(config_file=file, environ={"FLYWHEEL_WEB__PORT": "70000"})
    assert str(error).startswith("environment variable FLYWHEEL_WEB__PORT is '70000': ")
    assert error.field == "web.port"
    assert "FLYWHEEL_STUDENTS must hold JSON" in str(refused(environ={"FLYWHEEL_STUDENTS": "local/linear-small"}))


def test_every_wrong_value_is_reported_at_once(tmp_path: Path) -> None:
    error = refused(config_file=write(tmp_path, "[web]\nport = 0\n[api]\nport = 0\n"))
    assert [line.split(": ")[1] for line in str(error).splitlines()] == ["web.port is 0", "api.port is 0"]


def test_a_broken_file_names_file_and_line(tmp_path: Path) -> None:
    error = refused(config_file=write(tmp_path, "[web]\nport 9000\n"))
    assert error.line == 2
    assert "flywheel.toml is not valid TOML" in str(error)
    assert "cannot be read" in str(refused(config_file=tmp_path / "missing.toml"))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in str(refused(config_file=binary))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().web.port = 1


def test_an_unknown_student_is_answered_with_the_near_miss() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'local/linear-small'") as caught:
        Settings().find_student("local/linear-smal")
    assert caught.value.field == "students"
    with pytest.raises(NotFoundError, match="configured are: local/linear-small"):
        Settings().find_student("#")
    assert Settings().find_student("local/linear-large").name == "local/linear-large"


def test_secrets_are_read_from_environment_and_file_at_the_moment_of_use(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    assert resolve_secret("env:KEY", environ={"KEY": "from-env"}) == "from-env"
    assert resolve_secret(f"file:{tmp_path}/key") == "from-file"
    assert resolve_secret("Bearer env:KEY", environ={"KEY": "from-env"}) == "Bearer from-env"


@pytest.mark.parametrize("reference", ["env:NOT_SET_ANYWHERE", "file:/not/there", "hunter2-secret"])
def test_a_secret_that_cannot_be_read_is_named_by_its_reference_only(reference: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve_secret(reference, environ={})
    assert "hunter2" not in str(caught.value)
    assert reference == "hunter2-secret" or reference in str(caught.value)


def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refused(config_file=write(tmp_path, "[nemo.services_headers]\nAuthorization = 'Bearer hunter2'\n"))
    assert "hunter2" not in str(error)
    assert "nemo.services_headers.Authorization: must refer to a secret" in str(error)
    error = refused(config_file=write(tmp_path, "[database]\nurl = 'postgresql+psycopg://me:hunter2@host/db'\n"))
    assert "hunter2" not in str(error)
    assert "env:DATABASE_URL" in str(error)
    error = refused(environ={"FLYWHEEL_NEMO__NIM_URL": "http://me:hunter2@host"})
    assert "hunter2" not in str(error)


def test_no_resolved_secret_appears_in_public_or_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    settings = load_settings(
        environ={
            "FLYWHEEL_DATABASE__URL": "postgresql+psycopg://me:hunter2@host/db",
            "FLYWHEEL_NEMO__NIM_HEADERS__AUTHORIZATION": "Bearer env:KEY",
        }
    )
    assert settings.database_url == "postgresql+psycopg://me:hunter2@host/db"
    assert settings.public()["database"]["url"] == "postgresql+psycopg://me:***@host/db"
    assert settings.public()["nemo"]["nim_headers"] == {"authorization": "Bearer env:KEY"}
    assert "hunter2" not in json.dumps(settings.public()) + repr(settings)


def test_the_database_address_may_be_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://me:hunter2@host/db")
    settings = load_settings(environ={"FLYWHEEL_DATABASE__URL": "env:DATABASE_URL"})
    assert settings.database_url.endswith("hunter2@host/db")
    assert settings.public()["database"]["url"] == "env:DATABASE_URL"


def test_every_setting_is_documented_and_the_documented_file_loads(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([\w.]+)`", text, flags=re.MULTILINE))
    sections = {name.rpartition(".")[0] for name in setting_names()}
    assert documented == set(setting_names()) - sections
    example = re.search(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert example
    assert load_settings(config_file=write(tmp_path, example[1]), environ={}).students


def test_the_services_follow_the_local_backends_port_until_one_of_them_is_given() -> None:
    moved = load_settings(environ={"FLYWHEEL_BACKEND__PORT": "9000"}).nemo
    assert (moved.services_url, moved.nim_url, moved.data_store_url) == (
        "http://127.0.0.1:9000",
        "http://127.0.0.1:9000/nim",
        "http://127.0.0.1:9000",
    )
    given = load_settings(environ={"FLYWHEEL_BACKEND__PORT": "9000", "FLYWHEEL_NEMO__NIM_URL": "https://nim.example"})
    assert (given.nemo.nim_url, given.nemo.services_url) == ("https://nim.example", "http://127.0.0.1:8630")


def test_a_port_that_is_no_port_is_named_as_the_backends() -> None:
    with pytest.raises(InputError) as refusal:
        load_settings(environ={"FLYWHEEL_BACKEND__PORT": "none"})
    assert refusal.value.field == "backend.port"
