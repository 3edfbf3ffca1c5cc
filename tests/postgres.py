"""A throw-away PostgreSQL server for one test process, and fresh databases on it.

The server listens on a Unix socket in its own temporary folder, so it needs no port and meets no other server. It
refuses to run as root; there it runs as `postgres` or `nobody`. It ends with the process that started it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.waiting import wait_until

OWNER = "flywheel"
INITDB_OPTIONS = ("--username", OWNER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
# What is written here never has to survive a crash.
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@contextmanager
def run_server(programs: Path) -> Iterator[str]:
    """Run a server from `programs` (the folder of `initdb` and `postgres`); yield its SQLAlchemy address."""
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="flywheel-pg-"))
    server = None
    try:
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        initialise = [str(programs / "initdb"), *INITDB_OPTIONS, "--pgdata", str(data)]
        subprocess.run(initialise, user=user, cwd=folder, check=True, capture_output=True)
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        command = [*_end_with_parent(), str(programs / "postgres"), "-D", str(data), "-k", str(folder), *options]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
        wait_until(lambda: _answers(folder), f"PostgreSQL to answer in {folder}", timeout_s=60)
        yield _address(folder, "postgres")
    finally:
        if server:
            server.terminate()  # waits for clients: there are none left, or they are a test's leak
            try:
                server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def create_database(server_url: str) -> Iterator[str]:
    """Create an empty database on the server, yield its SQLAlchemy address, drop it whoever is still connected."""
    server = make_url(server_url)
    name = f"test_{uuid.uuid4().hex}"
    folder = Path(str(server.query["host"]))
    with _connect(folder) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield _address(folder, name)
    finally:  # on a connection of its own: the test may have crashed the server meanwhile
        with _connect(folder) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _unprivileged_user() -> str | None:
    """Return whom the server runs as when we are root; None keeps the user we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody'.")


def _end_with_parent() -> list[str]:
    """Return a prefix that stops the server when a killed test process cannot; Linux only."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def _address(folder: Path, database: str) -> str:
    return f"postgresql+psycopg://{OWNER}@/{database}?host={folder}"


def _connect(folder: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(folder), user=OWNER, dbname="postgres", autocommit=True)


def _answers(folder: Path) -> bool:
    try:
        _connect(folder).close()
    except psycopg.OperationalError:
        return False
    return True
