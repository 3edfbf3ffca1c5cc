"""Text from outside stays text in Markdown."""

import pytest

from app.ui import markup


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("news_topic_classifier", "news_topic_classifier"),
        ("_private_", r"\_private\_"),
        ("**bold** [x](y) <b> `c` #1 $2 ~3 |", r"\*\*bold\*\* \[x\](y) \<b\> \`c\` \#1 \$2 \~3 \|"),
        (":red[alarm] 12:30", r"\:red\[alarm\] 12:30"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_what_markdown_would_read_is_escaped(text: str, escaped: str) -> None:
    assert markup.literal(text) == escaped


def test_commands_in_messages_stay_code() -> None:
    assert markup.literal_but_code("no *run*; `flywheel runs list` shows") == r"no \*run\*; `flywheel runs list` shows"
    assert markup.literal_but_code("one ` alone") == r"one \` alone"
