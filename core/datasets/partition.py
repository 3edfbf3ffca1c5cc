"""The second half of a build: which of the usable records evaluate, train and validate."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.datasets.dedup import UsableRecord
from core.datasets.errors import DatasetError
from core.datasets.leakage import remove_leaks
from core.datasets.options import MINIMUM_TRAINING_DATA, BuildOptions, check_evaluation_size, validation_size
from core.datasets.randomness import Purpose, draw_order, seeded
from core.datasets.selection import limit_positions
from core.datasets.split import Draw, draw_records


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Disjoint parts of the usable records, with how they were drawn.

    Evaluation stays oldest first. Training and validation are in random order: logs drift, and a customizer that reads
    in order would see one time after the other.
    """

    evaluation: Sequence[UsableRecord]
    training: Sequence[UsableRecord]
    validation: Sequence[UsableRecord]
    not_drawn: int
    leaked: int
    evaluation_draw: Draw
    validation_draw: Draw

    @property
    def selected(self) -> int:
        """How many records the limit left: those of all parts and the leaked ones."""
        return len(self.evaluation) + len(self.training) + len(self.validation) + self.leaked


def partition_records(records: Sequence[UsableRecord], options: BuildOptions) -> Partition:
    """Draw the limit, the evaluation set and the validation set. Raises `DatasetError` when too little is left."""
    positions = limit_positions(len(records), options.limit, seed=options.seed)
    selected = [records[position] for position in positions]
    check_evaluation_size(len(selected), options)
    evaluation_draw = _draw(selected, options.evaluation_size, options, purpose="evaluation")
    evaluation = [selected[position] for position in evaluation_draw.taken]
    rest = [selected[position] for position in evaluation_draw.left]
    check = remove_leaks([record.held.prompt_key for record in rest], [record.held.prompt_key for record in evaluation])
    if len(check.kept) < MINIMUM_TRAINING_DATA:
        raise DatasetError(
            f"Of {len(rest)} records of {options.selection_text} left for training, {check.removed} have the same "
            "prompt as a record of the evaluation set; lower evaluation_size, or import more varied traffic.",
            field="evaluation_size",
        )
    rest = [rest[position] for position in check.kept]
    size = validation_size(len(rest), options.validation_ratio)
    validation_draw = _draw(rest, size, options, purpose="validation")
    return Partition(
        evaluation=evaluation,
        training=_shuffle([rest[position] for position in validation_draw.left], options, purpose="training order"),
        validation=_shuffle(
            [rest[position] for position in validation_draw.taken], options, purpose="validation order"
        ),
        not_drawn=len(records) - len(selected),
        leaked=check.removed,
        evaluation_draw=evaluation_draw,
        validation_draw=validation_draw,
    )


def _draw(records: Sequence[UsableRecord], size: int, options: BuildOptions, *, purpose: Purpose) -> Draw:
    return draw_records(
        [record.label for record in records],
        size,
        rng=seeded(options.seed, purpose),
        stratify=options.stratify,
        rare_class_threshold=options.rare_class_threshold,
    )


def _shuffle(records: Sequence[UsableRecord], options: BuildOptions, *, purpose: Purpose) -> list[UsableRecord]:
    return [records[position] for position in draw_order(len(records), seeded(options.seed, purpose))]
