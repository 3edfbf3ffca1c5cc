"""Customer messages of an invented bicycle shop, routed to one of 18 intents; answers are JSON.

Hard on purpose: few records, messages that touch two matters or hardly say anything, and a teacher that decides
neighbouring intents now one way, now the other. No student should be approved on this workload.
"""

import random
import re
from collections.abc import Sequence

from app.demo.envelopes import Exchange

_UNSURE_SHARE = 0.14  # of the answers go to a neighbouring intent
_VAGUE_SHARE = 0.14  # of the messages say next to nothing
_TWO_MATTERS_SHARE = 0.20
_SLOT = re.compile(r"\{([a-z]+)\}")

FRAMES: dict[str, tuple[str, ...]] = {
    "order_status": (
        "where is my order {order}", "any news on {order}?", "I ordered {item} {ago} and heard nothing since",
        "can you check what happens with my {item}", "still says processing for {order}",
    ),
    "delivery_delay": (
        "my {item} was due {ago} and did not come", "the courier keeps postponing {order}",
        "tracking has not moved {ago}",
        "promised for last week, nothing arrived", "delivery date slipped again",
    ),
    "missing_parcel": (
        "tracking says delivered but there is no parcel", "only one of two boxes came",
        "the driver left it somewhere, not here",
        "it was marked as handed over but nobody was home",
    ),
    "damaged_item": (
        "the {item} arrived with a bent {part}", "box was crushed and the {part} is scratched",
        "{part} cracked out of the box",
        "paint is chipped on my new {item}",
    ),
    "wrong_item": (
        "I got a {item} instead of what I ordered", "wrong size in the box",
        "you sent the blue one, I asked for black",
        "this is not the {item} I chose",
    ),
    "return_item": (
        "I want to send the {item} back", "how do I return {order}", "need a return label",
        "doesn't fit, how to return it",
    ),
    "exchange_item": (
        "can I swap the {item} for a larger one", "exchange for another color please", "would like a different size",
        "change it for the other model",
    ),
    "refund_request": (
        "I want my money back for {order}", "please refund the {item}", "not happy, refund please",
        "cancel and pay me back",
    ),
    "refund_status": (
        "returned the {item} {ago}, where is the money", "refund for {order} not on my card yet",
        "when do I get paid back",
        "you confirmed the return but nothing was credited",
    ),
    "cancel_order": (
        "please cancel {order}", "I ordered twice by mistake, stop one", "don't ship it, I changed my mind",
        "stop my order",
    ),
    "change_address": (
        "I moved, send {order} to the new address", "typo in my street, can you fix it",
        "deliver to my office instead",
    ),
    "payment_failed": (
        "card was declined at checkout", "payment does not go through", "checkout hangs after I enter the code",
        "paid but the order shows unpaid",
    ),
    "double_charge": (
        "I was charged twice for {order}", "two bookings on my statement", "you took the amount two times",
    ),
    "invoice_copy": (
        "need an invoice for {order}", "send me the receipt with our company name", "VAT number missing on the bill",
    ),
    "discount_code": ("code {code} does not work", "the voucher was not applied", "forgot to enter my coupon"),
    "account_login": ("cannot log in", "password reset mail never comes", "my account is locked"),
    "warranty_claim": (
        "the {part} broke after {months} months", "is the {part} covered by warranty",
        "battery of the {item} is dead",
        "{part} makes a noise since {ago}",
    ),
    "product_question": (
        "does the {item} fit riders of 1.90", "is the {part} compatible with older frames",
        "when is the {item} back in stock",
        "which {part} do I need for it",
    ),
}  # fmt: skip
NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "order_status": ("delivery_delay",), "delivery_delay": ("order_status", "missing_parcel"),
    "missing_parcel": ("delivery_delay", "order_status"), "damaged_item": ("warranty_claim", "return_item"),
    "wrong_item": ("exchange_item", "return_item"), "return_item": ("exchange_item", "refund_request"),
    "exchange_item": ("return_item", "wrong_item"), "refund_request": ("return_item", "cancel_order"),
    "refund_status": ("refund_request",), "cancel_order": ("refund_request", "change_address"),
    "change_address": ("order_status",), "payment_failed": ("double_charge", "discount_code"),
    "double_charge": ("payment_failed", "refund_request"), "invoice_copy": ("order_status",),
    "discount_code": ("payment_failed",), "account_login": ("payment_failed",),
    "warranty_claim": ("damaged_item", "product_question"), "product_question": ("warranty_claim", "order_status"),
}  # fmt: skip
_VAGUE = (
    "hello?", "it still doesn't work", "where is it??", "please help", "second mail, no answer yet",
    "same problem as before",
    "what now", "this is not what I expected", "can somebody call me", "see attached photo",
    "I want to talk to a person",
    "any update?", "wrong again",
)  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "item": (
        "gravel bike", "city bike", "child seat", "helmet", "e-bike", "pannier", "lock", "rain jacket", "trailer",
        "folding bike", "saddle", "pump",
    ),
    "part": (
        "fork", "derailleur", "rear wheel", "display", "brake", "chain guard", "pedal", "frame", "motor", "bell",
    ),
    "ago": ("two weeks ago", "since Monday", "ten days ago", "last Friday", "since yesterday", "a month ago"),
    "code": ("SPRING10", "RIDE15", "WELCOME5", "HELMET20"),
    "months": ("three", "seven", "14", "20"),
}  # fmt: skip
_OPENINGS = ("", "", "", "Hi, ", "Hello, ", "Good morning, ", "hey ", "Dear team, ")
_CLOSINGS = ("", "", "", " Thanks", " please hurry", " Regards, Tom", " asap", " Thank you!", " :(")

SYSTEM = (
    "You route messages of customers of an online bicycle shop to one intent. Intents:\n"
    + "\n".join(f"{number}. {intent}" for number, intent in enumerate(FRAMES, start=1))
    + '\nAnswer with JSON only: {"intent": "<one of the intents>"}'
)


class SupportDesk:
    """Writes messages and the teacher's answers with one random generator."""

    def __init__(self, generator: random.Random) -> None:
        self._random = generator

    def ask_teacher(self) -> Exchange:
        """Return the next message with the teacher's answer."""
        intent = self._random.choices(list(FRAMES), [1 / (place + 4) for place in range(len(FRAMES))])[0]
        text = self._write(intent)
        unsure = self._random.random() < _UNSURE_SHARE
        answered = self._random.choice(NEIGHBOURS[intent]) if unsure else intent
        return Exchange(
            messages=(
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": f'Customer message:\n"""\n{text}\n"""'},
            ),
            answer={"role": "assistant", "content": f'{{"intent": "{answered}"}}'},
        )

    def _write(self, intent: str) -> str:
        chance = self._random.random()
        if chance < _VAGUE_SHARE:
            body = self._random.choice(_VAGUE)
            if self._random.random() < 0.6:
                body = f"{body} {self._order()}"
        elif chance < _VAGUE_SHARE + _TWO_MATTERS_SHARE:
            other = self._random.choice(NEIGHBOURS[intent])
            joint = self._random.choice((", also ", ". And ", " and ", "... "))
            body = f"{self._fill(FRAMES[intent])}{joint}{self._fill(FRAMES[other])}"
        else:
            body = self._fill(FRAMES[intent])
        text = f"{self._random.choice(_OPENINGS)}{body}{self._random.choice(_CLOSINGS)}"
        return self._mistype(text) if self._random.random() < 0.25 else text

    def _fill(self, frames: Sequence[str]) -> str:
        def fill_slot(slot: re.Match[str]) -> str:
            return self._order() if slot[1] == "order" else self._random.choice(_WORDS[slot[1]])

        return _SLOT.sub(fill_slot, self._random.choice(frames))

    def _order(self) -> str:
        return f"{self._random.choice(('#', 'order ', 'no. '))}{self._random.randint(10_400, 98_700)}"

    def _mistype(self, text: str) -> str:
        """Swap two neighbouring letters, as fast fingers do."""
        place = self._random.randrange(1, max(2, len(text) - 2))
        return text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
