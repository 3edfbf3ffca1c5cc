"""What is behind the address of the settings, looked at without changing anything.

Owns the version this program needs, the privileges a key needs, and the verdict on the indices under the name of the
settings: ours, none yet, an index of NVIDIA's blueprint, or somebody else's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from core.logs.elasticsearch.blueprint import is_blueprint_index
from core.logs.elasticsearch.schema import MAPPINGS, VERSION, Indices
from core.logs.elasticsearch.server import Server, connect
from core.logs.errors import NotALogStore
from core.settings import ElasticsearchSettings

OLDEST_MAJOR = 8
PLAIN_JSON = {"accept": "application/json"}
"""What servers of every version answer to; the client's own type would be refused by those that are too old."""
WITHOUT_SECURITY = (400, 404, 405)
"""Answers to a question about privileges of servers that know none."""
OK = 200
CLUSTER_PRIVILEGES = ("monitor", "manage_index_templates")
INDEX_PRIVILEGES = ("read", "write", "manage")
LOOKING_PRIVILEGES = ("view_index_metadata",)
READING_CLUSTER_PRIVILEGES = ("monitor",)
READING_INDEX_PRIVILEGES = ("read", "view_index_metadata", "monitor")

Properties = Mapping[str, Mapping[str, Any]]


class IndexKind(StrEnum):
    """Whose the indices are."""

    NATIVE = "native"
    """Made by this program, with everything this version needs."""
    MISSING = "missing"
    """Not there yet; the first import makes them."""
    BLUEPRINT = "blueprint"
    """One index with documents of the blueprint, written by others: it is only read."""
    FOREIGN = "foreign"
    """Something else, or made by another version; nothing can be stored there."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the indices of a name are, in a word and in a sentence."""

    kind: IndexKind
    detail: str

    @property
    def is_usable(self) -> bool:
        """Tell whether a log store can be opened there."""
        return self.kind is not IndexKind.FOREIGN


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a server is and how many bytes the indices of a store take there, copies included."""

    version: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What a look at the server found; `lacking` are privileges that the key or user needs and does not have."""

    version: str
    is_too_old: bool = False
    has_security: bool = True
    lacking: Sequence[str] = ()
    verdict: Verdict | None = None

    @property
    def is_ok(self) -> bool:
        """Tell whether a log store can be opened and used."""
        return not self.is_too_old and not self.lacking and self.verdict is not None and self.verdict.is_usable

    @property
    def detail(self) -> str:
        """Return what was found as one line, and what to do where something is wrong."""
        version = f"Elasticsearch {self.version}"
        if self.is_too_old:
            return f"{version} is too old; version {OLDEST_MAJOR}.0 or newer is needed"
        parts = [version if self.has_security else f"{version}, security is off"]
        if self.lacking:
            parts.append(f"the key or user lacks {', '.join(self.lacking)}; docs/elasticsearch.md has a key that fits")
        elif self.verdict is not None:
            parts.append(self.verdict.detail)
        return "; ".join(parts)


def examine(settings: ElasticsearchSettings) -> Examination:
    """Look at the server of the settings. Raises `InputError` or `LogStoreUnavailable` when it cannot be asked."""
    server = connect(settings)
    try:
        version = _read_version(server)
        if int(version.partition(".")[0]) < OLDEST_MAJOR:
            return Examination(version=version, is_too_old=True)
        held = _read_privileges(server, settings.index)
        to_store = [] if held is None else _lacking_to_store(held, settings.index)
        to_read = [] if held is None else _lacking_to_read(held, settings.index)
        if to_store and to_read:
            return Examination(version=version, lacking=to_store)
        verdict = judge_indices(server, settings.index)
        lacking = to_read if verdict.kind is IndexKind.BLUEPRINT else to_store
        return Examination(version=version, has_security=held is not None, lacking=lacking, verdict=verdict)
    finally:
        server.close()


def measure(settings: ElasticsearchSettings) -> Measure:
    """Return what the server of the settings is and how much it holds. Raises as `examine`."""
    server = connect(settings)
    try:
        return Measure(version=_read_version(server), size_bytes=_read_size(server, settings.index))
    finally:
        server.close()


def judge_indices(server: Server, index: str) -> Verdict:
    """Return what is there under a name of the settings."""
    try:
        if is_blueprint_index(server, index):
            return Verdict(kind=IndexKind.BLUEPRINT, detail=f"{index} is an index of the blueprint's and only read")
    except NotALogStore as error:
        return Verdict(kind=IndexKind.FOREIGN, detail=str(error))
    indices = Indices(prefix=index)
    found = _find_indices(server, index)
    if problem := next(_find_problems(found, indices), None) or _find_template_problem(server, indices):
        return Verdict(kind=IndexKind.FOREIGN, detail=f"{problem}; give logs.elasticsearch.index another name")
    months = [name for name in found if name != indices.imports]
    if not found:
        return Verdict(kind=IndexKind.MISSING, detail="nothing there yet; made by the first import")
    records = server.ask(lambda client: client.count(index=indices.pattern, ignore_unavailable=True))["count"]
    return Verdict(kind=IndexKind.NATIVE, detail=f"{records:,} records in {len(months):,} months")


def _read_version(server: Server) -> str:
    return str(server.ask(lambda client: client.options(headers=PLAIN_JSON).info())["version"]["number"])


def _read_size(server: Server, index: str) -> int:
    names = sorted(_find_indices(server, index))
    indices = Indices(prefix=index)
    months = any(name.startswith(f"{index}-") for name in names)
    # a pattern instead of the months' names, because a request's first line may be 4 KiB long
    asked = [name for name in names if name in (index, indices.imports)] + [indices.pattern] * months
    if not asked:
        return 0
    total = server.ask(lambda client: client.indices.stats(index=asked, metric="store"))["_all"]["total"]
    return int(total["store"]["size_in_bytes"])


def _find_problems(found: Mapping[str, Mapping[str, Any]], indices: Indices) -> Iterator[str]:
    """Yield what keeps months from being used."""
    for name, entry in found.items():
        if name != indices.imports and (field := _find_difference(MAPPINGS["properties"], _properties(entry))):
            yield f"the index {name} was not made by this version (its field {field} is missing or something else)"


def _find_difference(wanted: Properties, there: Properties, prefix: str = "") -> str | None:
    """Return the first field that is not there as it has to be; more fields than wanted are no difference."""
    for name, field in wanted.items():
        given = there.get(name)
        if given is None or given.get("type", "object") != field.get("type", "object"):
            return f"{prefix}{name}"
        inner = _find_difference(field.get("properties", {}), given.get("properties", {}), f"{prefix}{name}.")
        if inner:
            return inner
    return None


def _find_template_problem(server: Server, indices: Indices) -> str | None:
    try:
        reply = server.ask(lambda client: client.indices.get_index_template(name=indices.prefix))
    except NotFoundError:
        return None
    template = reply["index_templates"][0]["index_template"]
    if template["index_patterns"] != [indices.pattern]:
        return f"the index template {indices.prefix} belongs to something else"
    if template.get("version", 0) > VERSION:
        return f"the indices {indices.pattern} were made by a newer version of this program"
    return None


def _find_indices(server: Server, index: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the indices under a name with their mappings and aliases; those that the key may not see are not there."""
    indices = Indices(prefix=index)
    names = [index, indices.pattern, indices.imports]
    return dict(server.ask(lambda client: client.indices.get(index=names, ignore_unavailable=True)))


def _properties(entry: Mapping[str, Any]) -> Properties:
    found: Properties = entry["mappings"].get("properties", {})
    return found


def _read_privileges(server: Server, index: str) -> Mapping[str, Any] | None:
    """Return which privileges the key or user has, or None where the server has no security."""
    indices = Indices(prefix=index)

    def ask(client: Elasticsearch) -> Any:
        return client.options(ignore_status=WITHOUT_SECURITY).security.has_privileges(
            cluster=list(CLUSTER_PRIVILEGES),
            index=[
                {"names": [indices.pattern, indices.imports], "privileges": list(INDEX_PRIVILEGES)},
                {"names": [index], "privileges": list(READING_INDEX_PRIVILEGES)},
            ],
        )

    reply = server.ask(ask)
    return dict(reply) if reply.meta.status == OK else None


def _lacking_to_store(held: Mapping[str, Any], index: str) -> list[str]:
    """Return what a store of our own needs and the key does not have."""
    indices = Indices(prefix=index)
    return [
        *_not_held(held["cluster"], CLUSTER_PRIVILEGES, "the cluster"),
        *_not_held(held["index"][indices.pattern], INDEX_PRIVILEGES, indices.pattern),
        *_not_held(held["index"][indices.imports], INDEX_PRIVILEGES, indices.imports),
        *_not_held(held["index"][index], LOOKING_PRIVILEGES, index),
    ]


def _lacking_to_read(held: Mapping[str, Any], index: str) -> list[str]:
    """Return what reading an index of others needs and the key does not have."""
    return [
        *_not_held(held["cluster"], READING_CLUSTER_PRIVILEGES, "the cluster"),
        *_not_held(held["index"][index], READING_INDEX_PRIVILEGES, index),
    ]


def _not_held(held: Mapping[str, bool], needed: Sequence[str], place: str) -> list[str]:
    return [f"{privilege} on {place}" for privilege in needed if not held.get(privilege)]
