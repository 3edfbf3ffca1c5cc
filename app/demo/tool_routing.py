"""Requests to an invented broker's assistant, each answered by one tool call with arguments."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.demo.companies import Company
from app.demo.envelopes import Exchange

_ERROR_SHARE = 0.02  # of the teacher's calls go to another tool
_SLOT = re.compile(r"\{([a-z]+)\}")

SYSTEM = "You are the assistant of a brokerage app. Call exactly one tool."


@dataclass(frozen=True, kw_only=True)
class _Tool:
    """A tool, what clients say to get it, and how often. Slots in a phrase that are arguments carry their name."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, object]]
    required: tuple[str, ...]
    phrases: tuple[str, ...]
    share: int

    def to_json(self) -> dict[str, object]:
        schema = {"type": "object", "properties": dict(self.parameters), "required": list(self.required)}
        function = {"name": self.name, "description": self.description, "parameters": schema}
        return {"type": "function", "function": function}


_SYMBOL: Mapping[str, object] = {"type": "string", "description": "ticker of the security"}
_SIDES = {"buy": ("buy", "get me", "pick up", "add"), "sell": ("sell", "dump", "get rid of", "unload")}
_DIRECTIONS = {"above": ("above", "over", "past"), "below": ("below", "under", "down to")}
_PERIODS = {
    "1w": ("this week", "over the past week"),
    "1m": ("this month", "over the last 30 days"),
    "1y": ("this year", "over the past twelve months"),
    "5y": ("over five years", "in the long run"),
}
_REASONS = {
    "login": ("I can't log in", "my password does not work", "locked out of the app", "the code never arrives"),
    "fraud": ("there is a trade I did not make", "someone got into my account", "I think I was scammed"),
    "tax": ("where is my tax form", "cost basis is missing", "the wash sale numbers look wrong"),
    "complaint": ("this is the worst app ever", "I want to file a complaint", "nobody answers my mails"),
}
_ACCOUNTS = ("savings", "checking", "my pension account", "the joint account", "brokerage")
_TIMES = ("tomorrow at 3", "Monday morning", "Friday after 2pm", "this afternoon", "next Tuesday at 10:30")
_TOPICS = ("my portfolio", "taxes", "retirement", "bonds", "college savings")

TOOLS = (
    _Tool(
        name="get_quote", description="Latest price of a security.", parameters={"symbol": _SYMBOL},
        required=("symbol", ),
        phrases=("what's {symbol} at", "price of {symbol}", "quote {symbol}", "how much is {symbol} right now",
        "{symbol}?"),
        share=14,
    ),
    _Tool(
        name="get_position", description="How much of a security the client holds, with gain or loss.",
        parameters={"symbol": _SYMBOL}, required=("symbol",),
        phrases=("how am I doing on {symbol}", "do I still hold {symbol}", "how many {symbol} do I have",
                 "am I up or down on {symbol}"),
        share=9,
    ),
    _Tool(
        name="place_order", description="Buy or sell a security.",
        parameters={
            "symbol": _SYMBOL,
            "side": {"type": "string", "enum": list(_SIDES)},
            "quantity": {"type": "integer"},
            "limit_price": {"type": "number"},
        },
        required=("symbol", "side", "quantity"),
        phrases=("{side} {quantity} {symbol}", "please {side} {quantity} shares of {symbol}",
                 "{side} {quantity} {symbol} at {price} or better", "I want to {side} {quantity} of {symbol}"),
        share=18,
    ),
    _Tool(
        name="cancel_order", description="Cancel an open order.", parameters={"order_id": {"type": "string"}},
        required=("order_id",),
        phrases=("cancel order {order}", "kill {order}", "pull {order} please", "I changed my mind about {order}"),
        share=6,
    ),
    _Tool(
        name="set_price_alert", description="Notify the client when a price is crossed.",
        parameters={
            "symbol": _SYMBOL,
            "direction": {"type": "string", "enum": list(_DIRECTIONS)},
            "price": {"type": "number"},
        },
        required=("symbol", "direction", "price"),
        phrases=("tell me if {symbol} goes {direction} {price}", "ping me when {symbol} is {direction} {price}",
                 "alert me {symbol} {direction} {price}"),
        share=9,
    ),
    _Tool(
        name="get_price_history", description="Historical prices of a security.",
        parameters={"symbol": _SYMBOL, "period": {"type": "string", "enum": list(_PERIODS)}},
        required=("symbol", "period"),
        phrases=("chart {symbol} {period}", "how has {symbol} done {period}", "plot {symbol} {period}"), share=8,
    ),
    _Tool(
        name="get_dividends", description="Dividend dates and amounts.", parameters={"symbol": _SYMBOL},
        required=("symbol",),
        phrases=("when does {symbol} pay", "{symbol} dividend", "next ex-date for {symbol}", "yield on {symbol}"),
        share=6,
    ),
    _Tool(
        name="transfer_cash", description="Move cash to an account.",
        parameters={"amount": {"type": "integer"}, "to_account": {"type": "string"}}, required=("amount",
        "to_account"),
        phrases=("move {amount} to {account}", "transfer {amount} into {account}", "put {amount} in {account}"),
        share=6,
    ),
    _Tool(
        name="schedule_call", description="Book a call with an adviser.",
        parameters={"when": {"type": "string"}, "topic": {"type": "string"}}, required=("when",),
        phrases=("book a call {time}", "can someone ring me {time} about {topic}", "talk to my adviser {time}"),
        share=5,
    ),
    _Tool(
        name="hand_to_human", description="Complaints, account problems, anything else.",
        parameters={"reason": {"type": "string", "enum": list(_REASONS)}}, required=("reason",),
        phrases=("{reason}",), share=8,
    ),
)  # fmt: skip
_TOOLS_JSON = tuple(tool.to_json() for tool in TOOLS)


class BrokerDesk:
    """Writes requests about `companies` and the teacher's calls with one random generator."""

    def __init__(self, companies: Sequence[Company], generator: random.Random) -> None:
        self._companies, self._random = companies, generator
        self._calls = 0

    def ask_teacher(self) -> Exchange:
        """Return the next request with the teacher's call."""
        tool = self._random.choices(TOOLS, [tool.share for tool in TOOLS])[0]
        arguments: dict[str, object] = {}
        text = _SLOT.sub(lambda slot: self._fill(slot[1], arguments), self._random.choice(tool.phrases))
        name = tool.name
        if self._random.random() < _ERROR_SHARE:
            name = self._random.choice([other.name for other in TOOLS if other.required == tool.required] or [name])
        self._calls += 1
        call = {
            "id": f"call_{self._calls:07d}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        return Exchange(
            messages=({"role": "system", "content": SYSTEM}, {"role": "user", "content": self._dress(text)}),
            answer={"role": "assistant", "content": None, "tool_calls": [call]},
            tools=_TOOLS_JSON,
        )

    def _fill(self, slot: str, arguments: dict[str, object]) -> str:
        """Return the words for a slot, and note the argument that they stand for."""
        draw = self._random
        if slot == "symbol":
            company = draw.choices(self._companies, [1 / (rank + 3) for rank in range(len(self._companies))])[0]
            arguments["symbol"] = company.ticker
            return draw.choice((company.ticker, company.ticker, company.ticker.lower(), f"${company.ticker}"))
        for name, choices in (("side", _SIDES), ("direction", _DIRECTIONS), ("period", _PERIODS), ("reason", _REASONS)):
            if slot == name:
                arguments[name] = draw.choice(list(choices))
                return draw.choice(choices[str(arguments[name])])
        if slot == "price":
            price = draw.choice((draw.randint(8, 400), round(draw.uniform(8, 400), 2)))
            arguments["price" if "direction" in arguments else "limit_price"] = price
            return str(price)
        name, value = {
            "quantity": ("quantity", draw.choice((draw.randint(1, 30), draw.randint(1, 20) * 50))),
            "order": ("order_id", f"{draw.choice(('A', 'B', 'ORD-'))}{draw.randint(1_000, 99_999)}"),
            "amount": ("amount", draw.randint(1, 90) * 50),
            "account": ("to_account", draw.choice(_ACCOUNTS)),
            "time": ("when", draw.choice(_TIMES)),
            "topic": ("topic", draw.choice(_TOPICS)),
        }[slot]
        arguments[name] = value
        return str(value)

    def _dress(self, text: str) -> str:
        form = self._random.choice(("{}", "{}", "{}", "Hi, {}", "{} please", "{}, thanks"))
        return form.format(text if self._random.random() < 0.6 else text[0].upper() + text[1:])
