"""What the tests need from the machine: programs, ports, the traffic beside the repository.

In CI everything that `tests/system_packages.sh` installs has to be there, so a missing program fails; elsewhere the
test is skipped with the reason.
"""

import ctypes
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TRAFFIC = REPOSITORY.parent / "shared" / "traffic"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MEMORY_BYTES = 4 * 2**30
"""What the temporary files of a whole test run may need."""


def is_ci() -> bool:
    """Tell whether this is a CI run, where every needed program has been installed."""
    return bool(os.environ.get("CI"))


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the running test, or fail it in CI, where `reason` must not happen."""
    if is_ci():
        pytest.fail(f"{reason} (CI must have it: see tests/system_packages.sh)", pytrace=False)
    pytest.skip(reason)


def find_chromium() -> Path | None:
    """Return the system's Chromium or Chrome, or None."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((Path(path) for path in found if path), None)


def has_browser_driver() -> bool:
    """Tell whether Playwright's driver can start: on Linux its Node.js is linked to a library that may be missing."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def find_postgres_programs() -> Path | None:
    """Return the folder with `postgres` and `initdb` of the newest version, or None; Debian keeps it off the path."""
    on_path = shutil.which("postgres")
    if on_path and Path(on_path).resolve().with_name("initdb").exists():
        return Path(on_path).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: int(folder.parent.name), default=None)


def find_free_port() -> int:
    """Return a loopback port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def find_memory_folder() -> Path | None:
    """Return a folder in memory with room for temporary files, None where there is none (Linux's is /dev/shm)."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < MEMORY_BYTES:
        return None
    return folder
