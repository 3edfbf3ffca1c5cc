"""A running backend and clients of it, shared by the tests of this folder; tests that stop servers start their own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.backend.server_process import ServerProcess, running_server
from tests.backend.workload import put_workload

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A local backend with an empty folder."""
    with running_server(tmp_path_factory.mktemp("backend")) as server:
        yield server


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    """A plain client."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def sdk(server: ServerProcess) -> "Iterator[NeMoMicroservices]":
    """The vendor's client; every reply is checked against its own types."""
    from nemo_microservices import NeMoMicroservices  # takes a second; most tests do not need it

    with NeMoMicroservices(
        base_url=server.url,
        inference_base_url=f"{server.url}/nim",
        max_retries=0,
        _strict_response_validation=True,
    ) as sdk:
        yield sdk


@pytest.fixture(scope="session")
def workload(client: httpx.Client) -> None:
    """The datasets and the configuration that jobs use."""
    put_workload(client)
