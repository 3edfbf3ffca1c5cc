"""Texts as the untrained student compares them: lower-case words that carry meaning, names taken apart."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[^\W\d_][^\WA-Z\d_]*|\d+")
# The function words of English that are frequent in prompts; they would make any two sentences look alike.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about above after again all also am an and any are as at be because been before being below between both
        but by can cannot could did do does doing down during each few for from further had has have having he her
        here hers him his how i if in into is it its itself just may me might more most must my myself no nor not
        now of off on once one only or other our ours out over own same she should so some such than that the their
        theirs them then there these they this those through to too under until up upon us very was we were what
        when where which while who whom why will with would you your yours
        """,
    )
)


def plain_words(text: str) -> str:
    """Return the meaningful words of `text` in lower case; snake_case and CamelCase are taken apart."""
    words = (found.lower() for found in _WORD.findall(text))
    return " ".join(word for word in words if len(word) > 1 and word not in _FUNCTION_WORDS)
