"""Stratified draws that never fail: the evaluation set out of all records, then validation out of the rest.

Each class gets its share of the draw by largest remainders (Hamilton's method), so a draw of n records differs from
proportional by less than one record a class. Classes of up to `rare_class_threshold` records form one group: one alone
cannot be on both sides, together they are drawn in proportion. A draw smaller than the number of groups cannot
represent them; it is then a plain random one, and says so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from core.datasets.randomness import draw_order

RARE_GROUP = None  # the group of all rare classes; no label can be None


class DrawMethod(StrEnum):
    """How records were drawn."""

    STRATIFIED = "stratified"  # each class in proportion
    RANDOM_ON_REQUEST = "random_on_request"  # stratify was off
    RANDOM_ONE_GROUP = "random_one_group"  # there is only one class (or group of rare ones) to draw from
    RANDOM_TOO_SMALL = "random_too_small"  # fewer records were to be drawn than there are groups


@dataclass(frozen=True, kw_only=True)
class Draw:
    """The outcome of one draw: positions in the given order, ascending, and how they were chosen.

    `groups` counts the classes, rare ones as one; `rare_classes` are sorted.
    """

    taken: tuple[int, ...]
    left: tuple[int, ...]
    method: DrawMethod
    groups: int
    rare_classes: tuple[str, ...]


def draw_records(labels: Sequence[str], size: int, *, rng: Random, stratify: bool, rare_class_threshold: int) -> Draw:
    """Draw `size` of the records with these labels. `size` must lie between 0 and their number."""
    counts = Counter(labels)
    rare = frozenset(label for label, count in counts.items() if count <= rare_class_threshold)
    grouped = [RARE_GROUP if label in rare else label for label in labels]
    groups = Counter(grouped)
    method = _choose_method(len(groups), size, stratify=stratify)
    order = draw_order(len(labels), rng)
    if method is DrawMethod.STRATIFIED:
        taken = _take_by_group(order, grouped, allocate(groups, size, rng=rng))
    else:
        taken = set(order[:size])
    return Draw(
        taken=tuple(sorted(taken)),
        left=tuple(position for position in range(len(labels)) if position not in taken),
        method=method,
        groups=len(groups),
        rare_classes=tuple(sorted(rare)),
    )


def allocate(groups: Mapping[str | None, int], size: int, *, rng: Random) -> dict[str | None, int]:
    """Return how many of `size` draws each group gets: its quota rounded down, the rest by largest remainder.

    Equal remainders are settled by `rng`. No group gets more than it has, as its quota rounded up never exceeds it.
    """
    names = sorted(groups, key=lambda name: (name is not RARE_GROUP, name or ""))
    total = sum(groups.values())
    shares = {name: size * groups[name] // total for name in names}
    lots = {name: rng.random() for name in names}
    by_remainder = sorted(names, key=lambda name: (-(size * groups[name] % total), lots[name]))
    for name in by_remainder[: size - sum(shares.values())]:
        shares[name] += 1
    return shares


def _choose_method(groups: int, size: int, *, stratify: bool) -> DrawMethod:
    if not stratify:
        return DrawMethod.RANDOM_ON_REQUEST
    if groups < 2:
        return DrawMethod.RANDOM_ONE_GROUP
    return DrawMethod.STRATIFIED if size >= groups else DrawMethod.RANDOM_TOO_SMALL


def _take_by_group(order: Sequence[int], grouped: Sequence[str | None], shares: dict[str | None, int]) -> set[int]:
    """Take the first records of each group in a random order of all."""
    open_places = dict(shares)
    taken = set()
    for position in order:
        if open_places[grouped[position]] > 0:
            open_places[grouped[position]] -= 1
            taken.add(position)
    return taken
