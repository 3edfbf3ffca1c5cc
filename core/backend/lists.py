"""Lists as the contract answers them: paging, sorting, `filter[...]` and `search[...]`.

A page past the end is an empty page, not an error: the official client reads on until a page is empty. A filter
compares with the document at the same path (`filter[custom_fields][flywheel_key]=x`); a kind may name other readings of
its own. Filters that name nothing in a document match nothing, so that a misspelt filter never widens a list.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.backend.errors import InvalidError
from core.backend.state import Document

DEFAULT_PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 1000
CREATED_SORTS = frozenset({"created_at", "-created_at"})
NAMED_SORTS = CREATED_SORTS | {"name", "-name"}
COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "neq": lambda have, want: have != want,
    "gt": lambda have, want: have > want,
    "gte": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "lte": lambda have, want: have <= want,
}
_KEYED = re.compile(r"^(filter|search)((?:\[[^\[\]]*\])+)$")

Reading = Callable[[Document], object]


@dataclass(frozen=True, kw_only=True)
class ListRules:
    """What a kind of document may be sorted by, and filters whose value is not at the path of their name."""

    sorts: frozenset[str] = CREATED_SORTS
    readings: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One `filter[...]` or `search[...]` of a query: the keys in brackets and the wanted text."""

    path: tuple[str, ...]
    wanted: str


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """A list request, checked."""

    page: int
    page_size: int
    sort: str
    filters: tuple[Condition, ...]
    searches: tuple[Condition, ...]


def read_query(pairs: Iterable[tuple[str, str]], rules: ListRules) -> ListQuery:
    """Return the query of a list request. Raises `InvalidError` for a page, size or sort that cannot be."""
    plain: dict[str, str] = {}
    conditions: dict[str, list[Condition]] = {"filter": [], "search": []}
    for key, value in pairs:
        keyed = _KEYED.match(key)
        if keyed:
            path = tuple(re.findall(r"\[([^\[\]]*)\]", keyed[2]))
            conditions[keyed[1]].append(Condition(path=path, wanted=value))
        else:
            plain[key] = value
    sort = plain.get("sort", "created_at")
    if sort not in rules.sorts:
        known = ", ".join(sorted(rules.sorts))
        raise InvalidError.at("query", "sort", message=f"cannot sort by {sort!r}; use one of {known}", kind="enum")
    return ListQuery(
        page=_read_count(plain, "page", default=1, largest=2**31),
        page_size=_read_count(plain, "page_size", default=DEFAULT_PAGE_SIZE, largest=LARGEST_PAGE_SIZE),
        sort=sort,
        filters=tuple(conditions["filter"]),
        searches=tuple(conditions["search"]),
    )


def answer_list(
    documents: Sequence[Document],
    query: ListQuery,
    rules: ListRules,
    *,
    show: Callable[[Document], Document] = lambda document: document,
) -> Document:
    """Return the contract's list envelope for one page; `show` turns a stored document into its public form."""
    chosen = [document for document in documents if _matches(document, query, rules)]
    field_name = query.sort.removeprefix("-")
    # Stable, on documents in the order of creation: equal times keep that order, or its reverse.
    if query.sort.startswith("-"):
        chosen.reverse()
    chosen.sort(
        key=lambda document: _sort_key(_read(document, (field_name,), rules)), reverse=query.sort.startswith("-")
    )
    start = (query.page - 1) * query.page_size
    shown = [show(document) for document in chosen[start : start + query.page_size]]
    return {
        "object": "list",
        "data": shown,
        "pagination": {
            "page": query.page,
            "page_size": query.page_size,
            "current_page_size": len(shown),
            "total_pages": math.ceil(len(chosen) / query.page_size),
            "total_results": len(chosen),
        },
        "sort": query.sort,
        "filter": {"".join(f"[{key}]" for key in item.path): item.wanted for item in query.filters} or None,
        "search": None,
    }


def _read_count(plain: Mapping[str, str], name: str, *, default: int, largest: int) -> int:
    text = plain.get(name, str(default))
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 1 <= count <= largest:
        raise InvalidError.at("query", name, message=f"{text!r} is not a number from 1 to {largest}", kind="int_range")
    return count


def _matches(document: Document, query: ListQuery, rules: ListRules) -> bool:
    return all(_passes_filter(document, item, rules) for item in query.filters) and all(
        _passes_search(document, item, rules) for item in query.searches
    )


def _passes_filter(document: Document, condition: Condition, rules: ListRules) -> bool:
    *above, last = condition.path
    if above and last in COMPARISONS and above[-1].endswith("_at"):
        have = _read(document, tuple(above), rules)
        return isinstance(have, str) and COMPARISONS[last](have, condition.wanted.removesuffix("Z"))
    have = _read(document, condition.path, rules)
    if isinstance(have, Mapping):  # `filter[peft]=true` asks whether there is such a thing
        return condition.wanted == "true"
    return have is not None and _as_text(have) == condition.wanted


def _passes_search(document: Document, condition: Condition, rules: ListRules) -> bool:
    have = _as_text(_read(document, condition.path, rules)).casefold()
    return any(part.casefold() in have for part in condition.wanted.split(","))


def _read(document: Document, path: tuple[str, ...], rules: ListRules) -> object:
    dotted = ".".join(path)
    if dotted in rules.readings:
        return rules.readings[dotted](document)
    found: object = document
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _sort_key(value: object) -> tuple[float, str]:
    return (value, "") if isinstance(value, int | float) else (-math.inf, _as_text(value))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
