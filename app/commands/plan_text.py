"""A planned run as text for a terminal: what its datasets would hold, what is wrong, what it can show."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.commands.terminal import note, say

if TYPE_CHECKING:
    from core.runs import Forecast, LaunchPlan


def say_plan(plan: "LaunchPlan", forecast: "Forecast", composed: Mapping[str, Any]) -> None:
    """Print what a launch would do."""
    datasets, request = composed["datasets"], plan.request
    counts = datasets["counts"]
    chosen = plan.evaluation_set
    say(f"{plan.records:,} records match; {request.evaluation_size:,} of them for evaluation.")
    say(f"evaluation set: {f'{chosen.name}, frozen {chosen.frozen_at:%Y-%m-%d}' if chosen else 'a new one'}")
    too_like = counts["leaked"] + counts["near_duplicates"]
    about = "about " if datasets["is_estimate"] else ""
    say(
        f"records: {about}{counts['total']:,} selected, {sum(counts['invalid'].values()):,} malformed,"
        f" {counts['vetoed']:,} excluded by people, {sum(counts['quality'].values()):,} without a usable answer,"
        f" {counts['duplicates']:,} duplicates, {counts['not_drawn']:,} beyond the limit,"
        f" {too_like:,} too like the evaluation set"
    )
    say(f"training {about}{counts['training']:,}, validation {about}{counts['validation']:,}")
    say(
        f"answers: {datasets['workload_type'].replace('_', ' ')}, {datasets['answer_format']['kind'].replace('_', ' ')}"
    )
    for warning in datasets["warnings"]:
        say(f"warning: {warning['message']}")
    for hint in datasets["personal_data"]:
        say(
            f"personal data? {hint['kind'].replace('_', ' ')} in {hint['records']:,} records, such as {hint['example']}"
        )
    for student, why in (composed["icl"] or {}).get("unavailable", {}).items():
        say(f"warning: {student} gets no in-context examples: {why}")
    _say_forecast(forecast)
    for step in plan.steps:
        say(f"  {step}")
    note("nothing was started")


def _say_forecast(forecast: "Forecast") -> None:
    power, cost = forecast.power, forecast.cost
    assumed = f"{power.assumption.agreement:.1%} ({power.assumption.source})"
    enough = f"{power.enough.n:,} records would be enough" if power.enough else "no size would be enough"
    say(
        f"power: if the agreement is {assumed}, {power.records:,} records show at least {power.lower_bound:.1%};"
        f" the policy asks for {power.minimum:.1%}, shown with a chance of {power.chance:.0%}; {enough} for 80 %"
    )
    known = forecast.expected_s
    say(f"time: {f'about {known:,.0f} s, as earlier runs took' if known else 'unknown before a first run'}")
    say(f"cost: {f'about ${cost.usd:,.4f}' if cost.usd is not None else 'unknown: ' + '; '.join(cost.unknown)}")
    say(f"queue: {forecast.queue.waiting} runs wait, {forecast.queue.running} are at work")


def _words(name: str) -> str:
    return name.replace("_", " ")
