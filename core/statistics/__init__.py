"""Statistics about scores: pure functions with their sources, and no number where there is none.

Owns intervals; tests and power follow. Importing it loads neither numpy nor scipy.
"""

from core.statistics.intervals import Interval, wilson_interval

__all__ = ["Interval", "wilson_interval"]
