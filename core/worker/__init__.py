"""The worker process: composes the rest of `core`, and is the only package that knows it all.

`process` owns threads, leases and signals; `ticks` what is done every so often beside the runs.
"""

from core.worker.process import Worker, run_worker

__all__ = ["Worker", "run_worker"]
