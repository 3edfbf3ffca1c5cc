"""Finding the values: explicit argument, then environment, then file, then default.

Names are checked before values, in the file and in the environment, so that a misspelt setting is refused with the
near miss instead of being silently without effect. Every message says where the value came from.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from core.errors import InputError, near_miss
from core.settings.models import Settings
from core.settings.secrets import has_password

DEFAULT_FILE = Path("flywheel.toml")
POLICY_FILE = "policy.toml"
PREFIX = "FLYWHEEL_"
FILE_VARIABLE = "FLYWHEEL_CONFIG"
NEVER_QUOTED = re.compile(r"(?:url|api_key|password|secret)$|_headers")
"""Settings whose wrong value may be a secret in the wrong place: messages do not repeat it."""


class _Environment(Settings, BaseSettings):
    """The settings as pydantic-settings reads them from variables; only a description, never an instance."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")


def load_settings(
    data: Path | None = None, *, config_file: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings in force; `data` and `config_file` win over environment and working directory.

    A `policy.toml` beside the settings file (without one: in the working directory) is used unless `policy` is set.
    Raises `InputError` whose `field` is the dotted name of the first setting that is wrong.
    """
    environ = os.environ if environ is None else environ
    path = config_file or find_config_file(environ)
    from_file = _read_file(path) if path else {}
    from_environment = _read_environment(environ)
    values = _merge(_merge(from_file, from_environment), {"data": data} if data else {})
    policy = (path.parent if path else Path()) / POLICY_FILE
    if "policy" not in values and policy.exists():
        values["policy"] = policy
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _explain(error, path=path, from_environment=from_environment) from None


def find_config_file(environ: Mapping[str, str]) -> Path | None:
    """Return the file that `FLYWHEEL_CONFIG` names, else the working directory's `flywheel.toml`, else None."""
    if named := environ.get(FILE_VARIABLE):
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every setting and section; a list's tables appear as `students.name`."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        if section := _section(field.annotation):
            yield from setting_names(section, f"{prefix}{name}.")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the settings file {path} cannot be read: {error.strerror}", field=FILE_VARIABLE) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise InputError(f"{path} is not valid TOML: {error}", line=int(line[1]) if line else None) from error
    _check_names(values, model=Settings, prefix="", path=path)
    database = values.get("database")
    if isinstance(database, dict) and has_password(str(database.get("url", ""))):
        raise InputError(
            f"{path}: database.url holds a password; put the address into an environment variable, say DATABASE_URL,"
            ' and write database.url = "env:DATABASE_URL"',
            field="database.url",
        )
    return values


def _check_names(values: Mapping[str, Any], *, model: type[BaseModel], prefix: str, path: Path) -> None:
    """Refuse a key of the file that is no setting, at any depth."""
    for name, value in values.items():
        dotted = f"{prefix}{name}"
        field = model.model_fields.get(name)
        if field is None:
            hint = near_miss(dotted, [f"{prefix}{sibling}" for sibling in model.model_fields])
            hint = hint or near_miss(dotted, list(setting_names())) or "; docs/configuration.md lists them all"
            raise InputError(f"{path}: {dotted} is not a setting{hint}", field=dotted)
        section = _section(field.annotation)
        for table in value if isinstance(value, list) else [value]:
            if section and isinstance(table, dict):
                _check_names(table, model=section, prefix=f"{dotted}.", path=path)


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings given as `FLYWHEEL_SECTION__NAME`; empty variables count as not given."""
    given = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX) and value}
    known = dict(_variables(Settings, PREFIX))
    for name in sorted(given):
        upper = name.upper()
        if upper != FILE_VARIABLE and upper not in known and not _is_table_entry(upper, known):
            hint = near_miss(upper, [*known, FILE_VARIABLE]) or "; docs/configuration.md lists them all"
            raise InputError(f"the environment variable {name} is not a setting{hint}", field=name)
    source = EnvSettingsSource(_Environment)
    source.env_vars = {name.lower(): value for name, value in given.items() if name.upper() != FILE_VARIABLE}
    try:
        return source()
    except SettingsError as error:
        setting = re.search(r'field "(\w+)"', str(error))
        variable = f"{PREFIX}{setting[1].upper()}" if setting else f"a {PREFIX} variable"
        raise InputError(f"the environment variable {variable} must hold JSON", field=variable) from error


def _variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield every environment variable with the type it holds; lists are one variable of JSON."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        yield variable, field.annotation
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{variable}__")


def _is_table_entry(variable: str, known: Mapping[str, Any]) -> bool:
    """Tell whether a variable names one entry of a free table, such as a header."""
    parent, _, entry = variable.rpartition("__")
    return bool(entry) and get_origin(known.get(parent)) is Mapping


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the table a setting holds, directly, in a list or optionally; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section(part))), None)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` with `above` laid over it, table by table; lists are replaced whole."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _explain(error: ValidationError, *, path: Path | None, from_environment: Mapping[str, Any]) -> InputError:
    """Turn pydantic's findings into one sentence each, with the place the value came from."""
    findings = error.errors(include_url=False, include_context=False)
    sentences = [_sentence(finding, path=path, from_environment=from_environment) for finding in findings]
    first = ".".join(str(part) for part in findings[0]["loc"] if not isinstance(part, int))
    return InputError("\n".join(dict.fromkeys(sentences)), field=first or None)


def _sentence(finding: Any, *, path: Path | None, from_environment: Mapping[str, Any]) -> str:
    *above, last = finding["loc"] or ("",)
    dotted = ".".join(str(part) for part in finding["loc"])
    place: Any = from_environment
    for part in above:
        place = place.get(part, {}) if isinstance(place, Mapping) else {}
    variable = PREFIX + "__".join(str(part).upper() for part in finding["loc"])
    is_variable = isinstance(place, Mapping) and last in place
    source = f"environment variable {variable}" if is_variable else f"{path}: {dotted}" if path else dotted
    problem = finding["msg"].removeprefix("Value error, ")
    if not last:
        return f"{path}: {problem}" if path else problem
    quoted = "" if NEVER_QUOTED.search(dotted) or isinstance(finding["input"], dict) else f" is {finding['input']!r}"
    return f"{source}{quoted}: {problem[0].lower()}{problem[1:]}"
