"""The student that knows only its prompt."""

import pytest

from core.backend.students import STUDENTS, answer
from core.backend.students.plain_words import plain_words
from tests.backend.students.test_examples import in_context, show
from tests.backend.students.workloads import ask

LARGE = "local/linear-large"


@pytest.mark.parametrize("student", list(STUDENTS))
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two payments on one invoice", "[[Billing]]"),
        ("Tracking says the couriers lost it", "[[Delivery]]"),
        ("my passwords are gone", "[[Login]]"),
    ],
)
def test_the_label_whose_description_shares_words_is_answered(student: str, text: str, expected: str) -> None:
    assert answer(student, None, ask(text)).message == {"role": "assistant", "content": expected}


def test_a_text_that_shares_nothing_gets_the_label_in_doubt() -> None:
    assert answer(LARGE, None, ask("qwxz vvv")).message["content"] == "[[Other]]"


def test_a_close_example_outweighs_the_descriptions() -> None:
    request = in_context(show("it never came to me", "assistant: [[delivery]]"))

    assert answer(LARGE, None, ask("it never came")).message["content"] == "[[Other]]"
    assert answer(LARGE, None, request).message["content"] == "[[delivery]]"


def test_an_example_may_bring_a_label_that_the_prompt_does_not_list() -> None:
    request = in_context(show("it never came to me", "assistant: [[lost goods]]"))

    assert answer(LARGE, None, request).message["content"] == "[[lost goods]]"


def test_examples_alone_are_enough() -> None:
    messages = [
        {"role": "system", "content": "Sort."},
        {"role": "user", "content": "parcel is late"},
        {"role": "assistant", "content": '{"topic": "delivery"}'},
        {"role": "user", "content": "forgot password"},
        {"role": "assistant", "content": '{"topic": "login"}'},
        {"role": "user", "content": "which password"},
    ]

    assert answer(LARGE, None, {"messages": messages}).message["content"] == '{"topic": "login"}'


def test_names_are_read_as_words() -> None:
    request = {
        "messages": [
            {
                "role": "system",
                "content": 'Intents:\n1. card_arrival\n2. ATMFee\n3. top_up\nJSON: {"intent": "<intent>"}',
            },
            {"role": "user", "content": "when will my card arrive"},
        ]
    }

    assert answer(LARGE, None, request).message["content"] == '{"intent": "card_arrival"}'


def test_without_labels_the_first_line_of_the_text_comes_back() -> None:
    request = {
        "messages": [{"role": "system", "content": "Write a poem."}, {"role": "user", "content": "The sea\nblue"}]
    }

    assert answer(LARGE, None, request).message["content"] == "The sea"


def test_an_empty_request_is_answered_too() -> None:
    assert answer(LARGE, None, {"messages": []}).message["content"] == ""


def test_plain_words_take_names_apart_and_drop_function_words() -> None:
    assert plain_words("Why is the ATMFee card_arrival_2024 not Über?") == "atm fee card arrival 2024 über"
