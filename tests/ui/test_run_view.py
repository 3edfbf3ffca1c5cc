"""A run in words and numbers: time left, progress, stages, losses, log lines."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.ui import run_log, run_manifest, run_timeline, run_view
from core.runs import (
    EventView,
    RunStatus,
    RunSummary,
    RunView,
    StepKind,
    StepStatus,
    StepView,
    StudentView,
    estimate_left_s,
    estimate_total_s,
    learn_pace,
)
from core.runs.plan import Variant, plan_steps
from tests.ui.runs import LARGE, NOW, SMALL

PACE = {
    "prepare": 2.0,
    "upload": 1.0,
    f"deploy:{SMALL}": 1.0,
    f"evaluate:{SMALL}:base": 4.0,
    f"customize:{SMALL}": 10.0,
    f"evaluate:{SMALL}:customized": 4.0,
    f"undeploy:{SMALL}": 1.0,
}
"""23 seconds in all."""


def make_steps(took_s: dict[str, float] | None = None, *students: str) -> list[StepView]:
    """Return the steps of a run; those in `took_s` are completed, the others wait."""
    took_s = took_s or {}
    return [
        make_step(
            step.key,
            kind=step.kind,
            student=step.student,
            variant=step.variant,
            **(ended(took_s[step.key]) if step.key in took_s else {}),
        )
        for step in plan_steps(students or (SMALL,), (Variant.BASE, Variant.CUSTOMIZED), is_probed=False)
    ]


def ended(seconds: float) -> dict[str, Any]:
    return {
        "status": StepStatus.COMPLETED,
        "started_at": NOW - timedelta(seconds=seconds),
        "finished_at": NOW,
        "progress": 1.0,
    }


def make_step(key: str, **values: Any) -> StepView:
    plain: dict[str, Any] = {
        "kind": StepKind.PREPARE,
        "student": None,
        "variant": None,
        "status": StepStatus.PENDING,
        "progress": None,
        "remote_id": None,
        "attempts": 0,
        "details": {},
        "output": {},
        "error": None,
        "started_at": None,
        "finished_at": None,
        "outage_since": None,
        "released": False,
    }
    return StepView(key=key, **{**plain, **values})


def change(steps: list[StepView], key: str, **values: Any) -> list[StepView]:
    return [make_step(**{**vars(step), **values}) if step.key == key else step for step in steps]


def make_run(steps: list[StepView], status: RunStatus = RunStatus.RUNNING, **values: Any) -> RunView:
    summary: dict[str, Any] = {
        "id": "r",
        "workload_id": "w",
        "client_id": None,
        "requested_by": "maya.lindqvist",
        "status": status,
        "error": None,
        "cancel_reason": None,
        "students": (SMALL,),
        "variants": ("base", "customized"),
        "record_count": None,
        "datasets": (),
        "progress": 0.0,
        "created_at": NOW,
        "started_at": NOW,
        "finished_at": None,
        **values,
    }
    names = dict.fromkeys(step.student for step in steps if step.student)
    students = [
        StudentView(
            name=name,
            status=StepStatus.RUNNING,
            error=next((s.error for s in steps if s.student == name and s.error), None),
            steps=tuple(step for step in steps if step.student == name),
            started_at=None,
            finished_at=None,
        )
        for name in names
    ]
    return RunView(
        summary=RunSummary(**summary),
        request={},
        manifest=None,
        evaluation_set=None,
        shared_steps=tuple(step for step in steps if step.student is None),
        students=tuple(students),
        pending_cleanup=(),
    )


def test_a_run_that_has_not_begun_takes_what_earlier_runs_took() -> None:
    assert estimate_left_s(make_steps(), PACE, now=NOW) == pytest.approx(23)


def test_a_run_at_half_the_pace_of_earlier_ones_takes_twice_their_time() -> None:
    steps = make_steps({"prepare": 4.0, "upload": 2.0})
    assert estimate_left_s(steps, PACE, now=NOW) == pytest.approx(2 * 20)


def test_a_running_step_is_counted_by_its_own_progress() -> None:
    took = {key: time_s for key, time_s in PACE.items() if key in {"prepare", "upload", f"deploy:{SMALL}"}}
    steps = change(
        make_steps(took),
        f"evaluate:{SMALL}:base",
        status=StepStatus.RUNNING,
        started_at=NOW - timedelta(seconds=6),
        progress=0.25,
    )
    assert estimate_left_s(steps, PACE, now=NOW) == pytest.approx(18 + 10 + 4 + 1)


def test_a_step_that_takes_longer_than_expected_is_due_now_not_in_the_past() -> None:
    began = NOW - timedelta(seconds=100)
    steps = change(make_steps(), "prepare", status=StepStatus.RUNNING, started_at=began)
    assert estimate_left_s(steps, PACE, now=NOW) == pytest.approx(21)


def test_without_earlier_runs_the_first_student_stands_for_the_second() -> None:
    first = {key: time_s for key, time_s in PACE.items() if SMALL in key or ":" not in key}
    steps = make_steps(first, SMALL, LARGE)
    assert estimate_left_s(steps, {}, now=NOW) == pytest.approx(20)


def test_a_step_nobody_has_ever_taken_leaves_the_time_unknown() -> None:
    assert estimate_left_s(make_steps({"prepare": 2.0}), {}, now=NOW) is None
    assert estimate_total_s(["prepare"], {}) is None
    assert estimate_total_s([], PACE) is None


def test_an_ended_run_has_nothing_left() -> None:
    assert estimate_left_s(make_steps(PACE), {}, now=NOW) == 0


def test_the_pace_is_the_median_of_the_runs() -> None:
    runs = [make_run(make_steps({"prepare": seconds})) for seconds in (1.0, 2.0, 60.0)]
    assert learn_pace(runs) == {"prepare": 2.0}


def test_progress_counts_the_running_step_in_part() -> None:
    steps = change(make_steps({"prepare": 2.0}), "upload", status=StepStatus.RUNNING, progress=0.4, started_at=NOW)
    assert run_view.measure_progress(make_run(steps)) == pytest.approx(1.4 / 7)


def test_a_reason_is_not_said_twice() -> None:
    failed = change(make_steps(), f"deploy:{SMALL}", status=StepStatus.FAILED, error="no GPU is free")
    assert run_view.find_reason(make_run(failed, RunStatus.FAILED, error=f"deploy:{SMALL}: no GPU is free")) is None
    assert run_view.find_reason(make_run(make_steps(), RunStatus.FAILED, error="worker died")) == "worker died"


@pytest.mark.parametrize(
    ("status", "reason", "can"),
    [
        (RunStatus.PENDING, None, True),
        (RunStatus.RUNNING, None, True),
        (RunStatus.RUNNING, "asked already", False),
        (RunStatus.CANCELLING, "asked already", False),
        (RunStatus.COMPLETED, None, False),
    ],
)
def test_only_an_open_run_that_nobody_stops_can_be_cancelled(status: RunStatus, reason: str | None, can: bool) -> None:
    assert run_view.can_cancel(make_run(make_steps(), status, cancel_reason=reason)) is can


def test_losses_come_training_first_and_in_order_of_steps() -> None:
    losses = [["val_loss", 50, 1.2], ["train_loss", 19, 1.9], ["train_loss", 9, 2.1], ["other", 9, 0.5]]
    series = run_view.read_losses(make_step("customize", details={"losses": losses}))
    assert [one.name for one in series] == ["Training", "Validation", "other"]
    assert list(series[0].steps) == [9, 19]
    assert run_view.describe_losses(series[:1]) == "training loss 1.900 at step 19"


def test_the_log_says_what_happened_newest_first_and_leaves_progress_to_the_timeline() -> None:
    def event(seq: int, kind: str, step: str | None = None, **data: Any) -> EventView:
        return EventView(seq=seq, type=kind, step=step, data=data, at=NOW + timedelta(seconds=seq))

    log = run_log.write_log(
        [
            event(1, "run.queued", by="api"),
            event(2, "step.started", "upload"),
            event(3, "step.progress", "upload", progress=0.5),
            event(4, "step.failed", "upload", error="the disk is full"),
            event(5, "run.cancel_requested", by="maya.lindqvist", reason=""),
            event(6, "run.failed", reason="the disk is full"),
            event(7, "something.new"),
        ]
    )
    assert log.splitlines() == [
        "12:00:07  something new",
        "12:00:06  run failed: the disk is full",
        "12:00:05  maya.lindqvist asked to stop it",
        "12:00:04  upload  failed: the disk is full",
        "12:00:02  upload  started",
        "12:00:01  queued by api",
    ]


def test_the_timeline_escapes_what_services_say() -> None:
    steps = change(make_steps(), f"deploy:{SMALL}", status=StepStatus.FAILED, error="<b>bad</b> image")
    shown = run_timeline.render_timeline(run_view.list_lanes(make_run(steps), now=NOW))
    assert "&lt;b&gt;bad&lt;/b&gt; image" in shown
    assert "<b>" not in shown


def test_hyperparameters_that_differ_are_told_by_student() -> None:
    request = {
        "students": [SMALL, LARGE],
        "variants": ["base"],
        "training": {SMALL: {"epochs": 8, "batch_size": 32}, LARGE: {"epochs": 4, "batch_size": 32}},
    }
    facts = dict(run_manifest.describe_request(request))
    assert facts["Epochs"] == f"8 ({SMALL}), 4 ({LARGE})"
    assert facts["Batch size"] == "32"


def test_every_state_has_a_look_and_every_step_a_word() -> None:
    assert set(run_view.STATE_LOOK) == set(RunStatus)
    assert set(run_view.STEP_WORDS) == set(StepStatus) == set(run_timeline.SIGNS)
    assert set(run_view.STEP_NAMES) == set(StepKind)


def test_a_moment_in_an_outage_is_when_the_budget_ends() -> None:
    since = datetime(2026, 11, 25, 11, 56, tzinfo=NOW.tzinfo)
    steps = change(make_steps(), "upload", status=StepStatus.RUNNING, outage_since=since, attempts=3, started_at=since)
    (outage,) = run_view.list_outages(make_run(steps), budget=timedelta(minutes=15))
    assert (outage.step, outage.attempts, outage.gives_up_at) == ("Upload", 3, since + timedelta(minutes=15))
