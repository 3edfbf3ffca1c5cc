"""What a test does when the machine lacks something: skip with the reason, but fail in CI."""

import socket

import pytest

from tests import machine
from tests.waiting import wait_until


def test_a_missing_program_skips_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser here"):
        machine.skip_or_fail("no browser here")


def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no browser here"):
        machine.skip_or_fail("no browser here")


def test_a_free_port_can_be_listened_on(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as server:
        assert server.getsockname()[1] == free_port


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match="the moon to fall"):
        wait_until(lambda: False, "the moon to fall", timeout_s=0.01, every_s=0.001)


def test_waiting_returns_the_first_true_value() -> None:
    values = iter([0, None, "there"])
    assert wait_until(lambda: next(values), "a value", every_s=0) == "there"
