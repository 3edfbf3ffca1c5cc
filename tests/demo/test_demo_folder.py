"""The demo's folder and settings: whose folder it is, one demo at a time, what is remembered, what is not read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.demo.configuration import CONFIG_FILE, demo_environment, demo_settings
from app.demo.folder import LOCK, MARKER, DemoFacts, hold_demo_folder
from app.demo.wording import describe_age
from app.supervisor import environment_of_children, points_to_backend
from core.errors import ConflictError, InputError
from core.policy import load_policy
from core.settings import load_settings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
FACTS = DemoFacts(traffic_until=NOW, runs={"news_classifier": "r1", "support_intents": "r2"}, unfinished=("r1", "r2"))


def test_a_new_folder_remembers_the_moment_of_its_first_start(tmp_path: Path) -> None:
    with hold_demo_folder(tmp_path / "a" / "demo") as folder:
        assert folder.read(now=NOW) == folder.read(now=LATER) == DemoFacts(traffic_until=NOW, runs={}, unfinished=())


def test_what_is_written_is_read_by_the_next_start(tmp_path: Path) -> None:
    with hold_demo_folder(tmp_path) as folder:
        folder.write(FACTS)
        folder.note_end("r1", now=LATER)
    with hold_demo_folder(tmp_path) as folder:
        facts = folder.read(now=LATER)
    assert (facts.runs, facts.unfinished) == (FACTS.runs, ("r2",))


def test_two_demos_in_one_folder_are_refused(tmp_path: Path) -> None:
    with hold_demo_folder(tmp_path), pytest.raises(ConflictError, match="running"), hold_demo_folder(tmp_path):
        pass
    with hold_demo_folder(tmp_path):
        pass


def test_emptying_removes_links_and_not_what_they_point_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("theirs")
    with hold_demo_folder(tmp_path / "demo") as folder:
        folder.write(FACTS)
        (folder.path / "link").symlink_to(outside)
        (folder.path / "backend" / "adapters").mkdir(parents=True)
        folder.empty()
        assert [entry.name for entry in folder.path.iterdir()] == [LOCK]
    assert (outside / "kept").read_text() == "theirs"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"made_by": "me"}'])
def test_a_mark_that_the_demo_did_not_write_is_no_mark(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content)
    with pytest.raises(InputError, match="did not make"), hold_demo_folder(tmp_path):
        pass


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(InputError, match="--data"), hold_demo_folder(tmp_path / "demo"):
        pass


def test_the_mark_of_another_version_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text('{"made_by": "flywheel demo", "format": 99}')
    with hold_demo_folder(tmp_path) as folder:
        with pytest.raises(InputError, match="--reset"):
            folder.read(now=NOW)
        folder.empty()
        assert folder.read(now=NOW).runs == {}


def test_of_what_a_person_has_configured_only_the_ports_count(tmp_path: Path) -> None:
    environ = {
        "PATH": "/bin",
        "FLYWHEEL_DATA": "/theirs",
        "FLYWHEEL_DATABASE__URL": "postgresql+psycopg://nobody@db/theirs",
        "FLYWHEEL_NEMO__SERVICES_URL": "http://nemo.example",
        "FLYWHEEL_POLICY": "/theirs/policy.toml",
        "FLYWHEEL_BACKEND__PORT": "9999",
    }
    settings = demo_settings(tmp_path, environ=environ)
    assert (settings.data, settings.database.url, settings.backend.port) == (tmp_path, "", 9999)
    assert points_to_backend(settings)
    assert settings.policy == CONFIG_FILE.with_name("policy.toml")
    assert load_policy(settings.policy).gold_margin == 0.03
    of_child = environment_of_children(settings, demo_environment(environ))
    assert load_settings(environ=of_child) == settings
    assert of_child["FLYWHEEL_CONFIG"] == str(CONFIG_FILE)
    assert of_child["PATH"] == "/bin"


def test_old_traffic_is_told_and_fresh_traffic_is_not() -> None:
    assert describe_age(NOW, now=NOW + timedelta(hours=23)) is None
    told = describe_age(NOW, now=LATER)
    assert told is not None
    assert "ends 3 days ago" in told
