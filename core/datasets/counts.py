"""What became of every selected record, in counts that add up.

total = invalid + vetoed + removed by quality + duplicates + not drawn + selected
selected = held out + leaked + near duplicates + training + validation

A property test holds the builder to both sums.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class ClassCounts:
    """How many records of one class each file holds."""

    evaluation: int
    training: int
    validation: int


@dataclass(frozen=True, kw_only=True)
class BuildCounts:
    """The counts of a build. `invalid` and `quality` map reasons to records.

    `vetoed` were excluded by a person. `not_drawn` fell to the limit. `held_out` are in the evaluation set: all of a
    new one, what the selection has of a frozen one. `leaked` share a prompt with the evaluation set, `near_duplicates`
    nearly one, and were kept out of training. `conflicting_records` are those of the `conflicting_requests`, kept ones
    included. `gold_evaluation` and `gold_training` (validation included) are records with a gold answer,
    `unreadable_gold` gold answers that are none in the workload's format. `classes` is empty for free text;
    `rare_classes` are the classes drawn as one group, of all selected records.
    """

    total: int
    invalid: Mapping[str, int]
    vetoed: int
    quality: Mapping[str, int]
    duplicates: int
    conflicting_requests: int
    conflicting_records: int
    not_drawn: int
    selected: int
    held_out: int
    leaked: int
    near_duplicates: int
    training: int
    validation: int
    gold_training: int
    unreadable_gold: int
    rare_classes: tuple[str, ...]
    evaluation: int = 0
    gold_evaluation: int = 0
    classes: Mapping[str, ClassCounts] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the counts as plain JSON values."""
        return asdict(self) | {"rare_classes": list(self.rare_classes)}


def count_classes(
    evaluation: Sequence[str], training: Sequence[str], validation: Sequence[str]
) -> dict[str, ClassCounts]:
    """Return the counts of every class, sorted by label."""
    parts = (Counter(evaluation), Counter(training), Counter(validation))
    return {
        label: ClassCounts(evaluation=parts[0][label], training=parts[1][label], validation=parts[2][label])
        for label in sorted(parts[0] | parts[1] | parts[2])
    }
