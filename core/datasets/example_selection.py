"""Which training rows become examples for which record: the reference's two ways, without their faults.

uniform: every class (or tool) gets its share of the examples, drawn at random; the same ones for all records.
semantic: the rows most like the record; for tools, a share by likeness alone, then tools that are not shown yet.

Both give more candidates than are shown, in the order to try them: one that does not fit the budget is passed over, the
next is tried. The reference takes the shortest rows for uniform and stops at the first that does not fit.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import zip_longest
from random import Random

from core.datasets.randomness import draw_order
from core.datasets.similarity import Match

SPARE = 5  # candidates for each example to be shown


class ExampleSelection(StrEnum):
    """How examples are chosen."""

    UNIFORM = "uniform"  # the classes in turn, at random, the same for every record
    SEMANTIC = "semantic"  # the most similar ones, for each record its own


def order_uniformly(labels: Sequence[str], *, count: int, rng: Random) -> list[int]:
    """Return candidates for `count` examples: each class in turn, its rows and the classes in random order.

    With fewer examples than classes, chance decides which classes are shown, not the alphabet.
    """
    by_label: dict[str, list[int]] = {}
    for position in draw_order(len(labels), rng):
        by_label.setdefault(labels[position], []).append(position)
    names = sorted(by_label)
    groups = [by_label[names[place]][: count * SPARE] for place in draw_order(len(names), rng)]
    rounds = zip_longest(*groups)
    return [position for each in rounds for position in each if position is not None][: count * SPARE]


def order_by_likeness(matches: Iterable[Match]) -> list[int]:
    """Return the candidates by similarity alone."""
    return [match.position for match in matches]


def order_by_likeness_and_tool(
    matches: Sequence[Match], labels: Sequence[str], *, count: int, relevance_ratio: float
) -> list[int]:
    """Return the candidates so that the first `count` show the most similar rows and other tools.

    `relevance_ratio` of them are the most similar ones, at least one; then come the best rows of tools that are not
    among them, then all others by similarity.
    """
    sure = max(1, int(count * relevance_ratio))
    order = [match.position for match in matches[:sure]]
    shown = {labels[position] for position in order}
    rest = []
    for match in matches[sure:]:
        if labels[match.position] in shown:
            rest.append(match.position)
        else:
            shown.add(labels[match.position])
            order.append(match.position)
    return [*order, *rest]
