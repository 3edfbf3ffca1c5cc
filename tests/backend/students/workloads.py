"""Small invented workloads for the students' tests: prompts, rows and requests of two shapes."""

import random
from collections.abc import Mapping

WORDS = {
    "billing": "invoice charged refund payment fee bill twice card",
    "delivery": "parcel courier late shipped tracking arrived depot box",
    "login": "password locked reset code account sign device email",
}
INSTRUCTIONS = """Sort the message into one of these categories:

- [Billing]: Invoices, charges, refunds and payments.
- [Delivery]: Parcels, couriers and tracking.
- [Login]: Passwords, locked accounts and sign-in.
- [Other]: Anything else.

[Other] is the default category when in doubt.

### START MESSAGE ###

{text}

### END MESSAGE ###

Answer with the category in double square brackets, like [[category]]"""


def ask(text: str) -> dict[str, object]:
    """Return the request that asks for the category of `text`."""
    return {
        "model": "any/model",
        "messages": [
            {"role": "system", "content": "You sort customers' messages."},
            {"role": "user", "content": INSTRUCTIONS.format(text=text)},
        ],
    }


def answered(text: str, content: str) -> dict[str, object]:
    """Return the training row of a text and the content of its answer."""
    messages = ask(text)["messages"]
    assert isinstance(messages, list)
    return {"messages": [*messages, {"role": "assistant", "content": content}]}


def make_rows(count: int, *, seed: int = 1) -> list[dict[str, object]]:
    """Return rows whose label follows from the words of the text."""
    generator = random.Random(seed)
    rows = []
    for _ in range(count):
        label = generator.choice(list(WORDS))
        words = generator.choices(WORDS[label].split(), k=5) + generator.choices(["the", "my", "is", "on"], k=3)
        generator.shuffle(words)
        rows.append(answered(" ".join(words), f"[[{label}]]"))
    return rows


def as_request(row: Mapping[str, object]) -> dict[str, object]:
    """Return the request that a training row answers."""
    messages = row["messages"]
    assert isinstance(messages, list)
    return {"messages": messages[:-1]}


def content_of(row: Mapping[str, object]) -> object:
    """Return the content of a training row's answer."""
    messages = row["messages"]
    assert isinstance(messages, list)
    return messages[-1]["content"]
