"""Hints of personal data: what has check digits must pass them, what is found is blotted out."""

import pytest

from core.datasets import PersonalData
from core.datasets.personal_data import Finding, find_in_record, find_personal_data
from tests.datasets.logged import asked, body_of, says


def kinds(text: str) -> list[PersonalData]:
    return [finding.kind for finding in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jane.doe+x@mail.example.co.uk please", PersonalData.EMAIL),
        # Card numbers for testing, published by payment providers.
        ("my card 4111 1111 1111 1111 was refused", PersonalData.CARD),
        ("5555-5555-5555-4444", PersonalData.CARD),
        ("378282246310005", PersonalData.CARD),
        # The examples of the IBAN registry.
        ("IBAN GB29 NWBK 6016 1331 9268 19.", PersonalData.ACCOUNT),
        ("DE89370400440532013000", PersonalData.ACCOUNT),
        ("call +49 (30) 1234-5678", PersonalData.PHONE),
        ("call 030 12345678 today", PersonalData.PHONE),
        ("(212) 555-0175", PersonalData.PHONE),
    ],
)
def test_personal_data_is_found(text: str, kind: PersonalData) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4111 1111 1111 1112",  # wrong check digit
        "GB29 NWBK 6016 1331 9268 18",  # wrong check digits
        "order 20250601123456, ticket 000000000000",
        "on 2025-06-01 at 12:30:45 the index closed at 12,345.67",
        "version 1.2.3.4 of 10.11.12.13",
        "the user @home said hi@",
        "AB12 is a code, FR76 too",
    ],
)
def test_numbers_and_words_of_other_kinds_are_not(text: str) -> None:
    assert kinds(text) == []


def test_findings_show_their_ends_only() -> None:
    (finding,) = find_personal_data("4111 1111 1111 1111")

    assert finding == Finding(PersonalData.CARD, "41…11")


def test_conversation_and_answer_are_looked_at_once_per_kind_and_the_system_message_is_not() -> None:
    request = asked("I am jo@example.com or jo2@example.com", system="Our hotline is +1 212 555 0175.")

    found = find_in_record(body_of(request, says("We will call +1 212 555 0199.")))

    assert [finding.kind for finding in found] == [PersonalData.EMAIL, PersonalData.PHONE]


def test_long_text_without_findings_is_quick() -> None:
    # Patterns that backtrack would take minutes here.
    for text in ("1 " * 20_000, "a@" * 20_000, "x." * 20_000 + "@", "AB12 " * 10_000, "(0) " * 10_000):
        assert len(find_personal_data(text)) < 20_000
