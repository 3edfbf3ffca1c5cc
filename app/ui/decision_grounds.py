"""What an act rested on, as it stood at that moment: the sentence, the gates, the must-see list, an override. Pure.

Everything here comes from the act's own row. What the same candidate would show today is the Review page's business.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.ui import numbers, review_gates
from core.evaluation import GateStatus
from core.promotion import Grounds


def count_gates(gates: Sequence[Mapping[str, Any]]) -> str:
    """Return "7 of 9 gates pass, 1 gate fails", statuses without a gate left out."""
    counts = {status: sum(gate["status"] == status for gate in gates) for status in GateStatus}
    return ", ".join(
        review_gates.describe_count(status, count, len(gates)) for status, count in counts.items() if count
    )


def describe_must_see(must_see: Mapping[str, Any]) -> str:
    """Return how many records of the must-see list had been opened."""
    return f"{must_see['seen']} of {must_see['total']} opened"


def render_gates(gates: Sequence[Mapping[str, Any]]) -> str:
    """Return the gates of the act as a table, in their order."""
    head = '<tr><th scope="col">Gate then</th><th scope="col">Observed</th><th scope="col">Limit</th></tr>'
    body = "".join(_render_gate(gate) for gate in gates)
    return (
        f'<table class="fw-evidence fw-gates" aria-label="Gates when it was decided"><thead>{head}</thead>'
        f"<tbody>{body}</tbody></table>"
    )


def list_facts(grounds: Grounds) -> dict[str, str]:
    """Return what else was noted, by term."""
    facts = {"Gates": count_gates(grounds.gates)} if grounds.gates else {}
    if grounds.must_see:
        facts["Must-see"] = describe_must_see(grounds.must_see)
    if grounds.policy_hash:
        facts["Policy"] = numbers.short_hash(grounds.policy_hash)
    return facts


def _render_gate(gate: Mapping[str, Any]) -> str:
    status = GateStatus(gate["status"])
    sign, color, _ = review_gates.LOOKS[status]
    return (
        f'<tr><th scope="row"><span class="fw-sign fw-sign-{color}" aria-hidden="true">{sign}</span>'
        f'<span class="fw-spoken">{status}: </span>{escape(str(gate["title"]))}</th>'
        f'<td class="fw-number">{escape(str(gate["observed_text"]))}</td>'
        f'<td class="fw-number">{escape(str(gate["limit_text"]))}</td></tr>'
    )
