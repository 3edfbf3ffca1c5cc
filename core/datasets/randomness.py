"""Random choices that can be repeated on any machine and any Python.

Only `random()` is used, the one method whose sequence Python promises not to change; `shuffle` and `sample` may. Each
purpose has its own stream, so that a changed validation ratio leaves the evaluation set as it was.
"""

import hashlib
from random import Random
from typing import Literal

Purpose = Literal["limit", "evaluation", "validation", "training order", "validation order", "example pool", "examples"]


def seeded(seed: int, purpose: Purpose) -> Random:
    """Return the generator of one purpose of a run."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return Random(int.from_bytes(digest))


def draw_order(count: int, rng: Random) -> list[int]:
    """Return the numbers below `count` in a random order."""
    keys = [rng.random() for _ in range(count)]
    return sorted(range(count), key=lambda position: (keys[position], position))
