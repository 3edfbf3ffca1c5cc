"""Templates of evaluation configurations: Jinja from outside, rendered in a sandbox.

The sandbox allows no attribute of Python's own, no change of what it is given and no undefined name. It is not safe
against templates that fill memory, so that multiplication, powers and `%` are refused, only harmless filters exist, and
the output is capped. A template that runs for ever ends with its job, which is a process of its own.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.backend.errors import TemplateProblem

LONGEST_OUTPUT = 4_000_000  # characters
_FILTER_NAMES = """
    abs capitalize count d default dictsort first float int items join last length list lower max min reject rejectattr
    replace reverse round safe select selectattr sort string striptags sum title tojson trim unique upper wordcount
"""
FILTERS = frozenset(_FILTER_NAMES.split())
REFUSED_OPERATORS = frozenset({"*", "**", "%"})  # they turn a short template into gigabytes
RENDERING_ERRORS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a template's expressions may raise: they are somebody else's program."""


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = REFUSED_OPERATORS


def check_template(source: str) -> str | None:
    """Return what is wrong with a template before any record is seen, or None."""
    try:
        _compile(source)
    except RENDERING_ERRORS as error:
        return f"not a valid template: {error}"
    return None


def render(source: str, facts: Mapping[str, object]) -> str:
    """Return the template filled with `facts`. Raises `TemplateProblem`."""
    pieces: list[str] = []
    length = 0
    try:
        for piece in _compile(source).generate(facts):
            length += len(piece)
            if length > LONGEST_OUTPUT:
                raise TemplateProblem(f"the template's output is longer than {LONGEST_OUTPUT:,} characters")
            pieces.append(piece)
    except RENDERING_ERRORS as error:
        raise TemplateProblem(f"the template {_shorten(source)!r} does not fit: {error}") from error
    return "".join(pieces)


def render_json(source: object, facts: Mapping[str, object]) -> Any:  # the caller checks the shape
    """Return a JSON value whose texts are templates; a text at the top must render to JSON.

    `"{{ item.request.messages | tojson }}"` becomes the list, `[{"role": "user", "content": "{{ item.q }}"}]` the same
    list with its texts filled.
    """
    if isinstance(source, str):
        text = render(source, facts)
        try:
            return json.loads(text)
        except ValueError as error:
            raise TemplateProblem(f"the template {_shorten(source)!r} does not give JSON: {error}") from error
    return _render_texts(source, facts)


def find_templates(source: object) -> list[str]:
    """Return every text in a JSON value, for `check_template`."""
    if isinstance(source, str):
        return [source]
    inner = source.values() if isinstance(source, Mapping) else source if isinstance(source, list) else ()
    return [text for value in inner for text in find_templates(value)]


def _render_texts(source: object, facts: Mapping[str, object]) -> object:
    if isinstance(source, str):
        return render(source, facts)
    if isinstance(source, Mapping):
        return {key: _render_texts(value, facts) for key, value in source.items()}
    return [_render_texts(value, facts) for value in source] if isinstance(source, list) else source


@lru_cache(maxsize=256)
def _compile(source: str) -> Template:
    return _environment().from_string(source)


@lru_cache(maxsize=1)
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, autoescape=False)
    environment.binop_table = environment.binop_table | dict.fromkeys(REFUSED_OPERATORS, _refuse_operator)
    environment.filters = {name: code for name, code in environment.filters.items() if name in FILTERS}
    environment.globals = {"range": environment.globals["range"]}  # `namespace` would let a loop double a text
    return environment


def _refuse_operator(*_operands: object) -> NoReturn:
    raise SecurityError("the operators *, ** and % are not allowed in templates")


def _shorten(source: str) -> str:
    return source if len(source) <= 80 else source[:77] + "..."
