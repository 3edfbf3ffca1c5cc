"""Fine-tuning jobs: the configuration, the create, the look-up, losses, progress and cancel."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.nemo import JobState, LossPoint, RequestRefused, ResourceExists, ResourceMissing, ServiceUnavailable
from core.nemo.v1.customizations import config_contents, config_name
from tests.nemo.scripted import ScriptedService, open_adapter, raw_reply, reply
from tests.nemo.specs import CUSTOMIZATION, SINCE

JOBS = "/v1/customization/jobs"
CONFIG = config_name(CUSTOMIZATION.model, config_contents(CUSTOMIZATION))
MARKS = {"flywheel_run": CUSTOMIZATION.run_id, "flywheel_key": CUSTOMIZATION.key}


def make_service(**changes: Any) -> ScriptedService:
    routes: dict[str, Any] = {
        "POST /v1/customization/configs": reply({"name": CONFIG}, 201),
        f"POST {JOBS}": reply({"id": "cust-1", "output_model": f"{CUSTOMIZATION.output_model}@cust-1"}),
    }
    return ScriptedService({**routes, **changes})


def create(service: ScriptedService) -> str:
    return open_adapter(service).create_customization(CUSTOMIZATION)


def get(job: Any, status: Any) -> Any:
    service = ScriptedService({f"GET {JOBS}/cust-1": reply(job), f"GET {JOBS}/cust-1/status": reply(status)})
    return open_adapter(service).get_customization("cust-1")


def test_a_job_is_created_with_a_configuration_of_its_own_contents() -> None:
    service = make_service()
    assert create(service) == "cust-1"
    assert service.bodies("POST /v1/customization/configs")[0]["name"] == CONFIG
    assert service.bodies(f"POST {JOBS}")[0]["config"] == f"mdfd/{CONFIG}"


@pytest.mark.parametrize(
    "target",
    [
        "meta/llama-3.2-1b-instruct@2.0",
        {"namespace": "meta", "name": "llama-3.2-1b-instruct@2.0", "model_path": "x"},
        {"name": "meta/llama-3.2-1b-instruct@2.0"},
        None,
    ],
)
def test_an_existing_configuration_of_the_same_contents_is_reused(target: object) -> None:
    contents = config_contents(CUSTOMIZATION)
    options = contents["training_options"]
    assert isinstance(options, list)
    existing = {**contents, "target": target, "training_options": [{"num_gpus": 8}, {**options[0], "extra": None}]}
    service = make_service(
        **{
            "POST /v1/customization/configs": reply({"detail": "exists"}, 409),
            f"GET /v1/customization/configs/mdfd/{CONFIG}": reply(existing),
        }
    )
    assert create(service) == "cust-1"
    assert f"configs/mdfd/{CONFIG}".encode() in service.requests[1].url.raw_path


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"max_seq_length": 4096}, "max_seq_length is 4096, wanted 8192"),
        ({"target": "nvidia/llama@1"}, "target is 'nvidia/llama@1'"),
        ({"training_options": [{"training_type": "sft", "finetuning_type": "all_weights"}]}, "no training option"),
    ],
)
def test_an_existing_configuration_of_other_contents_is_not_used(change: dict[str, Any], difference: str) -> None:
    service = make_service(
        **{
            "POST /v1/customization/configs": reply({"detail": "exists"}, 409),
            f"GET /v1/customization/configs/mdfd/{CONFIG}": reply({**config_contents(CUSTOMIZATION), **change}),
        }
    )
    with pytest.raises(RequestRefused, match=difference):
        create(service)
    assert f"POST {JOBS}" not in service.calls


def test_a_configuration_is_repeatable_and_the_job_is_not() -> None:
    busy = reply({}, 503)
    service = make_service(**{"POST /v1/customization/configs": [busy, reply({})], f"POST {JOBS}": busy})
    with pytest.raises(ServiceUnavailable):
        create(service)
    assert service.calls == ["POST /v1/customization/configs"] * 2 + [f"POST {JOBS}"]


def test_a_job_is_provably_not_sent_when_its_configuration_fails() -> None:
    with pytest.raises(ServiceUnavailable) as caught:
        create(make_service(**{"POST /v1/customization/configs": httpx.ReadTimeout("slow")}))
    assert not caught.value.ambiguous


@pytest.mark.parametrize("answer", [reply({}), reply({"id": None}), raw_reply(b'{"id": "cust'), raw_reply(b"")])
def test_a_create_without_an_id_in_its_answer_has_to_be_looked_up(answer: httpx.Response) -> None:
    with pytest.raises(ServiceUnavailable) as caught:
        create(make_service(**{f"POST {JOBS}": answer}))
    assert caught.value.ambiguous


def test_a_duplicate_output_model_is_told_though_the_build_answers_500() -> None:
    with pytest.raises(ResourceExists):
        create(make_service(**{f"POST {JOBS}": reply({"detail": "output model already exists"}, 500)}))


def job(number: int, **fields: Any) -> dict[str, Any]:
    created_at = (SINCE + timedelta(seconds=number)).replace(tzinfo=None).isoformat()
    return {"id": f"cust-{number}", "status": "running", "created_at": created_at, **fields}


def find(*pages: Any) -> list[str]:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return reply({"data": pages[page - 1] if page <= len(pages) else []})

    service = ScriptedService({f"GET {JOBS}": answer})
    return [found.id for found in open_adapter(service).find_customizations(CUSTOMIZATION, since=SINCE)]


def test_a_job_is_found_by_its_mark_oldest_first() -> None:
    assert find([job(9, custom_fields=MARKS), job(5), job(3, custom_fields=MARKS)]) == ["cust-3", "cust-9"]


def test_a_job_is_found_by_its_output_model_where_the_build_drops_the_mark() -> None:
    revised = f"{CUSTOMIZATION.output_model}@cust-2"
    longer = f"{CUSTOMIZATION.output_model}-other@cust-3"
    assert find([job(2, output_model=revised), job(3, output_model=longer), job(4, output_model=None)]) == ["cust-2"]


def test_the_mark_of_another_step_outweighs_the_output_model() -> None:
    others = {"custom_fields": {"flywheel_key": "other"}, "output_model": CUSTOMIZATION.output_model}
    assert find([job(2, **others)]) == []


def test_a_job_on_a_later_page_is_found() -> None:
    assert find([job(9)], [job(8)], [job(7, custom_fields=MARKS)]) == ["cust-7"]


def test_the_list_is_not_read_beyond_the_time_of_the_intent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return reply({"data": [job(5, custom_fields=MARKS), job(-1), job(-2, custom_fields=MARKS)]})

    service = ScriptedService({f"GET {JOBS}": answer})
    found = open_adapter(service).find_customizations(CUSTOMIZATION, since=SINCE)
    assert [one.id for one in found] == ["cust-5"]
    assert len(service.requests) == 1
    assert service.requests[0].url.params["sort"] == "-created_at"


def test_a_service_that_sorts_otherwise_is_read_to_the_end() -> None:
    assert find([job(-3), job(-2)], [job(-1), job(4, custom_fields=MARKS)]) == ["cust-4"]


def test_a_service_that_ignores_pages_ends_the_look_up() -> None:
    page = [job(4, custom_fields=MARKS), job(3)]
    assert find(page, page, page) == ["cust-4"]


@pytest.mark.parametrize("document", [{"data": None}, {}, {"data": [None, 3]}])
def test_an_empty_or_odd_list_finds_nothing(document: Any) -> None:
    service = ScriptedService({f"GET {JOBS}": reply(document)})
    assert open_adapter(service).find_customizations(CUSTOMIZATION, since=SINCE) == []


def test_a_running_job_tells_progress_losses_and_log() -> None:
    status = get(
        {
            "id": "cust-1",
            "created_at": "2026-11-24T12:00:00.5",
            "output_model": "mdfd/x@cust-1",
            "hyperparameters": {"epochs": 2},
            "status": "running",
        },
        {
            "status": "running",
            "epochs_completed": 1,
            "steps_completed": 229,
            "steps_per_epoch": 219,
            "percentage_done": 0.0,
            "metrics": {
                "keys": ["train_loss", "val_loss"],
                "metrics": {
                    "train_loss": [{"step": 19, "value": 0.57}, {"step": 9, "value": 1.86}],
                    "val_loss": [{"step": 218, "value": 0.05}],
                    "train_accuracy": [{"step": 9, "value": 0.5}],
                },
            },
            "status_logs": [
                {"updated_at": "2026-11-24 12:00:02.000000", "message": "TrainingJobRunning", "detail": "on 1 GPU"},
                {"updated_at": "2026-11-24T12:00:01.000000", "message": "created", "detail": None},
            ],
        },
    )
    assert (status.id, status.state, status.output_model) == ("cust-1", JobState.RUNNING, "mdfd/x@cust-1")
    assert status.progress == pytest.approx(229 / 438)
    assert (status.epochs_completed, status.steps_completed) == (1, 229)
    assert status.losses == (
        LossPoint(series="train_loss", step=9, value=1.86),
        LossPoint(series="train_loss", step=19, value=0.57),
        LossPoint(series="val_loss", step=218, value=0.05),
    )
    assert status.log == ("created", "TrainingJobRunning: on 1 GPU")
    assert status.created_at == datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("details", "epochs", "progress"),
    [
        ({"percentage_done": 52.5}, None, 0.525),
        ({"percentage_done": 130}, 2, 1.0),
        ({"percentage_done": -1}, 2, 0.0),
        ({"epochs_completed": 1}, 4, 0.25),
        ({"steps_completed": 5, "steps_per_epoch": 0, "percentage_done": 10}, 2, 0.1),
        ({"steps_completed": 5, "percentage_done": None}, 2, None),
        ({"percentage_done": math.nan}, 2, None),
        ({}, None, None),
    ],
)
def test_progress_falls_back_to_what_the_build_reports(
    details: dict[str, Any], epochs: int | None, progress: float | None
) -> None:
    body = raw_json({"status": "running", **details})
    service = ScriptedService(
        {
            f"GET {JOBS}/cust-1": reply({"hyperparameters": {"epochs": epochs}}),
            f"GET {JOBS}/cust-1/status": body,
        }
    )
    assert open_adapter(service).get_customization("cust-1").progress == progress


def raw_json(document: Any) -> httpx.Response:
    """JSON as Python's own encoder writes it, NaN included: httpx refuses to."""
    return raw_reply(json.dumps(document).encode())


def test_a_diverged_loss_is_left_out_and_the_rest_is_kept() -> None:
    points = [{"step": 0, "value": 1.5}, {"step": 1, "value": math.nan}, {"step": 2, "value": None}, {"value": 1}, 7]
    status = {"status": "running", "metrics": {"metrics": {"train_loss": points, "val_loss": None}}}
    service = ScriptedService({f"GET {JOBS}/cust-1": reply({}), f"GET {JOBS}/cust-1/status": raw_json(status)})
    assert open_adapter(service).get_customization("cust-1").losses == (
        LossPoint(series="train_loss", step=0, value=1.5),
    )


def test_a_failed_job_is_failed_though_it_stands_at_100_per_cent() -> None:
    logs = [{"message": "created"}, {"message": "failed", "detail": "out of memory"}, {"message": "cleaned up"}]
    status = get({"status": "running"}, {"status": "failed", "percentage_done": 100.0, "status_logs": logs})
    assert status.state is JobState.FAILED
    assert status.detail == "out of memory"


def test_a_failed_job_without_a_reason_tells_its_last_word() -> None:
    assert (
        get({}, {"status": "failed", "status_logs": [{"message": "TrainingJobFailed"}]}).detail == "TrainingJobFailed"
    )
    assert get({}, {"status": "failed"}).detail is None


def test_a_job_that_waits_for_a_gpu_says_so() -> None:
    status = get({}, {"status": "pending", "status_logs": [{"message": "NotEnoughResources"}]})
    assert status.state is JobState.WAITING
    assert "waits for a free GPU" in status.detail


@pytest.mark.parametrize("word", ["paused", None, 3])
def test_an_unknown_status_is_followed_and_named(word: object) -> None:
    status = get({}, {"status": word})
    assert status.state is JobState.RUNNING
    assert "does not know" in status.detail


def test_a_completed_job_is_whole_whatever_its_counters_say() -> None:
    assert get({"hyperparameters": {"epochs": 2}}, {"status": "completed", "percentage_done": 40}).progress == 1.0


def test_the_state_is_found_where_only_the_job_tells_it() -> None:
    assert get({"status": "completed", "status_details": {"epochs_completed": 3}}, {}).epochs_completed == 3
    assert get({"status": "completed"}, {}).state is JobState.COMPLETED


def test_a_job_that_vanished_has_its_own_error() -> None:
    with pytest.raises(ResourceMissing):
        open_adapter(ScriptedService()).get_customization("cust-1")


def test_cancelling_uses_the_path_of_the_contract() -> None:
    service = ScriptedService({f"POST {JOBS}/cust-1/cancel": reply({"status": "cancelling"})})
    open_adapter(service).cancel_customization("cust-1")
    assert service.calls == [f"POST {JOBS}/cust-1/cancel"]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_cancelling_a_job_that_has_ended_is_fine(status: int) -> None:
    service = ScriptedService(
        {
            f"POST {JOBS}/cust-1/cancel": reply({"detail": "cannot cancel"}, status),
            f"GET {JOBS}/cust-1": reply({}),
            f"GET {JOBS}/cust-1/status": reply({"status": "completed"}),
        }
    )
    open_adapter(service).cancel_customization("cust-1")


def test_a_cancel_that_is_refused_while_the_job_runs_is_an_error() -> None:
    service = ScriptedService(
        {
            f"POST {JOBS}/cust-1/cancel": reply({"detail": "not now"}, 409),
            f"GET {JOBS}/cust-1": reply({}),
            f"GET {JOBS}/cust-1/status": reply({"status": "running"}),
        }
    )
    with pytest.raises(RequestRefused, match="not now"):
        open_adapter(service).cancel_customization("cust-1")


def test_cancelling_a_job_that_vanished_is_fine() -> None:
    open_adapter(ScriptedService()).cancel_customization("cust-1")


def test_a_cancel_is_repeated_when_the_answer_is_lost() -> None:
    service = ScriptedService({f"POST {JOBS}/cust-1/cancel": [httpx.ReadTimeout("slow"), reply({})]})
    open_adapter(service).cancel_customization("cust-1")
    assert len(service.requests) == 2


def test_a_model_is_deleted_under_its_whole_name() -> None:
    service = ScriptedService({"DELETE /v1/models/mdfd/x@cust-1+a": reply({})})
    adapter = open_adapter(service)
    adapter.delete_model("mdfd/x@cust-1+a")
    adapter.delete_model("mdfd/gone@cust-2")
    assert service.requests[0].url.raw_path == b"/base/v1/models/mdfd/x@cust-1+a"


def test_a_key_is_sent_as_the_name_of_the_job() -> None:
    service = make_service()
    open_adapter(service).create_customization(replace(CUSTOMIZATION, key="fw-other"))
    assert service.bodies(f"POST {JOBS}")[0]["name"] == "fw-other"
