"""The log of a process: one set-up for all of them, for people as text and for programs as one JSON object a line.

Our code logs by the standard library. What a line is about (`run_id`, `step`, `worker`) is bound by `core` for the time
it works on it, and stands on every line written meanwhile, whichever library wrote it.
"""

import logging
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

QUIET_LOGGERS = ("apscheduler", "httpcore", "httpx")
"""They write a line for every tick and every request."""


def set_up_log(*, form: Literal["text", "json"], level: str = "INFO") -> None:
    """Write the log of this process to standard error, replacing whatever was set up before."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_level,
    ]
    if form == "json":
        before += [structlog.stdlib.ExtraAdder(), structlog.processors.format_exc_info]
        last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        last = _render_text
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _name_message, last],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_level(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["level"] = event["_record"].levelname
    return event


def _name_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Call the text `message` and the traceback `traceback`, as readers expect."""
    event["message"] = event.pop("event")
    if "exception" in event:
        event["traceback"] = event.pop("exception")
    return event


def _render_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return `2026-11-27T12:00:00.000Z INFO core.runs: message [run_id=... step=...]`, with the traceback below."""
    known = ("at", "level", "logger", "message", "exc_info", "traceback", "stack_info", "worker")
    about = " ".join(f"{name}={value}" for name, value in event.items() if name not in known)
    line = f"{event['at']} {event['level']} {event['logger']}: {event['message']}" + (f" [{about}]" if about else "")
    if event.get("exc_info"):
        line += "\n" + logging.Formatter().formatException(event["exc_info"])
    return line
