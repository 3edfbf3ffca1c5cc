"""Candidates side by side over HTTP: every number recomputed here, filters, files, and deciding on what was read."""

import csv
import io
import json
from typing import Any

import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from starlette.testclient import TestClient
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.artifacts import put_artifact
from core.runs.tables import RunRow
from tests.backend.workload import make_records
from tests.evaluation.made import paired, samples
from tests.processes import Installation
from tests.promotion.made import BASE, CUSTOMIZED, add_results
from tests.runs.rows import NOW

RUN = "run-1"


@pytest.fixture
def results(installation: Installation) -> str:
    """A run with a base and a customized candidate on 200 records and an evaluation file of as many."""
    base, customized = (result.samples for result in paired(100, 80, 5, 15))
    add_results(installation.database, {BASE: base, CUSTOMIZED: customized})
    content = b"\n".join(json.dumps(record).encode() for record in make_records(200))
    with installation.database.write() as session:
        sha256 = put_artifact(session, content, media_type="application/jsonl", now=NOW)
        session.get_one(RunRow, RUN).evaluation_set = sha256
    return RUN


def compare(client: TestClient, run_id: str = RUN) -> dict[str, Any]:
    reply = client.get(f"/api/jobs/{run_id}/comparison")
    assert reply.status_code == 200, reply.text
    comparison: dict[str, Any] = reply.json()
    return comparison


def candidate(client: TestClient, name: object = CUSTOMIZED) -> dict[str, Any]:
    return next(each for each in compare(client)["candidates"] if each["candidate"]["name"] == str(name))


def all_samples(api: TestClient, /, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/jobs/{RUN}/samples", params={"limit": 1000, **query}).json()["samples"]
    return found


def test_numbers_equal_those_of_other_libraries_on_the_samples(client: TestClient, results: str) -> None:
    made = candidate(client)
    rows = all_samples(client, candidate=str(CUSTOMIZED))
    right = sum(row["outcome"] == "correct" for row in rows)
    low, high = proportion_confint(right, len(rows), method="wilson")
    assert made["agreement"]["value"] == right / len(rows) == 0.9
    assert made["agreement"]["interval"] == pytest.approx({"low": low, "high": high})
    labels = sorted({row["expected_label"] for row in rows})
    expected, answered = [row["expected_label"] for row in rows], [row["answer_label"] for row in rows]
    precision, recall, f1, support = precision_recall_fscore_support(expected, answered, labels=labels)
    for at, each in enumerate(made["classes"]):
        assert (each["label"], each["support"]) == (labels[at], support[at])
        assert each["precision"]["value"] == pytest.approx(precision[at])
        assert each["recall"]["value"] == pytest.approx(recall[at])
        assert each["f1"] == pytest.approx(f1[at])
    assert made["confusion"]["counts"] == confusion_matrix(expected, answered, labels=labels).tolist()


def test_pairs_equal_mcnemars_test(client: TestClient, results: str) -> None:
    pair = candidate(client)["against_base"]
    assert pair["counts"] == {"both_right": 100, "newly_right": 80, "newly_wrong": 5, "both_wrong": 15}
    assert pair["p_value"] == pytest.approx(mcnemar([[100, 80], [5, 15]], exact=True).pvalue)
    assert pair["lead"] == "better"
    assert candidate(client, BASE)["against_base"] is None


def test_gates_verdict_and_ranking_are_there(client: TestClient, results: str) -> None:
    made = candidate(client)
    assert [gate["key"] for gate in made["gates"]] == [
        "agreement",
        "gold",
        "records",
        "unanswered",
        "unreadable",
        "leakage",
        "cost",
        "latency",
    ]
    assert made["gates"][0]["status"] == "needs judgement"
    assert "90.0 % of 200 records" in made["verdict"]["sentence"]
    assert compare(client)["ranking"]["order"] == [str(CUSTOMIZED), str(BASE)]
    assert compare(client)["policy"]["minimum_agreement"] == 0.9


def test_a_run_that_measured_nothing_has_no_candidates_and_an_unknown_run_is_named(
    client: TestClient, installation: Installation
) -> None:
    add_results(installation.database, {CUSTOMIZED: samples(1)}, run_id="other")
    assert client.get("/api/jobs/nowhere/comparison").status_code == 404
    assert client.get("/api/jobs/nowhere/samples.csv").status_code == 404
    assert len(compare(client, "other")["candidates"]) == 1


def test_what_was_read_can_be_decided_on_and_what_changed_is_said(client: TestClient, results: str) -> None:
    seen = candidate(client)
    body = {
        "candidate": str(CUSTOMIZED),
        "verdict": "approved",
        "reason": "Read them.",
        "decided_by": "rita",
        "expected_sequence": seen["acts"],
        "expected_results_hash": seen["results_hash"],
        "expected_basis": seen["basis"],
    }
    stale = {**body, "expected_results_hash": "0" * 64, "expected_basis": {**seen["basis"], "policy": "0" * 64}}
    refused = client.post(f"/api/jobs/{RUN}/decisions", json=stale)
    assert (refused.status_code, refused.json()["error"]["message"][:18]) == (409, "the policy changed")
    stored = client.post(f"/api/jobs/{RUN}/decisions", json=body)
    assert stored.status_code == 200, stored.text
    assert stored.json()["results_hash"] == seen["results_hash"]
    assert stored.json()["gates"] == seen["gates"]
    assert stored.json()["sentence"] == seen["verdict"]["sentence"]
    assert candidate(client)["acts"] == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"pair": "newly_wrong"}, 5),
        ({"pair": ["newly_wrong", "both_wrong"]}, 20),
        ({"label": "refund"}, 50),
        ({"text": "storm", "label": "refund"}, None),
        ({"client": "tests"}, 200),
        ({"client": "nobody"}, 0),
        ({"length": "long"}, 66),
        ({"since": "2023-11-14T22:13:30Z"}, 190),
        ({"until": "2023-11-14T22:13:30"}, 10),
    ],
    ids=str,
)
def test_samples_and_files_hold_what_the_filters_select(
    client: TestClient, results: str, query: dict[str, Any], expected: int | None
) -> None:
    asked = {"candidate": str(CUSTOMIZED), **query}
    rows = all_samples(client, **asked)
    assert expected is None or len(rows) == expected
    as_lines = client.get(f"/api/jobs/{RUN}/samples.jsonl", params=asked)
    assert [json.loads(line)["position"] for line in as_lines.text.splitlines()] == [row["position"] for row in rows]
    as_csv = client.get(f"/api/jobs/{RUN}/samples.csv", params=asked)
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert f'filename="samples-{RUN}.csv"' in as_csv.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(as_csv.text, newline="")))
    assert [int(row["position"]) for row in table] == [row["position"] for row in rows]
    assert all({"teacher", "gold", "base", "customized", "request"} <= set(row) for row in table)


def test_pages_of_filtered_samples_hold_each_once(client: TestClient, results: str) -> None:
    query: dict[str, Any] = {"pair": "both_wrong", "limit": 4}
    found, cursor = [], None
    while True:
        page = client.get(f"/api/jobs/{RUN}/samples", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        found += page["samples"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == all_samples(client, pair="both_wrong")
    assert len(found) == 15


@pytest.mark.parametrize(
    "query", [{"pair": "worse"}, {"length": "huge"}, {"since": "yesterday"}, {"text": ""}], ids=str
)
def test_a_wrong_filter_is_refused_by_name(client: TestClient, results: str, query: dict[str, str]) -> None:
    reply = client.get(f"/api/jobs/{RUN}/samples", params=query)
    assert reply.status_code == 422
    assert reply.json()["error"]["field"].split(".")[0] in query
