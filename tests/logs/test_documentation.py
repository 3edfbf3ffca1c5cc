"""docs/log-store.md says what is: its example runs, and every promise in it has a test that names it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.logs.samples import lines, record

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = (REPOSITORY / "docs" / "log-store.md").read_text(encoding="utf-8")
MEASURED = {"36"}
"""Promises about a million records, which `make bench` proves."""


def test_the_example_runs(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    assert example
    with (tmp_path / "traffic.jsonl").open("wb") as file:
        file.writelines(line for _, line in lines(record(1), record(2), record(1)))
    script = example[1].replace("traffic.jsonl.gz", "traffic.jsonl")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("2 1 0\n2 1 0\n", "")


def test_every_promise_has_a_test_that_names_it() -> None:
    promised = set(
        re.findall(r"^(\d+)\. ", DOCUMENT.partition("## Promises")[2].partition("## How")[0], flags=re.MULTILINE)
    )
    tested: set[str] = set()
    for path in [
        *(REPOSITORY / "tests" / "contract" / "log_store").glob("test_*.py"),
        *Path(__file__).parent.glob("test_*.py"),
    ]:
        for comment in re.findall(
            r"^(?:def .*|\)) -> None:  # (?:promise )?([\d, b]+)", path.read_text(), flags=re.MULTILINE
        ):
            tested |= {number.strip(" b") for number in comment.split(",") if number.strip(" b")}
    assert promised - MEASURED == tested
