"""Financial headlines in 13 categories, and the prompt that asks for the category.

A headline is a template filled with invented names and numbers; some tell two events, which the prompt's rules of
priority decide. The teacher errs now and then, towards the categories a careless reader would choose, and more often
where a headline tells two events. The truth is known here and becomes gold for the records that a person is said to
have checked.
"""

import random
import re
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from app.demo.companies import BROKERS, CREDIT_AGENCIES, PEOPLE, SECTORS, Company
from app.demo.envelopes import Exchange
from app.demo.headline_categories import CONFUSED_WITH, PRIORITY, SHARES
from app.demo.headline_templates import SECOND_EVENTS, TEMPLATES
from app.demo.headline_words import WORDS

GOLD_SHARE = 0.5  # of the headlines were checked by a person
_ERROR_SHARE = 0.03  # of the teacher's answers
_ERROR_SHARE_TWO_EVENTS = 0.1
_TWO_EVENTS_SHARE = 0.08  # of the headlines whose company comes first
_WORDY_SHARE = 0.01  # of the answers come with words around the brackets
_SLOT = re.compile(r"\{([a-z]+)\d?\}")

SYSTEM = "You are a financial news classifier."
PROMPT = """You are a helpful AI assistant that reads financial news headlines and decides what kind of event is described.
You will classify each headline into exactly one of the following categories (in square brackets).

- [Analyst Rating]: A named analyst, broker or bank gives a rating, an upgrade, a downgrade or an opinion on a company. Without both an analyst and a company it is OTHER.
- [Price Targets]: A price target is given, raised or cut. Overrides every other category.
- [Earnings]: Realised quarterly or monthly results: revenue, EPS, traffic, deliveries, percentage changes. Expectations are Guidance.
- [Labour Issues]: Layoffs, unions, strikes, pay, and changes of key people such as CEO or CFO.
- [Mergers and Acquisitions]: Companies merging with, buying or selling one another. Partnerships do not count. Takes priority.
- [Dividends]: Dividends declared, raised, cut, suspended or paid.
- [Regulatory]: Regulators, laws, lawsuits, licences, patents, environment, repayment of debt. Takes priority.
- [Stock price movement]: A named stock rises or falls, reaches a high or low, prices an offering, or sees unusual option activity. Not splits.
- [Credit Ratings]: A rating agency rates or revises the borrowing capacity of a company.
- [Products-Services]: A particular product or service, contracts, partnerships, roll-outs and delays.
- [Product Approval]: Approval of drugs or devices by an authority, or acceptance for its review.
- [Guidance]: The company's own forward-looking statements on revenue, EPS or sales.
- [OTHER]: Anything else: market overviews, events, insider trades, no specific company.

ATTENTION:
  - Match precisely; [OTHER] is the default category when in doubt
  - A headline that names no specific company is OTHER
  - If two events are told, the categories that override or take priority decide

Examples:
Norvane Trust stock gains 7% after Castellan Securities raises it to Overweight -> [[analyst rating]]
Tellworth keeps Buy on Brackwell Motors, lowers price target to $104 -> [[price targets]]
Quorvia Devices Q3 adjusted EPS $0.61 vs. $0.55 estimate -> [[earnings]]
Yarrowby Airways offers staff buyouts and early retirement -> [[labour issues]]
Lindaro Foods to be bought by Emberlin Stores at $31 a share -> [[mergers and acquisitions]]
Harrowby Energy lifts quarterly dividend by 12% -> [[dividends]]
Felstead Steel obtains ISO 9001 and 14001 certification -> [[regulatory]]
Dow up 200 points; Zorvane Systems spikes 9% -> [[stock price movement]]
Albion Ratings affirms Tarnhill Bancorp, outlook now negative -> [[credit ratings]]
Rookwater Aerospace awarded Air Force contract for training drones -> [[products-services]]
FDA accepts Calvessa Pharma's resubmitted asthma drug for review -> [[product approval]]
Junovar Cloud expects Q4 EPS of $0.40 to $0.45 -> [[guidance]]
Director of Oakhollow Metals buys shares, Form 4 shows -> [[other]]

Given the following headline:

### START HEADLINE ###

{headline}

### END HEADLINE ###

Which category fits best? Answer only with the predicted class in double square brackets, like [[class]]"""  # noqa: E501


class Headline(NamedTuple):
    """A headline, its true category, and whether it tells two events."""

    text: str
    category: str
    tells_two: bool


class HeadlineDesk:
    """Writes headlines about `companies`, and the teacher's answers, with one random generator."""

    def __init__(self, companies: Sequence[Company], generator: random.Random) -> None:
        self._companies, self._random = companies, generator
        self._fame = list(accumulate(1 / (rank + 5) for rank in range(len(companies))))  # some are in the news more

    def write(self) -> Headline:
        """Return the next headline."""
        category = self._random.choices(list(SHARES), list(SHARES.values()))[0]
        sector, _, template = self._choose(TEMPLATES[category]).rpartition("|")
        text = self._fill(template, sector=sector)
        truth, tells_two = category, False
        if template.startswith("{company} ") and category != "other" and self._random.random() < _TWO_EVENTS_SHARE:
            second = self._random.choice([name for name in SECOND_EVENTS if name != category])
            text = f"{text}; {self._fill(self._choose(SECOND_EVENTS[second]), sector='')}"
            truth, tells_two = min(category, second, key=PRIORITY.index), True
        return Headline(text=self._dress(text), category=truth, tells_two=tells_two)

    def ask_teacher(self) -> Exchange:
        """Return the question about the next headline with the teacher's answer, right or wrong."""
        headline = self.write()
        error_share = _ERROR_SHARE_TWO_EVENTS if headline.tells_two else _ERROR_SHARE
        errs = self._random.random() < error_share
        label = self._random.choice(CONFUSED_WITH[headline.category]) if errs else headline.category
        wordy = self._random.random() < _WORDY_SHARE
        return Exchange(
            messages=(
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": PROMPT.replace("{headline}", headline.text)},
            ),
            answer={"role": "assistant", "content": f"The category is [[{label}]]." if wordy else f"[[{label}]]"},
            gold=headline.category if self._random.random() < GOLD_SHARE else None,
        )

    def _choose(self, templates: Sequence[str]) -> str:
        """Choose one; the first are the most frequent."""
        return self._random.choices(templates, [1 / (place + 2) for place in range(len(templates))])[0]

    def _company(self, sector: str) -> Company:
        while True:
            company = self._random.choices(self._companies, cum_weights=self._fame)[0]
            if sector in ("", company.sector):
                return company

    def _fill(self, template: str, *, sector: str) -> str:
        company = self._company(sector)
        values: dict[str, Callable[[], str]] = {
            "ticker": lambda: company.ticker,
            "sector": lambda: company.sector,
            "product": lambda: self._random.choice(SECTORS[company.sector][1]),
            "broker": lambda: self._random.choice(BROKERS),
            "agency": lambda: self._random.choice(CREDIT_AGENCIES),
            "person": lambda: self._random.choice(PEOPLE),
            **self._amounts(),
            **self._figures(),
        }

        def fill_slot(slot: re.Match[str]) -> str:
            if slot[0] == "{company}":
                return company.name
            if slot[1] == "company":
                return self._company("").name
            return values[slot[1]]() if slot[1] in values else self._random.choice(WORDS[slot[1]])

        return _SLOT.sub(fill_slot, template)

    def _amounts(self) -> dict[str, Callable[[], str]]:
        """Return the amounts of one headline that have to fit one another: prices, earnings a share, sales."""
        draw = self._random
        price = draw.choice((draw.randint(6, 40), draw.randint(40, 180), draw.randint(180, 620)))
        earnings = draw.uniform(0.05, 3.2)
        sales, unit = draw.choice(((draw.uniform(60, 990), "mln"), (draw.uniform(1, 14), "bln")))

        def money(factor: float) -> str:
            return f"{sales * factor:.{0 if unit == 'mln' else 2}f} {unit}"

        near = draw.uniform(0.9, 1.08)
        return {
            "price": lambda: str(price),
            "lower": lambda: str(max(1, round(price * draw.uniform(0.72, 0.94)))),
            "eps": lambda: f"{earnings:.2f}",
            "near": lambda: f"{earnings * near:.2f}",
            "above": lambda: f"{earnings * 1.07 + 0.01:.2f}",
            "sales": lambda: money(1.0),
            "consensus": lambda: money(near),
            "most": lambda: money(1.04),
        }

    def _figures(self) -> dict[str, Callable[[], str]]:
        """Return the figures that stand alone."""
        draw = self._random
        return {
            "cents": lambda: f"{draw.uniform(0.04, 0.9):.2f}",
            "money": lambda: draw.choice((f"{draw.randint(40, 990)} mln", f"{draw.uniform(1, 9):.1f} bln")),
            "percent": lambda: draw.choice((str(draw.randint(2, 12)), f"{0.4 + draw.expovariate(0.3):.1f}")),
            "count": lambda: f"{draw.choice((draw.randint(1, 40) * 100, draw.randint(1, 20) * 1_000)):,}",
            "points": lambda: str(draw.randint(4, 40) * 10),
        }

    def _dress(self, text: str) -> str:
        """Add what news wires add: prefixes, sources, capitals, a lost tail."""
        chance = self._random.random()
        if chance < 0.05:
            return f"UPDATE {self._random.randint(1, 3)}-{text}"
        if chance < 0.08:
            return f"BRIEF-{text}"
        if chance < 0.11:
            return f"{text} - sources"
        if chance < 0.13:
            return text.upper()
        if chance < 0.15 and "; " not in text:
            return f"{text[: max(40, int(len(text) * 0.75))].rstrip()}..."
        return text[0].upper() + text[1:]
