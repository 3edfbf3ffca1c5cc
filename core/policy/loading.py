"""Reading a policy: from a file somebody wrote, or from what a decision stored."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import near_miss
from core.policy.errors import PolicyError
from core.policy.model import CriticalClass, Policy


def load_policy(path: Path | None = None) -> Policy:
    """Return the policy of a TOML file; the defaults without one. Raises `PolicyError`, naming file and rule."""
    if path is None:
        return Policy()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"the policy {path} cannot be read: {error.strerror}", field="policy") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise PolicyError(f"{path} is not valid TOML: {error}", line=int(line[1]) if line else None) from error
    return parse_policy(values, source=str(path))


def parse_policy(values: Mapping[str, Any], *, source: str = "policy") -> Policy:
    """Return the policy that `Policy.public` wrote or a file held; missing rules have their default.

    Raises `PolicyError` whose `field` is the first wrong rule; the message lists all of them and starts with `source`.
    """
    for dotted, known in _unknown_rules(values):
        hint = near_miss(dotted, known) or "; docs/policy.md lists them all"
        raise PolicyError(f"{source}: {dotted} is not a rule{hint}", field=dotted)
    try:
        return Policy.model_validate(dict(values))
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False)
        first = ".".join(str(part) for part in findings[0]["loc"] if not isinstance(part, int))
        raise PolicyError("\n".join(_sentence(finding, source) for finding in findings), field=first or None) from None


def rule_names() -> tuple[str, ...]:
    """Return the names of all rules, those of a critical class as `critical_classes.label`."""
    entries = tuple(f"critical_classes.{name}" for name in CriticalClass.model_fields)
    return (*Policy.model_fields, *entries)


def _unknown_rules(values: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield each name that is no rule with the names that may stand in its place."""
    for name in values:
        if name not in Policy.model_fields:
            yield name, list(Policy.model_fields)
    entries = values.get("critical_classes")
    for entry in entries if isinstance(entries, list | tuple) else ():
        for name in entry if isinstance(entry, Mapping) else ():
            if name not in CriticalClass.model_fields:
                yield f"critical_classes.{name}", [f"critical_classes.{known}" for known in CriticalClass.model_fields]


def _sentence(finding: Any, source: str) -> str:
    dotted = ".".join(str(part) for part in finding["loc"])
    problem = finding["msg"].removeprefix("Value error, ")
    if not dotted:
        return f"{source}: {problem}"
    quoted = "" if isinstance(finding["input"], Mapping) else f" is {finding['input']!r}"
    return f"{source}: {dotted}{quoted}: {problem[0].lower()}{problem[1:]}"
