"""Several tests at once: Holm's step-down adjustment."""

from collections.abc import Sequence

from core.errors import InputError


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-values in the order given, each at most 1; an empty list for none.

    Rejecting those at or below a level keeps the chance of any false rejection at that level, whatever the dependence
    of the tests. Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise InputError(f"p-values lie between 0 and 1, got {list(p_values)}.", field="p_values")
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted
