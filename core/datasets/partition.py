"""The second half of a build: which of the usable records evaluate, train and validate.

Three steps: draw the evaluation set (unless a frozen one is given), keep its prompts out of what is left, split that
into training and validation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.datasets.dedup import UsableRecord
from core.datasets.errors import DatasetError
from core.datasets.leakage import remove_leaks
from core.datasets.options import MINIMUM_TRAINING_DATA, BuildOptions, check_evaluation_size, validation_size
from core.datasets.randomness import Purpose, draw_order, seeded
from core.datasets.selection import limit_positions
from core.datasets.split import Draw, draw_records


@dataclass(frozen=True, kw_only=True)
class EvaluationDraw:
    """The records within the limit: those the evaluation set holds, and the rest, both oldest first.

    `draw` is None when the set was frozen before; `held_out` are then the records of it that the selection has.
    """

    held_out: Sequence[UsableRecord]
    rest: Sequence[UsableRecord]
    not_drawn: int
    draw: Draw | None


@dataclass(frozen=True, kw_only=True)
class TrainingSplit:
    """Training and validation, disjoint, in random order: logs drift, and a customizer reads in order."""

    training: Sequence[UsableRecord]
    validation: Sequence[UsableRecord]
    draw: Draw


@dataclass(frozen=True, kw_only=True)
class Separated:
    """What may train, oldest first, and how many records were kept out because of their prompt."""

    records: Sequence[UsableRecord]
    leaked: int
    near_duplicates: int


def draw_evaluation(records: Sequence[UsableRecord], options: BuildOptions) -> EvaluationDraw:
    """Draw the limit, and from it a new evaluation set. Raises `DatasetError` when too little is left."""
    selected = _within_limit(records, options.limit, options)
    check_evaluation_size(len(selected), options)
    draw = _draw([record.label for record in selected], options.evaluation_size, options, purpose="evaluation")
    return EvaluationDraw(
        held_out=[selected[position] for position in draw.taken],
        rest=[selected[position] for position in draw.left],
        not_drawn=len(records) - len(selected),
        draw=draw,
    )


def draw_around(
    records: Sequence[UsableRecord], options: BuildOptions, *, evaluated: Sequence[bytes]
) -> EvaluationDraw:
    """Set the records of a frozen evaluation set apart and draw the limit, of which it is a part, from the others.

    `evaluated` are the request keys of the set.
    """
    keys = frozenset(evaluated)
    held_out = [record for record in records if record.held.request_key in keys]
    others = [record for record in records if record.held.request_key not in keys]
    limit = None if options.limit is None else max(options.limit - len(evaluated), 0)
    rest = _within_limit(others, limit, options)
    return EvaluationDraw(held_out=held_out, rest=rest, not_drawn=len(others) - len(rest), draw=None)


def separate(
    rest: Sequence[UsableRecord],
    options: BuildOptions,
    *,
    evaluation_prompts: Sequence[bytes],
    find_near_duplicates: Callable[[Sequence[UsableRecord]], Sequence[bool]],
) -> Separated:
    """Keep out of training what has an evaluation prompt or nearly one. Raises `DatasetError` when nothing is left.

    `find_near_duplicates` tells for each record it is given whether its prompt is nearly one of the evaluation set.
    """
    check = remove_leaks([record.held.prompt_key for record in rest], evaluation_prompts)
    others = [rest[position] for position in check.kept]
    is_near = find_near_duplicates(others)
    kept = [record for record, near in zip(others, is_near, strict=True) if not near]
    near_duplicates = len(others) - len(kept)
    if len(kept) < MINIMUM_TRAINING_DATA:
        raise DatasetError(
            f"Of {len(rest)} records of {options.selection_text} left for training, {check.removed} have the same "
            f"prompt as a record of the evaluation set and {near_duplicates} nearly the same; import more varied "
            "traffic, raise limit, or lower evaluation_size.",
            field="evaluation_size",
        )
    return Separated(records=kept, leaked=check.removed, near_duplicates=near_duplicates)


def split_training(records: Sequence[UsableRecord], options: BuildOptions) -> TrainingSplit:
    """Draw the validation set from the records that may train, at least two of them."""
    size = validation_size(len(records), options.validation_ratio)
    draw = _draw([record.trained_label for record in records], size, options, purpose="validation")
    return TrainingSplit(
        training=_shuffle([records[position] for position in draw.left], options, purpose="training order"),
        validation=_shuffle([records[position] for position in draw.taken], options, purpose="validation order"),
        draw=draw,
    )


def _within_limit(records: Sequence[UsableRecord], limit: int | None, options: BuildOptions) -> list[UsableRecord]:
    positions = limit_positions(len(records), limit, method=options.limit_method, seed=options.seed)
    return [records[position] for position in positions]


def _draw(labels: Sequence[str], size: int, options: BuildOptions, *, purpose: Purpose) -> Draw:
    return draw_records(
        labels,
        size,
        rng=seeded(options.seed, purpose),
        stratify=options.stratify,
        rare_class_threshold=options.rare_class_threshold,
    )


def _shuffle(records: Sequence[UsableRecord], options: BuildOptions, *, purpose: Purpose) -> list[UsableRecord]:
    return [records[position] for position in draw_order(len(records), seeded(options.seed, purpose))]
