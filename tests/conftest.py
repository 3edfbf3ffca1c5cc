"""Fixtures that several folders of tests share: servers, a browser, ports, traffic."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from core.database import Database
from core.migrations import upgrade_schema
from tests import machine, postgres
from tests.browser.chromium import run_chromium
from tests.elasticsearch_node import Node, build, missing_tools

VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
# What takes minutes together goes to `make test-full`; `make test` keeps the whole job, its crashes and its refusals.
LONG_FILES = frozenset(
    {
        "tests/app/test_api_schema.py",
        "tests/backend/students/test_accuracy.py",
        "tests/backend/test_under_load.py",
        "tests/browser/test_checks.py",
        "tests/browser/test_decisions.py",
        "tests/browser/test_import.py",
        "tests/browser/test_launch_and_watch.py",
        "tests/browser/test_pages.py",
        "tests/browser/test_states.py",
        "tests/datasets/test_real_traffic.py",
        "tests/demo/test_demo_command.py",
        "tests/demo/test_loading.py",
    }
)
MARK_BY_FIXTURE = {"browser": "browser", "postgres_url": "postgres", "elasticsearch_node": "elasticsearch"}

# Two busy cores make time limits per example lie; in CI the examples are the same every time.
hypothesis.settings.register_profile("full", deadline=None, derandomize=machine.is_ci())
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("full"), max_examples=25)
hypothesis.settings.load_profile("quick")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the settings of the person who runs the tests out of them, and let `-m ""` try more examples."""
    if not config.option.markexpr:
        hypothesis.settings.load_profile("full")
    for name in [name for name in os.environ if name.startswith("FLYWHEEL_")]:
        del os.environ[name]
    # Whoever is started in the background ignores the interrupt, and so would the processes that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Tests make and remove thousands of small files, databases above all; on disk that costs more than what they test.
    folder = machine.find_memory_folder()
    if folder is not None and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by file what is long, and by fixture what needs a browser or PostgreSQL, so that `-m` can choose."""
    for item in items:
        if item.nodeid.split("::")[0] in LONG_FILES:
            item.add_marker("full")
        for fixture, mark in MARK_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The SQLAlchemy address of a PostgreSQL server of this test process."""
    programs = machine.find_postgres_programs()
    if programs is None:
        machine.skip_or_fail("PostgreSQL's server programs are not installed")
    with postgres.run_server(programs) as url:
        yield url


@pytest.fixture(scope="session")
def elasticsearch_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A real Elasticsearch node of this test process; its address is in the environment for child processes too."""
    if missing := missing_tools():
        machine.skip_or_fail(f"{' and '.join(missing)} not installed")
    build()
    node = Node(tmp_path_factory.mktemp("elasticsearch"))
    node.start()
    os.environ["TEST_ELASTICSEARCH_URL"] = node.url
    yield node
    node.kill()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy address of an empty PostgreSQL database, dropped after the test."""
    with postgres.create_database(postgres_url) as url:
        yield url


# One browser a module, not a session: it holds the thread's event loop, and later tests may want their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    program = machine.find_chromium()
    if program is None:
        machine.skip_or_fail("Chromium is not installed")
    if not machine.has_browser_driver():
        machine.skip_or_fail("libatomic.so.1, which Playwright's driver needs, is not installed")
    with run_chromium(program) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page in a context of its own: no cookies, no storage of other tests."""
    with browser.new_context(viewport=VIEWPORT) as context:
        yield context.new_page()


@pytest.fixture
def free_port() -> int:
    """A loopback port that nothing listens on."""
    return machine.find_free_port()


@pytest.fixture(scope="session")
def traffic() -> Path:
    """The folder of logged traffic beside the repository."""
    if not machine.TRAFFIC.is_dir():
        pytest.skip("real traffic is not here: ../shared/traffic beside the repository")
    return machine.TRAFFIC


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty state database with the current schema, once on SQLite and once on PostgreSQL."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'state.db'}" if is_sqlite else request.getfixturevalue("postgres_database")
    database = Database(url)
    upgrade_schema(database)
    yield database
    database.dispose()
