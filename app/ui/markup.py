"""Text from outside inside Streamlit's Markdown: shown as it is, never as emphasis, links, icons or mathematics."""

import re

_SPECIAL = re.compile(r"([\\`*\[\]<>#$~|])|(?<![A-Za-z0-9])(_)|(_)(?![A-Za-z0-9])|(:)(?=[a-z])")


def literal(text: str) -> str:
    """Return `text` with everything escaped that Markdown would read as something else."""
    return _SPECIAL.sub(lambda match: "\\" + match.group(0), text)


def literal_but_code(text: str) -> str:
    """Return `text` as a literal in which commands between backticks stay code, as messages of `core` write them."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return literal(text)
    return "`".join(part if at % 2 else literal(part) for at, part in enumerate(parts))


def strong(text: str) -> str:
    """Return `text` as a literal in bold."""
    return f"**{literal(text)}**"
