"""Who did something, as a name: rows keep ids, pages show people."""

from app.ui import identity


def name_person(actor: str) -> str:
    """Return the person's name, or the id of someone (or something, as the API) without an account."""
    account = identity.find_account(actor)
    return account.name if account else actor
