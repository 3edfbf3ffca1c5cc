"""The pages without a browser: Streamlit's AppTest over a data folder of the test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.machine import REPOSITORY
from tests.ui.runs import write_policy
from tests.ui.traffic import store_traffic


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put back what AppTest leaves replaced: processes that later tests spawn look for it."""
    known = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = known


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder that the pages use; what they hold per process is let go before and after."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("FLYWHEEL_DATA", str(folder))
    monkeypatch.setenv("FLYWHEEL_POLICY", str(write_policy(folder)))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield folder
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def traffic_data(data: Path) -> Path:
    """The data folder with logged traffic."""
    store_traffic(data)
    return data


def open_page(name: str, **parameters: str) -> AppTest:
    """Run a page with these URL parameters and return it; what it raises fails the test."""
    app = AppTest.from_file(str(REPOSITORY / "app" / "main.py"), default_timeout=30)
    app.run()
    for key, value in parameters.items():
        app.query_params[key] = value
    app.switch_page(str(REPOSITORY / "pages" / f"{name}.py")).run()
    assert not app.exception, app.exception
    return app
