"""The 13 categories of the demo's headlines, as the teacher writes them: how frequent, which wins, what is confused."""

# Shares of the categories in the traffic, in per cent; what matters is uneven sizes with rare classes.
SHARES: dict[str, float] = {
    "stock price movement": 22,
    "other": 20,
    "earnings": 12,
    "price targets": 9,
    "analyst rating": 9,
    "products-services": 7,
    "guidance": 6,
    "mergers and acquisitions": 5,
    "regulatory": 4,
    "labour issues": 2.5,
    "dividends": 2,
    "product approval": 1,
    "credit ratings": 0.5,
}

# When a headline tells two events, the earlier category wins; the prompt says so.
PRIORITY = (
    "price targets", "mergers and acquisitions", "regulatory", "product approval", "guidance", "earnings",
    "dividends",
    "labour issues", "credit ratings", "analyst rating", "stock price movement", "products-services", "other",
)  # fmt: skip

# What a careless reader, and so the teacher, takes a category for.
CONFUSED_WITH: dict[str, tuple[str, ...]] = {
    "analyst rating": ("price targets", "other"),
    "price targets": ("analyst rating",),
    "earnings": ("guidance", "stock price movement"),
    "labour issues": ("other", "products-services"),
    "mergers and acquisitions": ("products-services", "other"),
    "dividends": ("earnings", "other"),
    "regulatory": ("other", "products-services"),
    "stock price movement": ("other", "earnings"),
    "credit ratings": ("analyst rating", "regulatory"),
    "products-services": ("other", "regulatory"),
    "product approval": ("regulatory", "products-services"),
    "guidance": ("earnings", "other"),
    "other": ("stock price movement", "products-services"),
}
