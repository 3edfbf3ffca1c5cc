"""`make chaos`: 200 kills on each database in each of three modes of the services, as a table; 1 on a violation."""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import machine, postgres
from tests.chaos.harness import MODES, Report, play

COLUMNS = ("kills", "runs", "steps", "events", "claims", "creates", "doubled", "cancels", "requests", "seconds")
HEAD = f"{'database':11} {'mode':52}" + "".join(f"{name:>9}" for name in COLUMNS)


def main() -> int:
    """Play the rounds that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--modes", default="unique,flaky,late")
    parser.add_argument("--databases", default="sqlite,postgresql")
    asked = parser.parse_args()
    _say(HEAD)
    reports = []
    with ExitStack() as stack:
        server = None
        if "postgresql" in asked.databases:
            programs = machine.find_postgres_programs()
            assert programs, "PostgreSQL's server programs are not installed"
            server = stack.enter_context(postgres.run_server(programs))
        for name in asked.databases.split(","):
            for mode in asked.modes.split(","):
                with ExitStack() as round_:
                    folder = Path(round_.enter_context(tempfile.TemporaryDirectory(dir=machine.find_memory_folder())))
                    url = round_.enter_context(postgres.create_database(str(server))) if name == "postgresql" else ""
                    report = play(folder, MODES[mode], kills=asked.kills, database_url=url, seed=asked.seed, tell=_note)
                reports.append(report)
                _say(_line(report))
    return int(any(report.violations for report in reports))


def _line(report: Report) -> str:
    counts = "".join(f"{getattr(report, name):>9}" for name in COLUMNS)
    lines = [f"{report.database:11} {report.mode:52}{counts}"]
    lines += [f"    killed at {', '.join(f'{point} {count}' for point, count in report.points.items())}"]
    return "\n".join(lines + [f"    VIOLATION {violation}" for violation in report.violations[:20]])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _note(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text} ")


if __name__ == "__main__":
    sys.exit(main())
