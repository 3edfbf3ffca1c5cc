"""From settings to a connected adapter: addresses, secrets, timeouts."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import InputError
from core.nemo import connect_model_ops
from core.nemo.v1 import NemoV1
from core.settings import NemoSettings, Settings

SECRET = "s3cr3t-t0ken"


def connect(**nemo: object) -> NemoV1:
    adapter = connect_model_ops(Settings(nemo=NemoSettings(**nemo)))  # type: ignore[arg-type]
    assert isinstance(adapter, NemoV1)
    return adapter


def test_each_service_has_its_own_address_headers_and_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_STORE_TOKEN", SECRET)
    key = tmp_path / "key"
    key.write_text(f"{SECRET}\n")
    adapter = connect(
        services_url="http://nemo.test",
        nim_url="http://nim.test/nim",
        data_store_url="http://data.test/",
        data_store_headers={"Authorization": "Bearer env:DATA_STORE_TOKEN"},
        nim_headers={"X-Key": f"file:{key}"},
        read_timeout_s=7,
    )
    services, nim, data_store = adapter._services, adapter._nim, adapter._data_store
    assert [part.address.url for part in (services, nim, data_store)] == [
        "http://nemo.test",
        "http://nim.test/nim",
        "http://data.test",
    ]
    assert data_store.address.headers == {"Authorization": f"Bearer {SECRET}"}
    assert nim.address.headers == {"X-Key": SECRET}
    assert services.address.headers == {}
    assert services.options.read_timeout_s == 7
    adapter.close()


def test_a_secret_that_is_missing_is_named_and_nothing_is_connected() -> None:
    with pytest.raises(InputError, match="NO_SUCH_TOKEN"):
        connect(services_headers={"Authorization": "env:NO_SUCH_TOKEN"})


def test_reading_about_runs_does_not_load_the_http_library() -> None:
    code = "import sys, core.nemo; raise SystemExit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
