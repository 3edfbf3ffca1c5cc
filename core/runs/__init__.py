"""Runs: launched as rows, claimed by workers, carried step by step, cleaned up whatever happens."""

from core.runs.cleanup import remove_deleted_runs, sweep
from core.runs.errors import LaunchRefused, LeaseLost, RunInterrupted, RunNotFound, RunStateError, StepFailed
from core.runs.execution import Execution, Surroundings
from core.runs.health import FRESH_FOR, list_health, store_health
from core.runs.launch import LaunchPlan, cancel_run, delete_run, launch_run, plan_launch, retry_run
from core.runs.leases import Claim, Lease, claim_run, renew_leases
from core.runs.plan import Variant
from core.runs.request import AVAILABLE_VARIANTS, CompletedRequest, LaunchRequest
from core.runs.tables import RunStatus, StepKind, StepStatus
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
from core.runs.workflow import execute_run

__all__ = [
    "AVAILABLE_VARIANTS",
    "FRESH_FOR",
    "Claim",
    "CompletedRequest",
    "EventView",
    "Execution",
    "LaunchPlan",
    "LaunchRefused",
    "LaunchRequest",
    "Lease",
    "LeaseLost",
    "RunInterrupted",
    "RunNotFound",
    "RunStateError",
    "RunStatus",
    "RunSummary",
    "RunView",
    "StepFailed",
    "StepKind",
    "StepStatus",
    "StepView",
    "StudentView",
    "Surroundings",
    "Variant",
    "WorkerView",
    "cancel_run",
    "claim_run",
    "delete_run",
    "execute_run",
    "get_manifest",
    "get_run",
    "launch_run",
    "list_events",
    "list_health",
    "list_runs",
    "list_workers",
    "plan_launch",
    "remove_deleted_runs",
    "renew_leases",
    "retry_run",
    "store_health",
    "sweep",
]
