"""Reading and laying out logged conversations."""

from hypothesis import given
from hypothesis import strategies as st

from app.ui import conversation

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "text"]), inner),
    max_leaves=8,
)
TOOL_REQUEST = {
    "messages": [
        {"role": "system", "content": "Route the request. " * 60},
        {"role": "user", "content": "Weather in Oslo?"},
    ],
    "tools": [{"type": "function", "function": {"name": "get_weather"}}, {"type": "function"}],
}
TOOL_RESPONSE = {
    "choices": [
        {
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}],
            }
        }
    ]
}


def test_a_tool_call_is_read_with_its_arguments_indented() -> None:
    (answer,) = conversation.read_answers(TOOL_RESPONSE)
    assert answer.text == ""
    assert answer.tool_calls == (conversation.CalledTool(name="get_weather", arguments='{\n  "city": "Oslo"\n}'),)
    assert conversation.describe_answer(TOOL_RESPONSE) == "get_weather(…)"
    assert conversation.read_offered_tools(TOOL_REQUEST) == ("get_weather",)


def test_arguments_may_be_objects_or_broken_text() -> None:
    as_object = {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}
    broken = {"function_call": {"name": "f", "arguments": '{"a": '}}
    assert conversation.read_message(as_object).tool_calls[0].arguments == '{\n  "a": 1\n}'
    assert conversation.read_message(broken).tool_calls[0].arguments == '{"a": '


def test_parts_that_are_not_text_are_named() -> None:
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:…"}}]
    turn = conversation.read_message({"role": "user", "content": content})
    assert turn.text == "What is this?"
    assert turn.attachments == ("image_url attached, not shown",)


def test_a_json_answer_is_indented_and_a_bracketed_label_is_not_taken_for_json() -> None:
    assert conversation.read_message({"role": "assistant", "content": '{"label":"x"}'}).text == '{\n  "label": "x"\n}'
    label = conversation.read_message({"role": "assistant", "content": "[[earnings]]"})
    assert (label.text, label.is_json) == ("[[earnings]]", False)


def test_long_instructions_are_folded_and_the_users_words_are_not() -> None:
    html = conversation.render_turns(conversation.read_turns(TOOL_REQUEST))
    assert html.count("<details>") == 1
    assert "Weather in Oslo?" in html.split("</details>")[1]


def test_markup_in_messages_is_shown_not_run() -> None:
    turns = (conversation.read_message({"role": "<i>", "content": "<script>alert(1)</script>"}),)
    html = conversation.render_turns(turns)
    assert "<script" not in html
    assert "<i>" not in html


def test_the_last_user_message_stands_for_the_request() -> None:
    messages = [{"role": "user", "content": "one"}, {"role": "assistant"}, {"role": "user", "content": "two"}]
    assert conversation.last_user_text({"messages": messages}) == "two"
    assert conversation.last_user_text({"messages": [{"role": "system", "content": "only"}]}) == "only"
    assert conversation.last_user_text({}) == ""


@given(JSON)
def test_any_message_can_be_read_and_shown(message: object) -> None:
    turns = conversation.read_turns({"messages": [message]}) + conversation.read_answers({"choices": [message]})
    assert conversation.render_turns(turns).startswith("<div")
