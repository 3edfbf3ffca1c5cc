"""How the server starts: one to a folder, one to a port, on loopback, and with job processes that load little."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.backend import serve_backend
from core.backend.server import _open_socket
from core.errors import ConflictError, InputError
from tests.backend.server_process import ServerProcess
from tests.machine import REPOSITORY


def test_a_folder_has_one_server_at_a_time(server: ServerProcess) -> None:
    with pytest.raises(ConflictError, match="another local backend uses"):
        serve_backend(directory=server.folder, port=0)


def test_a_port_in_use_is_named_with_what_to_do(server: ServerProcess, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=rf"cannot listen on {server.url} .*set backend\.port"):
        serve_backend(directory=tmp_path / "other", port=server.port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.test"])
def test_only_loopback_is_served_unless_told_otherwise(host: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="loopback") as refused:
        serve_backend(directory=tmp_path / "backend", host=host, port=0)
    assert refused.value.field == "backend.host"
    assert not (tmp_path / "backend").exists()


def test_a_job_process_loads_no_web_framework() -> None:
    code = "import sys, core.backend.job_process, core.backend.evaluation_work, core.backend.training_work;"
    code += "print(*{'fastapi', 'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_answers_are_not_delayed_by_nagle() -> None:
    # asyncio switches TCP_NODELAY on only for sockets that name their protocol; without it every answer took 40 ms.
    with _open_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
