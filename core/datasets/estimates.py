"""The counts of a whole selection, estimated from a build on a sample of it.

Shares found in the sample hold for all of it; what the options say exactly (evaluation size, limit, validation ratio)
is computed. Repeated requests are found in a sample only when both are in it, so their number is a lower bound unless
the store can say how many different requests there are.
"""

from collections.abc import Mapping
from dataclasses import replace

from core.datasets.counts import BuildCounts, ClassCounts
from core.datasets.options import BuildOptions, validation_size


def estimate_counts(
    sample: BuildCounts, options: BuildOptions, *, total: int, requests: int | None, is_evaluation_given: bool
) -> BuildCounts:
    """Return the counts that a build on all `total` records is expected to have. They add up as those of a build do.

    `requests` is the number of different requests among them, None when nobody knows.
    """
    factor = total / sample.total if sample.total else 0.0
    invalid, quality = _scale(sample.invalid, factor), _scale(sample.quality, factor)
    vetoed = round(sample.vetoed * factor)
    usable = total - sum(invalid.values()) - sum(quality.values()) - vetoed
    duplicates = round(sample.duplicates * factor) if requests is None else round(usable * (1 - requests / total))
    unique = max(usable - duplicates, 0)
    held_out = min(round(sample.held_out * factor) if is_evaluation_given else options.evaluation_size, unique)
    limit = None
    if options.limit is not None:
        limit = max(options.limit - sample.evaluation, 0) if is_evaluation_given else options.limit - held_out
    rest = unique - held_out if limit is None else min(unique - held_out, limit)
    sampled_rest = sample.selected - sample.held_out
    share = rest / sampled_rest if sampled_rest else 0.0
    leaked, near = round(sample.leaked * share), round(sample.near_duplicates * share)
    trainable = max(rest - leaked - near, 0)
    validation = validation_size(trainable, options.validation_ratio) if trainable > 1 else 0
    return replace(
        sample,
        total=total,
        invalid=invalid,
        quality=quality,
        vetoed=vetoed,
        duplicates=usable - unique,
        conflicting_requests=round(sample.conflicting_requests * factor),
        conflicting_records=round(sample.conflicting_records * factor),
        not_drawn=unique - held_out - rest,
        selected=held_out + rest,
        held_out=held_out,
        leaked=leaked,
        near_duplicates=near,
        training=trainable - validation,
        validation=validation,
        gold_training=round(sample.gold_training * share),
        rare_classes=(),
        classes=_scale_classes(sample, training=trainable - validation, validation=validation),
    )


def _scale(reasons: Mapping[str, int], factor: float) -> dict[str, int]:
    return {reason: round(count * factor) for reason, count in reasons.items()}


def _scale_classes(sample: BuildCounts, *, training: int, validation: int) -> dict[str, ClassCounts]:
    """Return the classes of the sample, their share of training and validation as in the sample."""
    return {
        label: ClassCounts(
            evaluation=counts.evaluation,
            training=round(counts.training * training / max(sample.training, 1)),
            validation=round(counts.validation * validation / max(sample.validation, 1)),
        )
        for label, counts in sample.classes.items()
    }
