"""The flywheel itself: the order of a run's steps, and how a run ends.

1. prepare and upload; a failure here ends the run.
2. Student by student: deploy, then evaluate and probe each variant, customizing in between. A failure skips the rest
   of this student only; one of the in-context evaluation skips no more than its probe. A probe that fails leaves its
   answer times unknown and skips nothing. Where the settings say so, the base and in-context evaluations run beside
   the customization; probes wait until it has ended, because training would slow the answers they time.
3. Undeploy, whatever happened to the student.
4. The run is completed, completed with errors, or failed when no student got through.
"""

import contextvars
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from core.database import DATABASE_DOWN
from core.runs.cleanup import clean_up
from core.runs.errors import LeaseLost, RunInterrupted, StepFailed
from core.runs.execution import Execution
from core.runs.leases import Claim, RunEvent, release_lease
from core.runs.notices import tell_end
from core.runs.plan import Variant, arrange_stages
from core.runs.prepared import prepare
from core.runs.probing import probe
from core.runs.service_steps import customize, deploy, evaluate, undeploy, upload
from core.runs.stepping import StepWork, carry_out
from core.runs.tables import RunStatus, StepKind, StepRow, StepStatus

WORK: Mapping[StepKind, StepWork] = {
    StepKind.PREPARE: prepare,
    StepKind.UPLOAD: upload,
    StepKind.DEPLOY: deploy,
    StepKind.EVALUATE: evaluate,
    StepKind.PROBE: probe,
    StepKind.CUSTOMIZE: customize,
    StepKind.UNDEPLOY: undeploy,
}

logger = logging.getLogger(__name__)


def execute_run(execution: Execution, claim: Claim) -> None:
    """Carry a claimed run to its end, or to where it was interrupted; never raises for what a run can meet."""
    try:
        _guard(claim, max_crashes=execution.around.settings.worker.max_crashes)
        failures = _walk(execution)
        _finish(execution, failures)
    except LeaseLost:
        logger.warning("run %s belongs to another worker now; dropped", execution.run_id)
    except RunInterrupted as interruption:
        _stop(execution, interruption)
    except DATABASE_DOWN:
        logger.exception("the database is down; run %s resumes when its lease lapses", execution.run_id)
    except StepFailed as error:
        _clean_up_as(execution, str(error), RunStatus.FAILED)
    except Exception as error:  # the outermost edge of a run: a bug must not leave remote work behind
        logger.exception("run %s failed unexpectedly", execution.run_id)
        _clean_up_as(execution, f"unexpected {type(error).__name__}: {error}", RunStatus.FAILED)


def _guard(claim: Claim, *, max_crashes: int) -> None:
    """Stop a run that was cancelled while nobody had it, and one whose workers die again and again at one step."""
    if claim.cancel_reason is not None:
        raise RunInterrupted("cancel", claim.cancel_reason)
    if claim.crashes > max_crashes:
        raise StepFailed(f"given up: the worker died {claim.crashes} times without progress in this run")


def _walk(execution: Execution) -> dict[str, str]:
    """Carry out all steps in order and return what failed with the reason: a student, or its in-context variant."""
    failures: dict[str, str] = {}
    overlap = execution.around.settings.worker.overlap_evaluations
    for student, steps in groupby(execution.steps(), key=lambda step: step.student):
        if student is None:
            for step in steps:
                carry_out(execution, step.key, WORK[StepKind(step.kind)])
            continue
        for lanes in arrange_stages(list(steps), overlap=overlap):
            _carry_out_lanes(execution, lanes, failures)
    return failures


def _carry_out_lanes(execution: Execution, lanes: Sequence[Sequence[StepRow]], failures: dict[str, str]) -> None:
    """Carry out lanes beside each other and return when all have ended; what interrupted one interrupts the others."""
    if len(lanes) == 1:
        _carry_out_lane(execution, lanes[0], failures)
        return
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="lane") as pool:
        ends = [
            pool.submit(contextvars.copy_context().run, _carry_out_lane, execution.lane(), lane, failures)
            for lane in lanes
        ]
    stopped = [error for end in ends if (error := end.exception()) is not None]
    if stopped:  # a lost lease outranks everything: nothing may be written or cleaned up then
        raise next((error for error in stopped if isinstance(error, LeaseLost)), stopped[0])


def _carry_out_lane(execution: Execution, steps: Sequence[StepRow], failures: dict[str, str]) -> None:
    for step in steps:
        kind = StepKind(step.kind)
        name = _in_context(step) or str(step.student)
        is_given_up = step.student in failures or name in failures
        if is_given_up and kind is not StepKind.UNDEPLOY:
            _skip(execution, step)
        elif kind.is_harmless:
            _try(execution, step, lambda reason, key=step.key: logger.warning("%s: %s", key, reason))  # type: ignore[misc]
        else:
            _try(execution, step, lambda reason, name=name: failures.setdefault(name, reason))  # type: ignore[misc]


def _in_context(step: StepRow) -> str | None:
    """Return the name under which a failure of an in-context step stands, None for all other steps."""
    return f"{step.student}:{step.variant}" if step.variant == Variant.ICL else None


def _try(execution: Execution, step: StepRow, on_failure: Callable[[str], object]) -> None:
    try:
        carry_out(execution, step.key, WORK[StepKind(step.kind)])
    except StepFailed as error:
        on_failure(f"{step.key}: {error}")


def _skip(execution: Execution, step: StepRow) -> None:
    if not StepStatus(step.status).is_final:
        event = RunEvent(type="step.skipped", step=step.key)
        execution.update_step(step.key, event, status=StepStatus.SKIPPED, finished_at=execution.now())


def _finish(execution: Execution, failures: Mapping[str, str]) -> None:
    judged = [step for step in execution.steps() if step.kind == StepKind.EVALUATE]
    got_through = {step.student for step in judged if step.status == StepStatus.COMPLETED} - failures.keys()
    status = RunStatus.COMPLETED
    if failures:
        status = RunStatus.COMPLETED_WITH_ERRORS if got_through else RunStatus.FAILED
    error = "; ".join(failures.values()) or None
    event = RunEvent(type=f"run.{status}", data={"error": error} if error else {})
    now = execution.now()
    with execution.write(event, status=status, error=error, finished_at=now, owner=None) as session:
        tell_end(session, execution.run_id, status, error=error, now=now)
    logger.info("run %s %s", execution.run_id, status)


def _stop(execution: Execution, interruption: RunInterrupted) -> None:
    if interruption.mode == "release":
        release_lease(execution.around.database, execution.lease)
        logger.info("run %s is left to another worker", execution.run_id)
        return
    _clean_up_as(execution, interruption.reason, RunStatus.CANCELLED)


def _clean_up_as(execution: Execution, reason: str, status: RunStatus) -> None:
    try:
        clean_up(execution, reason, status)
    except (LeaseLost, RunInterrupted, *DATABASE_DOWN):
        logger.warning("the clean-up of run %s is left to its next owner", execution.run_id, exc_info=True)
