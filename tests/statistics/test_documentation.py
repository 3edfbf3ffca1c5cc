"""The figures that `docs/statistics.md` states, computed again."""

import pytest

from core.statistics import (
    chance_to_see_difference,
    detectable_difference,
    expected_interval,
    size_to_see_difference,
    size_to_show_minimum,
    smallest_non_inferior_size,
    smallest_passing_size,
)
from tests.machine import REPOSITORY

TEXT = " ".join((REPOSITORY / "docs" / "statistics.md").read_text().split())


def figures() -> dict[str, str]:
    required = size_to_show_minimum(minimum=0.9, assumed=0.95)
    lead = detectable_difference(500, discordance=0.1)
    normal = size_to_see_difference(difference=0.02, discordance=0.08)
    assert required is not None
    assert lead is not None
    assert normal is not None
    chance = chance_to_see_difference(normal, difference=0.02, discordance=0.08)
    low = expected_interval(100, assumed=0.95).low
    return {
        "fewest for a minimum": f"{smallest_passing_size(0.9)} records are the fewest that can pass",
        "fewest for a margin": f"{smallest_non_inferior_size(0.02)} records on which both are right alike",
        "expected bound": f"100 records are expected to show at least {low:.1%}".replace("%", " %"),
        "required size": f"{required.n} records, of which {required.allowed_wrong} may differ",
        "detectable lead": f"{lead * 100:.1f} points",
        "normal size": f"its {normal:,} records for 2 points at 8 % differing records, the chance is {chance:.0%}"[:-1]
        + " %",
    }


@pytest.mark.parametrize("name", figures())
def test_stated_figure_is_the_computed_one(name: str) -> None:
    assert figures()[name] in TEXT
