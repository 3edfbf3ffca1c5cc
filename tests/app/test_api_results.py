"""What the API tells about a real run: backend, worker and API are processes, every number is recomputed here."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.app.stack import STUDENT, Stack
from tests.app.test_api_jobs import INSTANT
from tests.processes import Installation
from tests.waiting import wait_until

BASE, ICL, CUSTOMIZED = (f"{STUDENT}:{variant}" for variant in ("base", "icl", "customized"))


def evaluations(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {evaluation["candidate"]: evaluation for evaluation in job["nims"][0]["evaluations"]}


def test_the_detail_has_the_blueprints_fields(stack: Stack) -> None:
    job = stack.finished_run
    assert {"id", "workload_id", "client_id", "status", "started_at", "finished_at", "num_records", "llm_judge"} <= set(
        job
    )
    assert job["num_records"] == 300
    (nim,) = job["nims"]
    assert {"model_name", "status", "deployment_status", "runtime_seconds", "evaluations", "customizations"} <= set(nim)
    assert (nim["model_name"], nim["status"], nim["deployment_status"]) == (STUDENT, "completed", "completed")
    assert [evaluation["eval_type"] for evaluation in nim["evaluations"]] == [
        "base-eval",
        "icl-eval",
        "customized-eval",
    ]
    for evaluation in nim["evaluations"]:
        assert set(evaluation["scores"]) == {"f1_score", "accuracy"}
        assert evaluation["progress"] == 100.0
        assert evaluation["nmp_uri"].startswith(f"{stack.installation.backend}/v1/evaluation/jobs/eval-")
        assert INSTANT.match(evaluation["started_at"])
        assert INSTANT.match(evaluation["finished_at"])
    (customization,) = nim["customizations"]
    assert customization["epochs_completed"] >= 1
    assert customization["steps_completed"] >= 1
    assert customization["customized_model"].count("@") == 1
    names = [dataset["name"] for dataset in job["datasets"]]
    assert [name.split("-")[1] for name in names] == ["eval", "train", "icl"]
    assert job["datasets"][0]["num_records"] == 60
    assert all(dataset["nmp_uri"].startswith("hf://datasets/flywheel/flywheel-") for dataset in job["datasets"])


def test_every_score_equals_what_the_samples_give(stack: Stack) -> None:
    job = stack.finished_run
    for candidate, evaluation in evaluations(job).items():
        samples = stack.all_samples(job["id"], candidate=candidate)
        correct = [sample["outcome"] == "correct" for sample in samples]
        assert len(samples) == evaluation["n"] == 60
        assert evaluation["scores"]["accuracy"] == pytest.approx(sum(correct) / len(correct))
        own = [sample["service_scores"]["f1.f1_score"] for sample in samples]
        assert evaluation["scores"]["f1_score"] == pytest.approx(sum(own) / len(own))
        overlap = [sample["token_overlap"] for sample in samples]
        assert evaluation["metrics"]["token_overlap_f1"] == pytest.approx(sum(overlap) / len(overlap))
        for sample in samples:
            assert (sample["outcome"] == "correct") == (sample["answer_key"] == sample["expected_key"])
        interval = evaluation["accuracy_interval"]
        assert 0 <= interval["low"] <= evaluation["scores"]["accuracy"] <= interval["high"] <= 1


def test_training_helped(stack: Stack) -> None:
    found = evaluations(stack.finished_run)
    assert found[CUSTOMIZED]["scores"]["accuracy"] > found[BASE]["scores"]["accuracy"]
    assert found[CUSTOMIZED]["samples_hash"] != found[BASE]["samples_hash"]


def test_the_worker_stored_bootstrap_intervals_with_the_runs_seed(stack: Stack) -> None:
    job = stack.finished_run
    comparison = stack.http.get(f"/api/jobs/{job['id']}/comparison").json()
    base, _, customized = (each["estimates"] for each in comparison["candidates"])
    assert base["macro_f1_gain"] is None
    for estimates in (base, customized):
        assert estimates["macro_f1"]["seed"] == job["request"]["seed"]
    macro_f1 = evaluations(job)[CUSTOMIZED]["metrics"]["macro_f1"]
    assert customized["macro_f1"]["value"] == pytest.approx(macro_f1)
    gain = customized["macro_f1_gain"]
    assert gain["interval"]["low"] <= gain["value"] <= gain["interval"]["high"]
    assert gain["value"] == pytest.approx(macro_f1 - evaluations(job)[BASE]["metrics"]["macro_f1"])


def test_the_comparison_gives_the_verdict_of_a_real_run(stack: Stack) -> None:
    comparison = stack.http.get(f"/api/jobs/{stack.finished_run['id']}/comparison").json()
    found = evaluations(stack.finished_run)
    for each in comparison["candidates"]:
        evaluation = found[each["candidate"]["name"]]
        assert each["agreement"]["value"] == pytest.approx(evaluation["scores"]["accuracy"])
        assert each["basis"]["samples"] == evaluation["samples_hash"]
        leakage = next(gate for gate in each["gates"] if gate["key"] == "leakage")
        assert (leakage["status"], leakage["observed"]) == ("passes", 0)
        assert "of 60 records" in each["verdict"]["sentence"]
        assert (each["latency"]["candidate"]["source"], each["latency"]["candidate"]["n"]) == ("probe", 100)


def test_pages_of_samples_hold_every_sample_once_in_order(stack: Stack) -> None:
    run_id = stack.finished_run["id"]
    whole = stack.all_samples(run_id, limit=1000)
    assert len(whole) == 180
    assert stack.all_samples(run_id, limit=7) == whole
    assert [(s["candidate"], s["position"]) for s in whole] == [
        (c, n) for c in (BASE, CUSTOMIZED, ICL) for n in range(60)
    ]


def test_samples_are_filtered_by_student_variant_and_outcome(stack: Stack) -> None:
    run_id = stack.finished_run["id"]
    whole = stack.all_samples(run_id)
    assert stack.all_samples(run_id, variant="base") == [s for s in whole if s["variant"] == "base"]
    assert stack.all_samples(run_id, student=STUDENT, outcome="wrong", limit=5) == [
        s for s in whole if s["outcome"] == "wrong"
    ]
    assert stack.all_samples(run_id, student="local/other") == []


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"candidate": "local/linear-small"}, 404, "candidate"),
        ({"candidate": "local/linear-small:tuned"}, 404, "candidate"),
        ({"cursor": "bogus"}, 422, "cursor"),
        ({"cursor": "é"}, 422, "cursor"),
        ({"cursor": ""}, 422, "cursor"),
        ({"limit": 1001}, 422, "limit"),
        ({"outcome": "perfect"}, 422, "outcome"),
    ],
    ids=str,
)
def test_a_wrong_query_for_samples_is_refused_by_name(
    stack: Stack, query: dict[str, Any], status: int, field: str
) -> None:
    response = stack.http.get(f"/api/jobs/{stack.finished_run['id']}/samples", params=query)
    assert response.status_code == status
    assert response.json()["error"]["field"] == field


def test_the_manifest_is_the_stored_bytes(stack: Stack) -> None:
    job = stack.finished_run
    response = stack.http.get(f"/api/jobs/{job['id']}/manifest")
    assert response.headers["content-type"] == "application/json"
    manifest = response.json()
    again = stack.http.get(f"/api/jobs/{job['id']}/manifest")
    assert hashlib.sha256(response.content).digest() == hashlib.sha256(again.content).digest()
    assert job["evaluation_set"] in json.dumps(manifest)


def decision(**fields: Any) -> dict[str, Any]:
    return {
        "candidate": CUSTOMIZED,
        "verdict": "approved",
        "reason": "As good as the teacher here.",
        "decided_by": "priya",
        "expected_sequence": 0,
        **fields,
    }


def test_a_decision_is_stored_once_however_often_it_is_sent(stack: Stack) -> None:
    run_id = stack.finished_run["id"]
    key = {"idempotency-key": "click-1"}
    body = decision()
    replies: list[Any] = []

    def click() -> None:
        replies.append(stack.http.post(f"/api/jobs/{run_id}/decisions", json=body, headers=key))

    threads = [threading.Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert len({reply.json()["id"] for reply in replies}) == 1
    stored = stack.http.get("/api/decisions", params={"job_id": run_id, "candidate": CUSTOMIZED}).json()["decisions"]
    assert len(stored) == 1
    assert stored[0]["decided_by"] == "priya"
    assert INSTANT.match(stored[0]["decided_at"])


def test_who_decides_on_what_they_no_longer_see_is_refused(stack: Stack) -> None:
    path = f"/api/jobs/{stack.finished_run['id']}/decisions"
    first = stack.http.post(path, json=decision(candidate=BASE, verdict="rejected", reason="Too often wrong."))
    assert first.status_code == 200
    late = stack.http.post(path, json=decision(candidate=BASE, decided_by="jonas"))
    assert late.status_code == 409
    assert "priya" in late.json()["error"]["message"]
    follow_up = decision(candidate=BASE, verdict="withdrawn", reason="A mistake.", expected_sequence=1)
    withdrawn = stack.http.post(path, json=follow_up).json()
    assert (withdrawn["sequence"], withdrawn["supersedes"]) == (2, first.json()["id"])
    current = stack.http.get("/api/decisions", params={"candidate": BASE, "only_current": True}).json()["decisions"]
    assert [entry["id"] for entry in current] == [withdrawn["id"]]


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"reason": "  "}, 422, "reason"),
        ({"reason": ""}, 422, "reason"),
        ({"candidate": "local/linear-large:base"}, 404, "candidate"),
        ({"candidate": "nonsense"}, 404, "candidate"),
        ({"verdict": "maybe"}, 422, "verdict"),
        ({"expected_sequence": -1}, 422, "expected_sequence"),
        ({"expected_sequence": 7}, 409, None),
        ({"expected_results_hash": "0" * 64}, 409, None),
        ({"decided_at": "2020-01-01"}, 422, "decided_at"),
    ],
    ids=str,
)
def test_a_decision_that_cannot_stand_is_refused_and_stores_nothing(
    stack: Stack, fields: dict[str, Any], status: int, field: str | None
) -> None:
    before = stack.http.get("/api/decisions").json()
    response = stack.http.post(f"/api/jobs/{stack.finished_run['id']}/decisions", json=decision(**fields))
    assert response.status_code == status
    assert response.json()["error"]["field"] == field
    assert stack.http.get("/api/decisions").json() == before


@pytest.mark.full
def test_the_process_ends_well_on_sigterm(tmp_path: Path) -> None:
    with Installation(tmp_path) as other:
        other.start("api")
        assert other.stop("api") == 0
        assert "Traceback" not in other.output("api")


def test_a_running_run_is_cancelled_within_seconds(stack: Stack) -> None:
    run_id = stack.start_run(training={"epochs": 500, "batch_size": 1})
    wait_until(lambda: stack.read_run(run_id)["status"] == "running", f"run {run_id} to be taken up", timeout_s=30)
    assert stack.http.post(f"/api/jobs/{run_id}/cancel").status_code == 200
    job = stack.wait_for_end(run_id)
    assert job["status"] == "cancelled"
    assert job["pending_cleanup"] == []
