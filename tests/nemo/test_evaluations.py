"""Evaluation jobs: the create, the look-up, progress, scores and cancel."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core.nemo import JobState, RequestRefused, ResourceMissing, ServiceUnavailable
from tests.nemo.scripted import ScriptedService, open_adapter, raw_reply, reply
from tests.nemo.specs import CLASSIFICATION, SINCE

JOBS = "/v1/evaluation/jobs"
ONE = f"{JOBS}/eval-1"


def get(document: Any) -> Any:
    return open_adapter(ScriptedService({f"GET {ONE}": reply(document)})).get_evaluation("eval-1")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("created", JobState.WAITING),
        ("pending", JobState.WAITING),
        ("running", JobState.RUNNING),
        ("cancelling", JobState.RUNNING),
        ("unknown", JobState.RUNNING),
        ("ready", JobState.COMPLETED),
        ("completed", JobState.COMPLETED),
        ("COMPLETED", JobState.COMPLETED),
        ("failed", JobState.FAILED),
        ("cancelled", JobState.CANCELLED),
    ],
)
def test_every_status_of_the_contract_has_its_state(word: str, state: JobState) -> None:
    assert get({"id": "eval-1", "status": word}).state is state


def test_an_unknown_status_is_followed_and_named() -> None:
    status = get({"status": "resuming"})
    assert status.state is JobState.RUNNING
    assert "'resuming'" in status.detail


@pytest.mark.parametrize(
    ("document", "progress"),
    [
        ({"status_details": {"progress": 38.0}}, 0.38),
        ({"status_details": {"progress": 150}}, 1.0),
        (
            {
                "status_details": {"progress": None, "samples_processed": 25},
                "config": {"params": {"limit_samples": 100}},
            },
            0.25,
        ),
        ({"status_details": {"progress": None, "samples_processed": 25}, "config": "mdfd/config"}, None),
        ({"status_details": None}, None),
        ({}, None),
    ],
)
def test_progress_is_read_from_what_the_build_reports(document: dict[str, Any], progress: float | None) -> None:
    assert get({"status": "running", **document}).progress == progress


def test_a_failed_job_tells_why() -> None:
    status = get({"status": "failed", "status_details": {"message": "model not found", "progress": 12}})
    assert (status.state, status.detail, status.progress) == (JobState.FAILED, "model not found", 0.12)


def test_a_job_that_vanished_has_its_own_error() -> None:
    with pytest.raises(ResourceMissing):
        open_adapter(ScriptedService()).get_evaluation("eval-1")


@pytest.mark.parametrize("answer", [reply({"id": "eval-1", "status": "created"}, 201), reply({"id": "eval-1"})])
def test_a_create_returns_the_id(answer: httpx.Response) -> None:
    assert open_adapter(ScriptedService({f"POST {JOBS}": answer})).create_evaluation(CLASSIFICATION) == "eval-1"


@pytest.mark.parametrize("answer", [raw_reply(b'{"id": "ev'), reply({}), httpx.RemoteProtocolError("cut")])
def test_a_create_whose_answer_was_cut_has_to_be_looked_up(answer: Any) -> None:
    service = ScriptedService({f"POST {JOBS}": answer})
    with pytest.raises(ServiceUnavailable) as caught:
        open_adapter(service).create_evaluation(CLASSIFICATION)
    assert caught.value.ambiguous
    assert len(service.requests) == 1


def test_jobs_are_found_by_their_mark_only() -> None:
    def job(number: int, **fields: Any) -> dict[str, Any]:
        created_at = (SINCE + timedelta(seconds=number)).isoformat()
        return {"id": f"eval-{number}", "created_at": created_at, "status": "running", **fields}

    ours = {"custom_fields": {"flywheel_key": CLASSIFICATION.key}}
    page = [job(9, **ours), job(7, custom_fields={"flywheel_key": "other"}), job(5), job(2, **ours), job(-1, **ours)]
    service = ScriptedService({f"GET {JOBS}": reply({"data": page})})
    found = open_adapter(service).find_evaluations(CLASSIFICATION, since=SINCE)
    assert [status.id for status in found] == ["eval-2", "eval-9"]


def scores(results: Any) -> Any:
    return open_adapter(ScriptedService({f"GET {ONE}/results": raw_reply(results)})).evaluation_scores("eval-1")


@pytest.mark.parametrize("name", [b"f1", b"f1_score"])
def test_token_f1_has_one_name_whatever_the_build_calls_it(name: bytes) -> None:
    results = b'{"tasks": {"chat-completion": {"metrics": {"f1": {"scores": {"%s": {"value": 0.362}}}}}}}' % name
    assert scores(results) == {"chat-completion.f1.f1_score": 0.362}


def test_values_are_taken_as_given_and_never_recomputed() -> None:
    # A real reply (contract section 1.4): value and mean differ.
    results = b"""{"tasks": {"custom-tool-calling": {"data": null, "metrics": {"tool-calling-accuracy": {"scores": {
        "function_name_accuracy": {"value": 0.12, "stats": {"count": 50, "sum": 8.0, "mean": 0.16}},
        "function_name_and_args_accuracy": {"value": 0.08, "stats": null}}}}}}}"""
    assert scores(results) == {
        "custom-tool-calling.tool-calling-accuracy.function_name_accuracy": 0.12,
        "custom-tool-calling.tool-calling-accuracy.function_name_and_args_accuracy": 0.08,
    }


@pytest.mark.parametrize(
    "results",
    [
        b'{"tasks": {"t": {"metrics": {"m": {"scores": {"s": {"value": NaN}, "r": {"value": null}, "q": null}}}}}}',
        b'{"tasks": {"t": {"metrics": null}, "u": null}}',
        b'{"tasks": null}',
        b"{}",
    ],
)
def test_a_score_without_a_value_is_left_out(results: bytes) -> None:
    assert scores(results) == {}


def cancel(service: ScriptedService) -> list[str]:
    open_adapter(service).cancel_evaluation("eval-1")
    return service.calls


def test_cancelling_asks_the_job_to_stop() -> None:
    assert cancel(ScriptedService({f"POST {ONE}/cancel": reply({})})) == [f"POST {ONE}/cancel"]


def test_cancelling_what_vanished_is_fine() -> None:
    assert cancel(ScriptedService()) == [f"POST {ONE}/cancel", f"GET {ONE}"]


@pytest.mark.parametrize("status", [400, 404, 405, 409])
def test_cancelling_what_has_ended_is_fine(status: int) -> None:
    service = ScriptedService({f"POST {ONE}/cancel": reply({}, status), f"GET {ONE}": reply({"status": "completed"})})
    assert f"DELETE {ONE}" not in cancel(service)


@pytest.mark.parametrize("status", [404, 405])
def test_a_build_without_cancel_has_the_job_removed(status: int) -> None:
    service = ScriptedService(
        {
            f"POST {ONE}/cancel": reply({}, status),
            f"GET {ONE}": reply({"status": "running"}),
            f"DELETE {ONE}": reply({}, 204),
        }
    )
    assert cancel(service)[-1] == f"DELETE {ONE}"


def test_a_cancel_that_is_refused_while_the_job_runs_is_an_error() -> None:
    service = ScriptedService(
        {f"POST {ONE}/cancel": reply({"detail": "not now"}, 409), f"GET {ONE}": reply({"status": "running"})}
    )
    with pytest.raises(RequestRefused, match="not now"):
        cancel(service)
