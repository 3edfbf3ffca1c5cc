"""Runs: launched as rows, claimed by workers, carried step by step, cleaned up whatever happens."""

from core.runs.cleanup import remove_deleted_runs, sweep
from core.runs.composition import compose_datasets
from core.runs.doctor import Finding, FindingKind, examine
from core.runs.errors import LaunchRefused, LeaseLost, RunInterrupted, RunNotFound, RunStateError, StepFailed
from core.runs.execution import Execution, Surroundings
from core.runs.forecast import Forecast, forecast_launch
from core.runs.health import FRESH_FOR, list_health, store_health
from core.runs.launch import LaunchPlan, cancel_run, delete_run, launch_run, plan_launch, rerun_student, retry_run
from core.runs.leases import Claim, Lease, claim_run, renew_leases
from core.runs.leftovers import Leftover, LeftoverKind, list_leftovers, retry_leftovers
from core.runs.metrics import read_state_metrics
from core.runs.notices import NoticeType, put_notice
from core.runs.orphans import Orphan, find_orphans
from core.runs.pace import all_steps, estimate_left_s, estimate_total_s, learn_pace, load_pace
from core.runs.plan import Variant
from core.runs.previews import PreviewView, find_preview, identify_preview, request_preview, run_waiting_preview
from core.runs.queue import read_queue
from core.runs.request import AVAILABLE_VARIANTS, CompletedRequest, LaunchRequest
from core.runs.schedules import (
    Schedule,
    ScheduleNotFound,
    add_schedule,
    delete_schedule,
    fire_schedules,
    get_schedule,
    list_schedules,
    pause_schedule,
    resume_schedule,
    run_schedule_now,
)
from core.runs.similarity import open_similarity
from core.runs.slots import SlotView, count_waiting, list_slots, provide_slots
from core.runs.tables import PreviewStatus, RunStatus, StepKind, StepStatus
from core.runs.timing import Timing, TimingKind, describe_timing
from core.runs.views import (
    EventView,
    RunSummary,
    RunView,
    StepView,
    StudentView,
    WorkerView,
    get_manifest,
    get_run,
    list_events,
    list_runs,
    list_workers,
)
from core.runs.waiting import QueuePlace, expect_starts, forecast_queue
from core.runs.workflow import execute_run

__all__ = [
    "AVAILABLE_VARIANTS",
    "FRESH_FOR",
    "Claim",
    "CompletedRequest",
    "EventView",
    "Execution",
    "Finding",
    "FindingKind",
    "Forecast",
    "LaunchPlan",
    "LaunchRefused",
    "LaunchRequest",
    "Lease",
    "LeaseLost",
    "Leftover",
    "LeftoverKind",
    "NoticeType",
    "Orphan",
    "PreviewStatus",
    "PreviewView",
    "QueuePlace",
    "RunInterrupted",
    "RunNotFound",
    "RunStateError",
    "RunStatus",
    "RunSummary",
    "RunView",
    "Schedule",
    "ScheduleNotFound",
    "SlotView",
    "StepFailed",
    "StepKind",
    "StepStatus",
    "StepView",
    "StudentView",
    "Surroundings",
    "Timing",
    "TimingKind",
    "Variant",
    "WorkerView",
    "add_schedule",
    "all_steps",
    "cancel_run",
    "claim_run",
    "compose_datasets",
    "count_waiting",
    "delete_run",
    "delete_schedule",
    "describe_timing",
    "estimate_left_s",
    "estimate_total_s",
    "examine",
    "execute_run",
    "expect_starts",
    "find_orphans",
    "find_preview",
    "fire_schedules",
    "forecast_launch",
    "forecast_queue",
    "get_manifest",
    "get_run",
    "get_schedule",
    "identify_preview",
    "launch_run",
    "learn_pace",
    "list_events",
    "list_health",
    "list_leftovers",
    "list_runs",
    "list_schedules",
    "list_slots",
    "list_workers",
    "load_pace",
    "open_similarity",
    "pause_schedule",
    "plan_launch",
    "provide_slots",
    "put_notice",
    "read_queue",
    "read_state_metrics",
    "remove_deleted_runs",
    "renew_leases",
    "request_preview",
    "rerun_student",
    "resume_schedule",
    "retry_leftovers",
    "retry_run",
    "run_schedule_now",
    "run_waiting_preview",
    "store_health",
    "sweep",
]
