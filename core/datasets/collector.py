"""Python's cyclic collector, paused while many records are held.

Every full collection walks all objects there are. A build holds hundreds of thousands that form no cycles, and looking
at them again and again took a quarter of its time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Leave garbage in cycles alone for the length of a `with` block, in all threads; blocks may overlap."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
