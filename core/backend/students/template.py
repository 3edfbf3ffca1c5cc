"""What stays the same in the prompts of a workload, so that a trained student reads only what varies.

The common beginning and end are those shared by nine tenths of the prompts: a few odd records do not spoil them. They
are cut back to whole words. A prompt that does not fit is read by its marks instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.backend.students.request_reading import find_asked, last_user_text

_ODD_SHARE = 0.05  # of the prompts at either end of their sorted order that need not share the template


@dataclass(frozen=True, kw_only=True)
class PromptTemplate:
    """The beginning and end that the last user messages share; both may be empty."""

    prefix: str
    suffix: str

    def text_of(self, messages: Sequence[Mapping[str, object]]) -> str:
        """Return the part of the last user message that varies."""
        user = last_user_text(messages)
        fits = user.startswith(self.prefix) and user.endswith(self.suffix)
        if fits and len(user) >= len(self.prefix) + len(self.suffix):
            return user[len(self.prefix) : len(user) - len(self.suffix)].strip()
        return find_asked(messages).text


def detect_template(conversations: Sequence[Sequence[Mapping[str, object]]]) -> PromptTemplate:
    """Return the template of at least one conversation's last user messages; their order does not matter."""
    users = [last_user_text(messages) for messages in conversations]
    prefix = _common_prefix(users)
    prefix = prefix[: _after_last_space(prefix)]
    rests = [user[len(prefix) :] for user in users if user.startswith(prefix)]
    backwards = _common_prefix([rest[::-1] for rest in rests])
    suffix = backwards[: _after_last_space(backwards)][::-1]
    return PromptTemplate(prefix=prefix, suffix=suffix)


def _common_prefix(texts: Sequence[str]) -> str:
    """Return what all texts between two quantiles begin with: sorted texts share what the outer two share."""
    ordered = sorted(texts)
    odd = int(len(ordered) * _ODD_SHARE)
    first, last = ordered[odd], ordered[len(ordered) - 1 - odd]
    length = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first[: min(len(first), len(last)) if length is None else length]


def _after_last_space(text: str) -> int:
    return max((place + 1 for place, sign in enumerate(text) if sign.isspace()), default=0)
