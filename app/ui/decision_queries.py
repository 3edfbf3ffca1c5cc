"""What the Decisions page asks the state database: the acts on record, and every act on one candidate."""

from collections.abc import Sequence

from app.ui import queries
from core import promotion
from core.errors import NotFoundError
from core.promotion import Decision, get_decision

MAX_LISTED = 500


def list_decisions() -> Sequence[Decision]:
    """Return the newest acts on record, newest first, up to `MAX_LISTED`."""
    return queries.read(lambda session: promotion.list_decisions(session, limit=MAX_LISTED))


def get_history(decision_id: str) -> tuple[Decision, Sequence[Decision]]:
    """Return an act, and all acts on its candidate, newest first. Raises `NotFoundError` about the URL's `decision`."""
    try:
        decision = queries.read(lambda session: get_decision(session, decision_id))
    except NotFoundError as error:
        raise NotFoundError(str(error), field="decision") from error
    history = queries.read(
        lambda session: promotion.list_decisions(session, run_id=decision.run_id, candidate=decision.candidate)
    )
    return decision, history
