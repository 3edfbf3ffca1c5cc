"""What can be told about a planned run, in words: its power, its time, its cost, its place. Pure."""

from app.ui import numbers
from core.runs import Forecast

CHANCE = "80 %"


def describe_forecast(forecast: Forecast) -> tuple[tuple[str, str], ...]:
    """Return terms with their values; every estimate says what it rests on."""
    power, queue = forecast.power, forecast.queue
    size = numbers.quantity(power.records, "record")
    difference = "none" if power.difference is None else numbers.points(power.difference).lstrip("+")
    differing = numbers.share(power.discordance, decimals=0)
    return (
        ("Shows", f"an agreement of at least {numbers.share(power.lower_bound)} on {size}"),
        (
            "Policy asks for",
            f"{numbers.share(power.minimum)}; shown with a chance of {numbers.share(power.chance, decimals=0)}",
        ),
        ("Enough", _describe_enough(forecast)),
        ("Assumes", f"a true agreement of {numbers.share(power.assumption.agreement)}, {power.assumption.source}"),
        ("Smallest gain seen", f"{difference}, between candidates that differ on {differing} of the records"),
        ("Time", _describe_time(forecast)),
        ("Cost", _describe_cost(forecast)),
        ("Queue", f"{numbers.quantity(queue.waiting, 'run')} before it, {numbers.count(queue.running)} at work"),
    )


def _describe_enough(forecast: Forecast) -> str:
    enough = forecast.power.enough
    if enough is None:
        return "no number of records, if the assumption holds"
    return f"{numbers.quantity(enough.n, 'record')} for a chance of {CHANCE}"


def _describe_time(forecast: Forecast) -> str:
    if not forecast.expected_s:
        return "unknown before a first run"
    return f"about {numbers.duration(forecast.expected_s)}, as earlier runs took"


def _describe_cost(forecast: Forecast) -> str:
    cost = forecast.cost
    if cost.usd is None:
        return f"unknown: {'; '.join(cost.unknown)}"
    return f"about {numbers.money(cost.usd)} ({'; '.join(cost.assumptions)})"
