"""The rows of a training file, checked: a conversation, the answer to it, and the tools on offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.backend.students.errors import TrainingError
from core.backend.students.request_reading import chat_messages


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """One row. `answer` is its last message, `messages` those before; `request` is what a client would have sent."""

    messages: tuple[Mapping[str, object], ...]
    answer: Mapping[str, object]
    tools: tuple[object, ...]

    @property
    def request(self) -> Mapping[str, object]:
        """The request that the row answers."""
        return {"messages": list(self.messages), "tools": list(self.tools)}


def read_rows(rows: Sequence[Mapping[str, object]], *, file: str) -> tuple[TrainingRow, ...]:
    """Return the checked rows; `file` names them in the `TrainingError` for the first row that cannot be read."""
    return tuple(_read_row(row, place=f"{file}, row {number}") for number, row in enumerate(rows, start=1))


def _read_row(row: Mapping[str, object], *, place: str) -> TrainingRow:
    messages = chat_messages(row)
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        raise TrainingError(
            f"{place}: `messages` must hold a question and end with the assistant's answer; correct the row or drop it."
        )
    tools = row.get("tools")
    return TrainingRow(
        messages=tuple(messages[:-1]),
        answer=messages[-1],
        tools=tuple(tools) if isinstance(tools, list) else (),
    )
