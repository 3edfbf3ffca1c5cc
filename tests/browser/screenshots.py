"""Retakes the pictures of README.md from a fresh demo: `make screenshots`.

Small files, because every reader of the repository loads them: the colours of a page fit into a palette.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests import machine
from tests.browser import checks
from tests.browser.chromium import run_chromium
from tests.demo.running import Demo

FOLDER = machine.REPOSITORY / "docs" / "screenshots"
COLOURS = 256


@dataclass(frozen=True)
class Picture:
    """One picture: its file, the page it shows, and on what."""

    name: str
    path: str
    scheme: checks.Scheme = "light"


PICTURES = (
    Picture("review", "/review?run={news_classifier}"),
    Picture("review-dark", "/review?run={support_intents}&tab=Errors", scheme="dark"),
    Picture("records", "/review?run={news_classifier}&tab=Records"),
    Picture("overview", "/overview"),
    Picture("run", "/run?id={news_classifier}"),
)


def main() -> None:
    """Run a demo to its end and photograph it."""
    program = machine.find_chromium()
    if program is None:
        sys.exit("Chromium is not installed; it takes the pictures")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "demo") as demo, run_chromium(program) as browser:
        demo.start()
        demo.wait_for("broker_assistant is finished")
        runs = {workload: run["id"] for workload, run in demo.runs().items()}
        for picture in PICTURES:
            file = FOLDER / f"{picture.name}.png"
            file.write_bytes(reduce_colours(take(browser, demo.web, picture, runs)))
            sys.stdout.write(f"{file.relative_to(machine.REPOSITORY)}: {file.stat().st_size / 1000:.0f} kB\n")


def take(browser: Browser, address: str, picture: Picture, runs: Mapping[str, str]) -> bytes:
    """Return a page as PNG, as its first screen shows it."""
    with checks.open_context(browser, "desktop", scheme=picture.scheme) as context:
        page = context.new_page()
        checks.open_page(page, address + picture.path.format_map(runs))
        return page.screenshot()


def reduce_colours(png: bytes) -> bytes:
    """Return the same picture with few colours and no dithering, so that text stays sharp."""
    small = BytesIO()
    image = Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    main()
