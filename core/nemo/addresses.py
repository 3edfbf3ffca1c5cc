"""Where a service is and what is sent along with every request to it.

Owns the secrets of the headers: they go to the service's own origin only, and into no message, log line or
representation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from core.errors import InputError

SHORTEST_SECRET_CHARACTERS = 4
"""Shorter words are not looked for in texts: taking out every `a` would hide nothing and spoil the text."""


@dataclass(frozen=True, kw_only=True)
class ServiceAddress:
    """One service under the words of a message; `setting` is the prefix of its keys (`nemo.nim`).

    `headers` hold resolved secrets. Raises `InputError` for a header that cannot be sent, without quoting it.
    """

    name: str
    url: str
    setting: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if not (_is_sendable(name) and _is_sendable(value)):
                setting = f"{self.setting}_headers.{name}"
                raise InputError(
                    f"{setting}: name and value must be one line of printable ASCII; correct the secret it refers to",
                    field=setting,
                )

    def __str__(self) -> str:
        return f"the {self.name} at {self.url}"

    def owns(self, url: str) -> bool:
        """Tell whether a path or an address belongs to this service's origin (scheme, host and port)."""
        return urlsplit(urljoin(self.url, url))[:2] == urlsplit(self.url)[:2]

    def without_secrets(self, text: str) -> str:
        """Return a text from outside with our secrets blotted out: `Bearer abc` as a whole and as `abc`."""
        values = list(self.headers.values())
        secrets = {*values, *(word for value in values for word in value.split()[1:])}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***") if len(secret) >= SHORTEST_SECRET_CHARACTERS else text
        return text


def _is_sendable(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()
