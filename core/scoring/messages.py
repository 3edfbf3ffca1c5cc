"""The two questions every reader of chat completions asks: where is the answer, and what is its text."""

from collections.abc import Mapping


def answer_message(response: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return the message of the first choice of a chat completion, or None when it has none."""
    choices = response.get("choices") if response is not None else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, Mapping) else None
    return message if isinstance(message, Mapping) else None


def content_text(content: object) -> str:
    """Return the text of a message's content: the string itself, or the text parts of a list joined by line breaks.

    Anything else (None, images, numbers) has no text: the result is empty.
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return "\n".join(part for part in parts if isinstance(part, str))
