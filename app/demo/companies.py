"""The invented companies, brokers and agencies of the demo. None of them exists; nothing here is news about anybody."""

import random
from dataclasses import dataclass

_STEMS = (
    "Norvane Ostrelle Calvessa Tremelin Bryndale Halvorsa Quorvia Mardello Pellucor Sandrivo Tavistane Verrano Wexmoor "
    "Yarrowby Zephrane Aldermont Boskova Dunmarrow Elstavia Fennimar Garrowe Hollenby Jarrowmill Kolvane Lindaro "
    "Merrowind Orrinvale Prestavia Quillmark Ravenholt Selkarra Thornavia Vantorra Windermark Xandrell Zorvane "
    "Ambrosel Brackwell Cindermere Dovelane Emberlin Farrowgate Glenvarra Hexamore Junovar Larkstead Mossgrave "
    "Oakhollow Pinecross Quarrystone Rookwater Silverbeck Tarnhill Underwick Valecrest Castermoor Draymont Eastrella "
    "Felstead Greycombe Harrowby Ivenmoor Kestelle Lorrimar"
)

# Sector: endings of its companies' names, and what they sell.
SECTORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pharma": (
        ("Therapeutics", "Pharma", "Biosciences"),
        ("insulin pen", "glucose sensor", "asthma inhaler", "migraine patch", "diagnostic kit", "infusion pump"),
    ),
    "software": (
        ("Software", "Systems", "Cloud"),
        (
            "payments platform",
            "security suite",
            "billing software",
            "analytics service",
            "workflow app",
            "data platform",
        ),
    ),
    "chips": (
        ("Semiconductor", "Devices"),
        ("AI accelerator", "automotive chip", "memory module", "5G modem", "power controller", "image sensor"),
    ),
    "bank": (
        ("Bancorp", "Financial", "Trust"),
        ("credit card", "mortgage app", "savings account", "small-business loan", "wealth platform", "debit card"),
    ),
    "energy": (
        ("Energy", "Petroleum", "Solar"),
        ("home battery", "green power plan", "LNG supply service", "charging tariff", "solar roof", "heat pump line"),
    ),
    "airline": (("Airways", "Air Lines"), ("Lisbon route", "cargo service", "loyalty program", "premium cabin")),
    "retail": (
        ("Stores", "Outfitters", "Foods"),
        (
            "grocery delivery service",
            "private-label range",
            "outdoor line",
            "sneaker line",
            "store concept",
            "meal kit",
        ),
    ),
    "industry": (
        ("Industries", "Steel", "Aerospace"),
        ("turbine", "cargo drone", "radar system", "packaging line", "forklift range", "rail brake system"),
    ),
    "autos": (("Motors", "Mobility"), ("electric SUV", "pickup", "charging network", "robotaxi service", "city car")),
    "telecom": (("Wireless", "Communications"), ("fiber network", "5G plan", "streaming bundle", "satellite link")),
    "mining": (
        ("Mining", "Metals"),
        ("copper concentrate", "battery-grade lithium", "low-carbon nickel", "recycled gold"),
    ),
}

BROKERS = (
    "Harlow & Pryce", "Castellan Securities", "Nordvik Markets", "Bridgemount Capital", "Ashdown Partners",
    "Tellworth",
    "Rowan Street Research", "Cobalt Row", "Lennart Bros.", "Pike & Amory", "Dunsmuir Capital", "Varga Hale",
    "Easterbrook", "Stanhope Equities", "Marlowe Reed", "Quayside Research", "Finch Lowell", "Tremont & Vale",
)  # fmt: skip
CREDIT_AGENCIES = ("Corvane Ratings", "Albion Ratings", "Meridian Credit", "Lumen Ratings", "Harbour Credit")
PEOPLE = (
    "Anna Lindqvist", "Marcus Oyelaran", "Priya Raman", "Tomas Havel", "Claire Dufour", "Kenji Mori", "Elena Rossi",
    "David Achterberg", "Sofia Marques", "Peter Halloran", "Ingrid Solberg", "Rafael Nunez", "Grace Whitcombe",
    "Amir Dastan", "Julia Brandt", "Leon Fischer", "Hannah Oakes", "Victor Petrescu", "Mei Tanaka", "Owen Gallagher",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Company:
    """One invented company. `sector` is a key of `SECTORS`."""

    name: str
    ticker: str
    sector: str


def make_companies(generator: random.Random) -> tuple[Company, ...]:
    """Return two companies for each invented stem, in random order; tickers are unique."""
    companies: list[Company] = []
    tickers: set[str] = set()
    for stem in sorted(_STEMS.split()):
        for sector in generator.sample(sorted(SECTORS), 2):
            ending = generator.choice(SECTORS[sector][0])
            ticker = _make_ticker(stem, ending, generator, taken=tickers)
            tickers.add(ticker)
            companies.append(Company(name=f"{stem} {ending}", ticker=ticker, sector=sector))
    generator.shuffle(companies)
    return tuple(companies)


def _make_ticker(stem: str, ending: str, generator: random.Random, *, taken: set[str]) -> str:
    """Return the first letter of the stem, two later ones in order, and the ending's first letter."""
    while True:
        places = sorted(generator.sample(range(1, len(stem)), 2))
        ticker = (stem[0] + "".join(stem[place] for place in places) + ending[0]).upper()
        if ticker not in taken:
            return ticker
