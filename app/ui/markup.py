"""Text from outside inside Streamlit's Markdown: shown as it is, never as emphasis, links, icons or mathematics."""

import re

_SPECIAL = re.compile(r"([\\`*\[\]<>#$~|])|(?<![A-Za-z0-9])(_)|(_)(?![A-Za-z0-9])|(:)(?=[a-z])")


def literal(text: str) -> str:
    """Return `text` with everything escaped that Markdown would read as something else."""
    return _SPECIAL.sub(lambda match: "\\" + match.group(0), text)


def strong(text: str) -> str:
    """Return `text` as a literal in bold."""
    return f"**{literal(text)}**"
