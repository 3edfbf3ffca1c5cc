"""What every route is handed: the open installation and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request

from app.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Context:
    """The installation a request works on, and what time it is."""

    installation: Installation
    clock: Callable[[], datetime]


def _context(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


Surroundings = Annotated[Context, Depends(_context)]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern="^[\\x21-\\x7e]+$",
        description="two requests with one key are one act",
    ),
]
