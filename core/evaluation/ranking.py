"""Is the best candidate the best? Every pair of candidates compared, with Holm's adjustment over all of them.

All pairs count, because which candidate leads is read from the same data; only then may its leads be named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from core.evaluation import wording
from core.evaluation.comparison import CandidateSamples
from core.evaluation.pairing import LEVEL
from core.evaluation.samples import Candidate, Outcome
from core.statistics import adjust_holm, exact_mcnemar


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Candidates by agreement with the teacher, most first, ties by name.

    `shown_over` holds those over which the first one's lead is shown (5 %, Holm over all `pairs`), `not_shown_over`
    the others. `sentence` says it.
    """

    order: tuple[Candidate, ...]
    shown_over: tuple[Candidate, ...]
    not_shown_over: tuple[Candidate, ...]
    pairs: int
    sentence: str


def rank_candidates(results: Sequence[CandidateSamples]) -> Ranking | None:
    """Return the ranking of comparable results; None for fewer than two, or without a record that all share."""
    common = sorted(set.intersection(*({s.key for s in result.samples} for result in results))) if results else []
    if len(results) < 2 or not common:
        return None
    place = {key: 1 << index for index, key in enumerate(common)}
    # One bit per record: counts of pairs are then two operations on integers.
    right = [
        sum({place[s.key] for s in result.samples if s.key in place and s.outcome is Outcome.CORRECT})
        for result in results
    ]
    order = sorted(range(len(results)), key=lambda index: (-right[index].bit_count(), str(results[index].candidate)))
    pairs = list(combinations(range(len(results)), 2))
    p_values = adjust_holm([_p_value(right[one], right[other]) for one, other in pairs])
    is_shown = {frozenset(pair): p_value <= LEVEL for pair, p_value in zip(pairs, p_values, strict=True)}
    first, *others = order
    shown_over = [index for index in others if is_shown[frozenset((first, index))]]
    names = [result.candidate for result in results]
    return Ranking(
        order=tuple(names[index] for index in order),
        shown_over=tuple(names[index] for index in shown_over),
        not_shown_over=tuple(names[index] for index in others if index not in shown_over),
        pairs=len(pairs),
        sentence=_say(
            [str(names[index]) for index in order],
            [str(names[index]) for index in others if index not in shown_over],
            n=len(common),
            pairs=len(pairs),
            is_decisive=any(is_shown.values()),
        ),
    )


def _p_value(one: int, other: int) -> float:
    return exact_mcnemar((one & ~other).bit_count(), (other & ~one).bit_count())


def _say(order: Sequence[str], not_shown: Sequence[str], *, n: int, pairs: int, is_decisive: bool) -> str:
    records = wording.quantity(n, "record")
    compared = f"exact McNemar, Holm over {wording.quantity(pairs, 'pair')}" if pairs > 1 else "exact McNemar"
    if not is_decisive:
        return f"No difference between the candidates is shown on {records} ({compared}): the ranking is not decisive."
    lead = f"{order[0]} agrees with the teacher most often on {records}"
    others = len(order) - 1
    if not not_shown:
        over = "the other" if others == 1 else f"all {others} others"
        return f"{lead}, and its lead over {over} is shown ({compared})."
    if len(not_shown) == others:
        return f"{lead}, but no lead of it over another candidate is shown ({compared})."
    over = f"over {others - len(not_shown)} of {others} others, not over {', '.join(not_shown)}"
    return f"{lead}; its lead is shown {over} ({compared})."
