"""How a prompt wants the answer written: in double brackets, as a JSON field, or plainly."""

import json
import re
from dataclasses import dataclass

_JSON_FORM = re.compile(r'\{\s*"(\w+)"\s*:\s*"(?:<|\.\.\.|…|\{)')
_BRACKET_FORM = re.compile(r"\[\[\s*[\w ]+\s*\]\]|double (?:square )?brackets", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Wrapping:
    """What stands before and after the label; `as_json` writes the label as a JSON text."""

    before: str = ""
    after: str = ""
    as_json: bool = False

    def wrap(self, label: str) -> str:
        """Return the content of an answer that says `label`."""
        return f"{self.before}{json.dumps(label, ensure_ascii=False) if self.as_json else label}{self.after}"


PLAIN = Wrapping()
DOUBLE_BRACKETS = Wrapping(before="[[", after="]]")


def find_wrapping(prompt: str) -> Wrapping:
    """Return the form that the prompt shows by example or asks for in words; plain when it does neither."""
    form = _JSON_FORM.search(prompt)
    if form:
        return Wrapping(before=f'{{"{form[1]}": ', after="}", as_json=True)
    return DOUBLE_BRACKETS if _BRACKET_FORM.search(prompt) else PLAIN
