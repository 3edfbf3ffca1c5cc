"""Values of arguments as they are written in a request."""

import pytest

from core.backend.students.argument_values import find_written, read_written, usual_spelling


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("Rome", "fly to rome now", "rome"),
        ("rome", "romeo flies to Rome", "Rome"),
        ("A-17", "cancel a-17.", "a-17"),
        (390, "down to 390 please", "390"),
        (390.0, "down to 390 please", "390"),
        (12.5, "at $12.50 or better", "12.50"),
        (1500, "move 1,500 over", "1,500"),
        (5, "the 15th, 5pm", "5"),
        (5, "the 15th of 2055", None),
        ("pm", "the 15th, 5pm", "pm"),
        ("Paris", "fly to rome", None),
        (True, "true", None),
        (None, "none", None),
        (["Rome"], "rome", None),
        ("", "anything", None),
        ("İzmir", "fly to İzmir", "İzmir"),
    ],
)
def test_a_value_is_found_where_it_is_written_as_whole_words(value: object, text: str, expected: str | None) -> None:
    written = find_written(value, text)

    assert (None if written is None else text[written.start : written.end]) == expected


@pytest.mark.parametrize(
    ("surface", "kind", "expected"),
    [
        ("390", "integer", 390),
        ("1,500", "integer", 1500),
        ("$12.50", "number", 12.5),
        ("12", "number", 12),
        ("a few", "integer", "a few"),
        ("12", "string", "12"),
    ],
)
def test_what_is_written_becomes_a_value_of_the_schemas_type(surface: str, kind: str, expected: object) -> None:
    found = read_written(surface, {"type": kind}, spelling="as written")

    assert (found, type(found)) == (expected, type(expected))


def test_the_case_that_the_teacher_gave_is_learned() -> None:
    assert usual_spelling([("abc", "ABC"), ("Xyz", "XYZ"), ("KLM", "KLM")]) == "upper"
    assert usual_spelling([("Rome", "Rome"), ("oslo", "oslo")]) == "as written"
    assert usual_spelling([]) == "as written"
    assert read_written("abc", {}, spelling="upper") == "ABC"
