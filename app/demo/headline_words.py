"""The words that fill the slots of the demo's headline templates; numbers and names come from elsewhere."""

WORDS: dict[str, tuple[str, ...]] = {
    "rating": (
        "Buy", "Hold", "Neutral", "Outperform", "Overweight", "Underperform", "Sell", "Equal-Weight",
        "Market Perform",
        "Underweight", "Strong Buy",
    ),
    "better": ("Buy", "Outperform", "Overweight", "Strong Buy", "Accumulate"),
    "worse": ("Hold", "Neutral", "Underperform", "Sell", "Underweight", "Reduce"),
    "worry": (
        "weak demand", "rising costs", "slowing orders", "currency swings", "high inventories", "margin pressure",
        "soft consumer spending", "supply delays", "competition",
    ),
    "hope": (
        "strong demand", "cost savings", "order growth", "better margins", "subscriber growth", "pricing power",
        "a recovering market", "cloud growth",
    ),
    "quarter": ("Q1", "Q2", "Q3", "Q4", "first-quarter", "second-quarter", "third-quarter", "fourth-quarter"),
    "month": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "moved": ("rose", "fell", "up", "down", "climbed", "slipped"),
    "place": (
        "Ohio", "Germany", "Texas", "Brazil", "India", "Mexico", "Canada", "Poland", "Vietnam", "Singapore", "Spain",
        "Japan", "Nevada", "Ireland", "Chile",
    ),
    "regulator": (
        "FTC", "SEC", "EU Commission", "Justice Department", "EPA", "FCC", "FAA", "Treasury", "UK CMA", "CFPB",
        "state attorney general",
    ),
    "matter": (
        "privacy", "emissions", "pricing", "antitrust", "safety", "accounting", "marketing", "data breach",
        "export licence",
        "water permit",
    ),
    "session": ("in early trading", "premarket", "after hours", "at midday", "this morning", "after the close"),
    "index": ("Dow", "Nasdaq", "S&P 500", "Russell 2000", "FTSE 100", "DAX"),
    "grade": ("BBB-", "BB+", "A-", "B", "BBB", "AA-", "BB", "B+", "A"),
    "outlook": ("stable", "negative", "positive"),
    "customer": (
        "the U.S. Navy", "NASA", "the state of Ohio", "the Dutch railways", "the city of Austin", "the army",
    ),
    "drug": (
        "velorimab", "tasmeclib", "ondravir", "quelistat", "pervozole", "lumitinib", "arvexan", "belcaptide",
        "zomirelin",
    ),
    "disease": ("asthma", "breast cancer", "diabetes", "lupus", "migraine", "psoriasis", "heart failure", "epilepsy"),
    "approver": ("FDA", "EMA", "Health Canada", "the European Commission", "Swissmedic"),
    "year": ("2025", "2026", "2027", "fiscal 2026"),
    "theme": (
        "chip", "bank", "airline", "solar", "retail", "biotech", "gold", "housing", "AI", "shipping", "utility",
    ),
    "data": ("CPI", "jobs report", "retail sales", "Fed minutes", "housing starts", "jobless claims", "PMI", "GDP"),
    "ordinal": ("second", "third", "fourth", "fifth"),
    "small": ("2", "3", "4", "10"),
}  # fmt: skip
