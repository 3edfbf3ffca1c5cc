"""Where errors end: each becomes a sentence on the page, unexpected ones a reference id in the log.

The outermost edge of the web process. `page` wraps a page's script, `act` wraps what a click does, `report` is for
Streamlit itself (what escapes both). Expected errors are `core.errors`; anything else is logged with its traceback
and shown without it.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from app.ui import frame, numbers, queries, states
from app.ui.states import Problem
from core.database import utc_now
from core.errors import ConflictError, FlywheelError, InputError, NotFoundError, UnavailableError

logger = logging.getLogger("flywheel.web")

STILL_WORKS = {
    queries.LOG_STORE: "Runs, reviews and decisions do not need it and still work.",
    queries.DATABASE: "Workloads and logs do not need it and can still be read.",
}
NOTICE_KEY = "notice"
"""What the last click has to tell, shown once by the next script run."""


def describe_error(error: Exception) -> Problem:
    """Return an error in words, and log it under a reference id unless it is an expected refusal."""
    if isinstance(error, UnavailableError):
        return Problem(
            title=f"{error.service[:1].upper()}{error.service[1:]} does not answer",
            body=" ".join(
                filter(None, (_sentence(error), _describe_outage(error.service), STILL_WORKS.get(error.service)))
            ),
            icon=":material/cloud_off:",
            reference=log_error(error),
            can_retry=True,
        )
    if isinstance(error, NotFoundError):
        return _refusal(error, title="Not found", icon=":material/search_off:")
    if isinstance(error, InputError):
        return _refusal(error, title="This cannot be used", icon=":material/edit:")
    if isinstance(error, ConflictError):
        return Problem(title="The state has moved on", body=_sentence(error), icon=":material/sync_problem:")
    if isinstance(error, FlywheelError):
        return Problem(title="This did not work", body=_sentence(error), reference=log_error(error), can_retry=True)
    return Problem(
        title="Something went wrong here",
        body="Nothing was changed by it. Try again; if it stays, search the web process's log for the reference below.",
        reference=log_error(error),
        can_retry=True,
    )


def log_error(error: Exception) -> str:
    """Log an error with its traceback and return the reference it can be found under."""
    reference = f"e-{secrets.token_hex(4)}"
    logger.error("page error, reference %s", reference, exc_info=error)
    return reference


@contextmanager
def page(title: str) -> Iterator[None]:
    """Show what the last click has to tell, run the page, and end in an error state instead of a traceback.

    `title` stands above the error when the page had not come as far as its own.
    """
    _show_notice()
    frame.forget_header()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the edge: logged under a reference id
        frame.ensure_header(title)
        states.show_problem(describe_error(error))


@contextmanager
def part() -> Iterator[None]:
    """Run one part of a page; what goes wrong in it takes its place and leaves the other parts alone."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the edge: logged under a reference id
        states.show_problem(describe_error(error))


def attempt(change: Callable[[], object]) -> Problem | None:
    """Run what a click does, one call into `core`, in a callback; return what went wrong in words, or None.

    A callback must not draw, because drawing is where a second click could tear it: keep the problem for the next run.
    """
    try:
        change()
    except Exception as error:  # noqa: BLE001 - the edge: logged under a reference id
        return describe_error(error)
    return None


def act(change: Callable[[], object], *, told: str) -> bool:
    """Run what a click does and leave a notice for the next run: `told` when it worked, the problem otherwise."""
    problem = attempt(change)
    st.session_state[NOTICE_KEY] = problem or told
    return problem is None


def report(error: Exception) -> bool:
    """Show an error that escaped the page; for `st.App(on_script_error=)`. True: Streamlit shows nothing of its own."""
    frame.ensure_header("Flywheel Review")
    states.show_problem(describe_error(error))
    return True


def _show_notice() -> None:
    notice = st.session_state.pop(NOTICE_KEY, None)
    if isinstance(notice, Problem):
        states.show_problem(notice)
    elif notice:
        st.toast(notice, icon=":material/check_circle:")


def _describe_outage(service: str) -> str | None:
    """Return since when a service has not answered this process, or None for services that pages do not ask."""
    now = utc_now()
    answered, failed = queries.last_answers().get(service), queries.first_failures().get(service)
    if answered:
        return f"It last answered {numbers.age(answered, now)}, at {numbers.moment(answered, now=now)}."
    if failed:
        return f"It has not answered since {numbers.moment(failed, now=now)}, when this page first asked."
    return None


def _refusal(error: InputError, *, title: str, icon: str) -> Problem:
    return Problem(title=title, body=_sentence(error), icon=icon, severity="warning", parameter=_parameter(error))


def _parameter(error: InputError) -> str | None:
    """Return the URL's parameter that the error is about; `core` names fields, and ours are called like them."""
    name = (error.field or "").removesuffix("_id")
    return name if name in st.query_params else None


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
