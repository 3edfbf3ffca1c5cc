"""`docs/local-backend.md` names every call, metric and score, and what it says about limits is so."""

from pathlib import Path

import pytest

from core.backend import create_backend
from core.backend.evaluation_work import BATCH
from core.backend.job_process import MEMORY_BYTES
from core.backend.metrics import SCORE_NAMES
from core.backend.templates import LONGEST_OUTPUT
from tests.machine import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "local-backend.md").read_text()
HUB = "/v1/hf"


def name_in_document(path: str) -> str:
    """The part of a route that the page must name: up to the first variable, or a hub call's last word."""
    if path.startswith(f"{HUB}/api/datasets/{{namespace}}/{{name}}/"):
        return f"`{path.split('/')[7]}`"
    return path.removeprefix(HUB).partition("/{")[0].rstrip("/")


def test_every_call_is_described(tmp_path: Path) -> None:
    paths = create_backend(tmp_path).openapi()["paths"]
    hidden = {f"{HUB}/api/whoami-v2", f"{HUB}/api/validate-yaml", "/nim/v1/health/live"}  # formalities of clients
    missing = {path for path in paths if name_in_document(path) not in DOCUMENT} - hidden
    assert not missing
    assert len(paths) > 40


@pytest.mark.parametrize("metric", SCORE_NAMES)
def test_every_metric_and_its_scores_are_described(metric: str) -> None:
    assert all(f"`{name}`" in DOCUMENT for name in [metric, *SCORE_NAMES[metric]])


def test_the_limits_are_the_real_ones() -> None:
    assert f"batches of {BATCH}" in DOCUMENT
    assert f"may use {MEMORY_BYTES >> 30} GiB" in DOCUMENT
    assert f"at most {LONGEST_OUTPUT:,} characters" in DOCUMENT
