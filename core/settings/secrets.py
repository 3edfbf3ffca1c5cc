"""Secrets by reference: the only way a secret enters the product.

A setting holds `env:NAME` or `file:/path`, with a leading word where a header wants one (`Bearer env:NAME`). The value
is read at the moment of use and kept nowhere.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from core.errors import InputError

REFERENCE = re.compile(r"(?:(?P<scheme>[A-Za-z]+) )?(?P<target>(?P<kind>env|file):(?P<name>\S.*))")


def is_reference(value: str) -> bool:
    """Tell whether a setting's value points to a secret."""
    return REFERENCE.fullmatch(value) is not None


def resolve_secret(reference: str, *, environ: Mapping[str, str] | None = None) -> str:
    """Return the secret that a reference points to, with the reference's leading word if it has one.

    Surrounding blanks and line ends are dropped. Raises `InputError` that names the reference, never the value.
    """
    match = REFERENCE.fullmatch(reference)
    if not match:
        raise InputError("a secret must be given as env:NAME or file:/path, not as itself")
    if match["kind"] == "env":
        secret = (os.environ if environ is None else environ).get(match["name"], "").strip()
    else:
        secret = _read_file(match["target"], Path(match["name"]).expanduser())
    if not secret:
        raise InputError(f"the secret {match['target']} is not set or empty")
    return f"{match['scheme']} {secret}" if match["scheme"] else secret


def has_password(url: str) -> bool:
    """Tell whether an address holds a password."""
    return not is_reference(url) and ":" in urlsplit(url).netloc.rpartition("@")[0]


def without_password(url: str) -> str:
    """Return the address with `***` in place of a password."""
    if not has_password(url):
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))


def _read_file(target: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"the secret {target} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the secret {target} is not UTF-8 text") from error
