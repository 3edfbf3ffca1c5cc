"""How verdicts and the acts that carry them look and read, the same on every page. Nothing here draws."""

from datetime import datetime
from typing import Literal

from app.ui import identity, markup, numbers
from core.promotion import Decision, Verdict

Color = Literal["green", "orange", "red", "blue", "gray"]

LOOKS: dict[Verdict, tuple[str, str, Color]] = {
    Verdict.APPROVED: ("Approved", ":material/verified:", "green"),
    Verdict.REJECTED: ("Rejected", ":material/block:", "red"),
    Verdict.CHANGES_REQUESTED: ("Changes asked for", ":material/edit_note:", "orange"),
    Verdict.WITHDRAWN: ("Withdrawn", ":material/undo:", "gray"),
}
"""Word, icon and colour of each verdict; the word carries the meaning."""


def name_person(person_id: str) -> str:
    """Return the name of whoever has this id, the id itself for people unknown here."""
    account = identity.find_account(person_id)
    return account.name if account else person_id


def describe_act(decision: Decision, now: datetime) -> str:
    """Return who acted, when, and why, as literal Markdown."""
    name = name_person(decision.decided_by)
    who = name if name == decision.decided_by else f"{name} ({decision.decided_by})"
    when = f"{numbers.moment(decision.decided_at, now=now)}, {numbers.age(decision.decided_at, now)}"
    return f"{markup.literal(who)}, {when}: {markup.literal(decision.reason)}"


def is_standing(decision: Decision) -> bool:
    """Tell whether this act decides on its candidate today: the last one, and not a withdrawal."""
    return decision.is_current and decision.verdict is not Verdict.WITHDRAWN
