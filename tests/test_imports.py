"""Who may import whom, and what a start must not pay for.

The contracts stand in `pyproject.toml` under `tool.importlinter`; here are the rules that it cannot say.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import REPOSITORY

# About a second each, so only the worker and the local backend may load them.
NUMERICS = ("datasketch", "numpy", "pandas", "scipy", "sklearn", "statsmodels")
LIGHT_MODULES = {
    "app.cli": (*NUMERICS, "streamlit", "plotly", "huggingface_hub", "sqlmodel"),
    "app.api": (*NUMERICS, "streamlit", "plotly"),
    "app.ui.queries": ("datasketch", "scipy", "sklearn", "statsmodels"),  # Streamlit itself brings numpy and pandas
}
PAGE_LINES = 150
LIST_LOADED = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)


def exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_imports_go_down_the_list_of_the_design_only() -> None:
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    result = run_python("-c", lint)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_importing_the_surface_loads_no_heavy_library(module: str) -> None:
    if not exists(module):
        pytest.skip(f"{module} is not there yet")
    result = run_python("-c", LIST_LOADED, module)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert loaded.isdisjoint(LIGHT_MODULES[module]), sorted(loaded.intersection(LIGHT_MODULES[module]))


def page_files() -> list[Path]:
    return sorted((REPOSITORY / "pages").glob("*.py"))


@pytest.mark.parametrize("page", page_files(), ids=lambda page: page.name)
def test_a_page_fits_on_one_screen_of_code(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= PAGE_LINES


def test_the_top_level_holds_what_the_design_names() -> None:
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")}
    assert packages <= {"app", "core", "pages", "tests"}
