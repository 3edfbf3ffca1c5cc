"""Statistics about scores: pure functions with their sources, and no number where there is none.

Owns intervals, comparisons with a limit, paired tests, adjustments, bootstrap and power. Importing it loads neither
numpy nor scipy: the bootstrap loads them when called. What each answer means to a reader: `docs/statistics.md`.
"""

from core.statistics.bootstrap import BootstrapEstimate, bca_interval, bootstrap_mean, bootstrap_mean_difference
from core.statistics.conclusions import Conclusion
from core.statistics.homogeneity import MixShift, compare_mixes
from core.statistics.intervals import Interval, wilson_interval
from core.statistics.macro_f1 import bootstrap_macro_f1, bootstrap_macro_f1_difference
from core.statistics.means import MeanEstimate, estimate_mean
from core.statistics.minimum import ShareJudgement, judge_minimum, smallest_passing_size
from core.statistics.multiplicity import adjust_holm
from core.statistics.non_inferiority import (
    NonInferiorityJudgement,
    judge_non_inferiority,
    smallest_non_inferior_size,
)
from core.statistics.paired import PairedCounts, count_pairs, exact_mcnemar, score_statistic, tango_interval
from core.statistics.paired_power import chance_to_see_difference, detectable_difference, size_to_see_difference
from core.statistics.power import (
    RequiredSize,
    allowed_wrong,
    chance_to_show_minimum,
    expected_interval,
    normal_size,
    size_to_show_minimum,
)
from core.statistics.quantiles import QuantileEstimate, estimate_quantile

__all__ = [
    "BootstrapEstimate",
    "Conclusion",
    "Interval",
    "MeanEstimate",
    "MixShift",
    "NonInferiorityJudgement",
    "PairedCounts",
    "QuantileEstimate",
    "RequiredSize",
    "ShareJudgement",
    "adjust_holm",
    "allowed_wrong",
    "bca_interval",
    "bootstrap_macro_f1",
    "bootstrap_macro_f1_difference",
    "bootstrap_mean",
    "bootstrap_mean_difference",
    "chance_to_see_difference",
    "chance_to_show_minimum",
    "compare_mixes",
    "count_pairs",
    "detectable_difference",
    "estimate_mean",
    "estimate_quantile",
    "exact_mcnemar",
    "expected_interval",
    "judge_minimum",
    "judge_non_inferiority",
    "normal_size",
    "score_statistic",
    "size_to_see_difference",
    "size_to_show_minimum",
    "smallest_non_inferior_size",
    "smallest_passing_size",
    "tango_interval",
    "wilson_interval",
]
