"""`flywheel decisions`: what people decided about candidates, and deciding."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import ActorOption, DataOption, JsonOption, RunArgument, actor_name, installed_at
from app.commands.terminal import moment, say, say_json, say_table

if TYPE_CHECKING:
    from pathlib import Path

    from core.promotion import Decision

HEAD = ("decided (UTC)", "run", "candidate", "verdict", "by", "stands", "reason")
REASON_SHOWN = 60

app = typer.Typer(help="Decisions on candidates: approve, reject, ask for changes.", no_args_is_help=True)

CandidateArgument = Annotated[
    str, typer.Argument(metavar="CANDIDATE", help="student:variant, e.g. local/linear-large:customized")
]
ReasonOption = Annotated[str, typer.Option(metavar="R", help="What convinced you, in a sentence.")]
OverrideOption = Annotated[
    str | None, typer.Option("--override", metavar="R", help="Why failing gates do not matter, where that is allowed.")
]
SupersedeOption = Annotated[bool, typer.Option("--supersede", help="Replace the decision that stands.")]


@app.command("list")
def list_all(
    *,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only decisions on this run.")] = None,
    current: Annotated[bool, typer.Option("--current", help="Leave out what was superseded.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List decisions, newest first."""
    from core.promotion import list_decisions

    with installed_at(data) as parts, parts.database.read() as session:
        found = list_decisions(session, run_id=run, only_current=current, limit=limit)
    if json:
        say_json({"decisions": [_facts(decision) for decision in found]})
    elif found:
        say_table(HEAD, [_cells(decision) for decision in found])
    else:
        say("No decisions yet.")


@app.command("approve")
def approve(
    run_id: RunArgument,
    candidate: CandidateArgument,
    *,
    reason: ReasonOption,
    override: OverrideOption = None,
    supersede: SupersedeOption = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Approve a candidate whose gates allow it; nothing is deployed by it."""
    act = _Act("approved", run_id, candidate, reason, supersede=supersede, override=override)
    _decide(act, actor=actor, data=data, json=json)


@app.command("reject")
def reject(
    run_id: RunArgument,
    candidate: CandidateArgument,
    *,
    reason: ReasonOption,
    supersede: SupersedeOption = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Reject a candidate."""
    _decide(_Act("rejected", run_id, candidate, reason, supersede=supersede), actor=actor, data=data, json=json)


@app.command("changes")
def ask_for_changes(
    run_id: RunArgument,
    candidate: CandidateArgument,
    *,
    reason: ReasonOption,
    supersede: SupersedeOption = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Ask for changes before a candidate can be approved."""
    act = _Act("changes_requested", run_id, candidate, reason, supersede=supersede)
    _decide(act, actor=actor, data=data, json=json)


@app.command("withdraw")
def withdraw(
    run_id: RunArgument,
    candidate: CandidateArgument,
    *,
    reason: ReasonOption,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Withdraw the decision that stands on a candidate."""
    _decide(_Act("withdrawn", run_id, candidate, reason, supersede=True), actor=actor, data=data, json=json)


@dataclass(frozen=True)
class _Act:
    """What the words of the command ask for."""

    verdict: str
    run_id: str
    candidate: str
    reason: str
    supersede: bool
    override: str | None = None


def _decide(act: _Act, *, actor: str | None, data: "Path | None", json: bool) -> None:
    from core.database import utc_now
    from core.evaluation import parse_candidate
    from core.promotion import DecisionConflict, DecisionRequest, Verdict, current_decision, decide

    chosen = parse_candidate(act.candidate)
    with installed_at(data) as parts:
        with parts.database.read() as session:
            last = current_decision(session, act.run_id, chosen)
        if last is not None and last.verdict is not Verdict.WITHDRAWN and not act.supersede:
            raise DecisionConflict(
                f"{last.decided_by} decided already: {last.verdict.replace('_', ' ')} at {moment(last.decided_at)} UTC"
                f" ({last.reason}); add --supersede to replace that decision"
            )
        request = DecisionRequest(
            run_id=act.run_id,
            candidate=chosen,
            verdict=Verdict(act.verdict),
            reason=act.reason,
            decided_by=actor_name(actor),
            expected_sequence=last.sequence if last else 0,
            idempotency_key=uuid.uuid4().hex,
            override_reason=act.override,
        )
        decision = decide(parts.database, request, sources=parts.sources, now=utc_now())
    if json:
        say_json(_facts(decision))
    else:
        say(f"{decision.candidate} {decision.verdict.replace('_', ' ')} by {decision.decided_by}: {decision.id}")


def _facts(decision: "Decision") -> dict[str, object]:
    facts = {name: value for name, value in vars(decision).items() if name != "grounds"}
    return {**facts, **vars(decision.grounds), "candidate": str(decision.candidate)}


def _cells(decision: "Decision") -> tuple[str, ...]:
    reason = " ".join(decision.reason.split())
    return (
        moment(decision.decided_at),
        decision.run_id,
        str(decision.candidate),
        decision.verdict.replace("_", " ") + (" (gates overridden)" if decision.grounds.override_reason else ""),
        decision.decided_by,
        "yes" if decision.is_current else "no",
        reason if len(reason) <= REASON_SHOWN else f"{reason[: REASON_SHOWN - 1]}…",
    )
