"""Bootstrap intervals of the graded scores, which take longer than a click: the worker computes and stores them once.

Label accuracy needs no bootstrap: Wilson's and Tango's intervals are computed with the page. numpy and scipy are loaded
when `estimate_scores` is called, not when this module is imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluation.plain import to_plain
from core.evaluation.samples import Sample
from core.statistics import (
    BootstrapEstimate,
    Interval,
    bootstrap_macro_f1,
    bootstrap_macro_f1_difference,
    bootstrap_mean,
    bootstrap_mean_difference,
)
from core.statistics.bootstrap import RESAMPLES


@dataclass(frozen=True, kw_only=True)
class ScoreEstimates:
    """Scores of one candidate with BCa intervals; None where a score does not apply.

    The gains are the candidate's score minus that of its base on the records both have, drawn as pairs.
    """

    macro_f1: BootstrapEstimate | None
    token_overlap_f1: BootstrapEstimate | None
    macro_f1_gain: BootstrapEstimate | None
    token_overlap_f1_gain: BootstrapEstimate | None

    def to_dict(self) -> dict[str, Any]:
        """Return the estimates as plain JSON values, seeds included, to be stored with the result."""
        result: dict[str, Any] = to_plain(self)
        return result

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ScoreEstimates":
        """Return what `to_dict` wrote."""
        return cls(**{name: _read(values.get(name)) for name in cls.__dataclass_fields__})


def estimate_scores(
    samples: Sequence[Sample],
    *,
    base: Sequence[Sample] | None,
    has_labels: bool,
    seed: int,
    resamples: int = RESAMPLES,
) -> ScoreEstimates:
    """Return the bootstrap estimates of a candidate; `base` None (or no common record) leaves the gains out.

    A missing or unreadable answer scores nothing, as everywhere. With the same samples and seed the result is the same.
    """
    draw = {"seed": seed, "resamples": resamples}
    others = {sample.key: sample for sample in base or ()}
    pairs = [(sample, others[sample.key]) for sample in samples if sample.key in others]
    has_overlap = any(sample.token_overlap is not None for sample in samples)
    labelled = [sample for sample in samples if sample.expected_label is not None] if has_labels else []
    labelled_pairs = [pair for pair in pairs if pair[0].expected_label is not None] if has_labels else []
    return ScoreEstimates(
        macro_f1=bootstrap_macro_f1(_expected(labelled), [s.answer_label for s in labelled], **draw),
        token_overlap_f1=bootstrap_mean(_overlaps(samples), **draw) if has_overlap else None,
        macro_f1_gain=bootstrap_macro_f1_difference(
            _expected([sample for sample, _ in labelled_pairs]),
            [sample.answer_label for sample, _ in labelled_pairs],
            [other.answer_label for _, other in labelled_pairs],
            **draw,
        ),
        token_overlap_f1_gain=bootstrap_mean_difference(
            _overlaps([sample for sample, _ in pairs]), _overlaps([other for _, other in pairs]), **draw
        )
        if has_overlap
        else None,
    )


def _expected(samples: Sequence[Sample]) -> list[str]:
    return [sample.expected_label for sample in samples if sample.expected_label is not None]


def _overlaps(samples: Sequence[Sample]) -> list[float]:
    return [sample.token_overlap or 0.0 for sample in samples]


def _read(values: Mapping[str, Any] | None) -> BootstrapEstimate | None:
    if values is None:
        return None
    interval = values["interval"]
    return BootstrapEstimate(**{**values, "interval": None if interval is None else Interval(**interval)})
