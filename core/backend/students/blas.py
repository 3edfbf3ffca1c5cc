"""One thread for matrix products: those of a batch are so small that threads only wait for each other.

On two busy cores, OpenBLAS with two threads took 37 ms for a step that takes 1.5 ms with one.
"""

from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # comes with scikit-learn, without types


def single_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which this process uses one BLAS thread. May be entered by several threads at once."""
    limiter: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limiter


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Find the loaded libraries once; numpy is among them as soon as a student is."""
    return ThreadpoolController()
