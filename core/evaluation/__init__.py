"""What candidates scored: samples judged record by record, metrics, stored results and their hashes.

And what that means: candidates compared with teacher, gold and base, held against the policy's gates, put into words.
"""

from core.evaluation.assessment import Assessment, CandidateAssessment, Circumstances, assess
from core.evaluation.basis import ResultsBasis, hash_gold, hash_samples
from core.evaluation.classes import ClassRow
from core.evaluation.comparability import EvaluationInputs, InputDifference, find_common_keys, find_differences
from core.evaluation.comparison import CandidateComparison, CandidateSamples, Comparison, compare
from core.evaluation.cost import CostComparison, Price, Traffic, compare_cost, find_traffic, student_price, sum_traffic
from core.evaluation.errors import ComparisonError
from core.evaluation.estimates import ScoreEstimates, estimate_scores
from core.evaluation.export import ExportContext, export_rows, write_json_lines
from core.evaluation.gate import Approval, Gate, GateStatus, GateUnit, check_approval
from core.evaluation.gates import check_gates
from core.evaluation.gold import GoldComparison
from core.evaluation.latency import Latency, LatencyComparison, Probe, compare_latency, summarise_latency
from core.evaluation.metrics import Metrics, measure
from core.evaluation.pairing import Lead, OutcomePair, PairedComparison, compare_pair, pair_outcomes
from core.evaluation.plain import to_plain
from core.evaluation.power_meter import Assumption, PowerReading, assume_agreement, read_power
from core.evaluation.ranking import Ranking, rank_candidates
from core.evaluation.records import (
    Length,
    RecordFacts,
    RecordFilter,
    SelectedRecord,
    count_pairs_of,
    read_record_facts,
    select_records,
    sort_worst_first,
)
from core.evaluation.results import (
    EvaluationResult,
    StoredEvaluation,
    evaluate_outputs,
    get_evaluation,
    list_evaluations,
    parse_candidate,
    store_evaluation,
    store_probe,
)
from core.evaluation.samples import Candidate, ExpectedAnswer, Outcome, Sample, judge_outputs, read_evaluation_set
from core.evaluation.shares import Share
from core.evaluation.stored_samples import load_samples
from core.evaluation.verdict import Verdict, describe_candidate, judge_candidate, training_sentence, verdict_sentence

__all__ = [
    "Approval",
    "Assessment",
    "Assumption",
    "Candidate",
    "CandidateAssessment",
    "CandidateComparison",
    "CandidateSamples",
    "Circumstances",
    "ClassRow",
    "Comparison",
    "ComparisonError",
    "CostComparison",
    "EvaluationInputs",
    "EvaluationResult",
    "ExpectedAnswer",
    "ExportContext",
    "Gate",
    "GateStatus",
    "GateUnit",
    "GoldComparison",
    "InputDifference",
    "Latency",
    "LatencyComparison",
    "Lead",
    "Length",
    "Metrics",
    "Outcome",
    "OutcomePair",
    "PairedComparison",
    "PowerReading",
    "Price",
    "Probe",
    "Ranking",
    "RecordFacts",
    "RecordFilter",
    "ResultsBasis",
    "Sample",
    "ScoreEstimates",
    "SelectedRecord",
    "Share",
    "StoredEvaluation",
    "Traffic",
    "Verdict",
    "assess",
    "assume_agreement",
    "check_approval",
    "check_gates",
    "compare",
    "compare_cost",
    "compare_latency",
    "compare_pair",
    "count_pairs_of",
    "describe_candidate",
    "estimate_scores",
    "evaluate_outputs",
    "export_rows",
    "find_common_keys",
    "find_differences",
    "find_traffic",
    "get_evaluation",
    "hash_gold",
    "hash_samples",
    "judge_candidate",
    "judge_outputs",
    "list_evaluations",
    "load_samples",
    "measure",
    "pair_outcomes",
    "parse_candidate",
    "rank_candidates",
    "read_evaluation_set",
    "read_power",
    "read_record_facts",
    "select_records",
    "sort_worst_first",
    "store_evaluation",
    "store_probe",
    "student_price",
    "sum_traffic",
    "summarise_latency",
    "to_plain",
    "training_sentence",
    "verdict_sentence",
    "write_json_lines",
]
