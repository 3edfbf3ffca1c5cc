"""Everything a decision card shows, in one value: composed from its parts, and plain JSON."""

import json
from dataclasses import replace

from core.evaluation import Circumstances, CostComparison, GateStatus, assess, summarise_latency
from core.policy import Policy
from core.statistics import Interval
from tests.evaluation.made import INPUTS, candidate, paired, result, sample


def test_assessment_holds_every_candidate_with_gates_verdict_and_approval() -> None:
    base, customized = paired(450, 40, 2, 8)

    assessment = assess([base, customized], policy=Policy(), has_labels=True, circumstances=Circumstances(leaked=0))

    found = assessment.find(candidate("customized"))
    assert found is not None
    assert found.verdict.status is GateStatus.PASSES
    assert not found.approval.is_blocked
    assert found.approval.open == ("gold", "cost", "latency")
    assert assessment.policy_hash == Policy().hash
    assert assessment.ranking is not None
    assert assessment.ranking.order[0] == candidate("customized")
    assert assessment.find(candidate("icl")) is None


def test_circumstances_reach_their_gates() -> None:
    made = result([sample(position, latency_ms=1000.0 + position) for position in range(100)])
    probe = summarise_latency([float(ms) for ms in range(1, 501)], source="probe", concurrency=4)
    known = Circumstances(
        leaked=2,
        costs={made.candidate: CostComparison(ratio=0.1, ratio_interval=Interval(0.09, 0.11))},
        probes={made.candidate: probe} if probe else {},
        teacher_latency=summarise_latency([float(5 * ms) for ms in range(1, 501)], source="logs"),
    )

    found = assess([made], policy=Policy(), has_labels=True, circumstances=known).candidates[0]

    statuses = {gate.key: gate.status for gate in found.gates}
    assert statuses["leakage"] is GateStatus.FAILS
    assert statuses["cost"] is GateStatus.PASSES
    assert statuses["latency"] is GateStatus.PASSES
    assert found.latency.candidate == probe  # a probe wins over the evaluation's own times


def test_differing_inputs_are_not_ranked() -> None:
    base, customized = paired(50, 40, 2, 8)
    other = replace(customized, inputs=replace(INPUTS, scorer_version="2"))

    assessment = assess([base, other], policy=Policy(), has_labels=True)

    assert assessment.ranking is None
    assert [difference.name for difference in assessment.differences] == ["scorer version"]


def test_assessment_is_plain_json() -> None:
    assessment = assess(paired(450, 40, 2, 8), policy=Policy(), has_labels=True)

    values = json.loads(json.dumps(assessment.to_dict(), allow_nan=False))

    second = values["candidates"][1]
    assert second["candidate"]["name"] == "local/linear-large:customized"
    assert second["verdict"].keys() == {"status", "sentence", "training"}
    assert second["approval"] == {
        "is_blocked": False,
        "failing": [],
        "open": ["gold", "leakage", "cost", "latency"],
        "may_override": False,
    }
    assert second["gates"][0]["observed_text"] == "98.0 % (96.3 to 99.0 %)"
    assert values["ranking"]["sentence"].startswith("local/linear-large:customized agrees")
    assert values["policy_hash"] == Policy().hash
