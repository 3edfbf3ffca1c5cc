"""Hints of personal data in logged texts: e-mail addresses, telephone, card and bank account numbers.

Numbers count only where their check digits agree (cards: Luhn, ISO/IEC 7812-1; accounts: ISO 13616, modulo 97) or
their form is that of a telephone number (E.164: up to 15 digits). A hint is no proof and its absence none either.
System messages are not looked at: they are the application's own words.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from core.scoring import answer_message, content_text

SHOWN = 2  # characters of a finding that are not blotted out, at either end
CARD_DIGITS = (13, 19)
PHONE_DIGITS = (8, 15)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_DIGITS = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ().\-/]{0,2}\d){7,18}(?![\w.]?\d)")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_NATIONAL = re.compile(r"\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}|\(?0\d{1,4}\)?[ /\-]\d[\d \-]{4,}")


class PersonalData(StrEnum):
    """What a text may hold."""

    EMAIL = "email"  # an e-mail address
    PHONE = "phone"  # a telephone number
    CARD = "card"  # a payment card's number
    ACCOUNT = "account"  # an international bank account number


class Finding(NamedTuple):
    """One hint; `masked` shows its ends only."""

    kind: PersonalData
    masked: str


def find_in_record(body: Mapping[str, object]) -> list[Finding]:
    """Return the hints in a log record's conversation and answer, at most one of each kind."""
    found = {finding.kind: finding for text in _texts(body) for finding in find_personal_data(text)}
    return [found[kind] for kind in PersonalData if kind in found]


def find_personal_data(text: str) -> list[Finding]:
    """Return the hints in a text, in the order of kinds."""
    found: list[Finding] = []
    if "@" in text:
        found += [Finding(PersonalData.EMAIL, _mask(match[0])) for match in _EMAIL.finditer(text)]
    for match in _ACCOUNT.finditer(text):
        if _is_account(match[0]):
            found.append(Finding(PersonalData.ACCOUNT, _mask(match[0])))
            text = text.replace(match[0], " ")
    for match in _DIGITS.finditer(text):
        kind = _kind_of_number(match[0])
        if kind is not None:
            found.append(Finding(kind, _mask(match[0])))
    return found


def _texts(body: Mapping[str, object]) -> Iterator[str]:
    request, response = body.get("request"), body.get("response")
    messages = request.get("messages") if isinstance(request, dict) else None
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict) and message.get("role") not in ("system", "developer"):
            yield content_text(message.get("content"))
    answer = answer_message(response if isinstance(response, dict) else None)
    if answer is not None:
        yield content_text(answer.get("content"))


def _kind_of_number(text: str) -> PersonalData | None:
    digits = re.sub(r"\D", "", text)
    if len(set(digits)) < 2:
        return None
    if CARD_DIGITS[0] <= len(digits) <= CARD_DIGITS[1] and digits[0] in "23456" and _passes_luhn(digits):
        return PersonalData.CARD
    is_phone = text.startswith("+") or _NATIONAL.fullmatch(text)
    return PersonalData.PHONE if is_phone and PHONE_DIGITS[0] <= len(digits) <= PHONE_DIGITS[1] else None


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _is_account(text: str) -> bool:
    compact = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1


def _mask(text: str) -> str:
    return f"{text[:SHOWN]}…{text[-SHOWN:]}"
