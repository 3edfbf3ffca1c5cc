"""From a dataset as a request names it to the files it means, at this moment.

A reference is `namespace/name` (an entity), `hf://datasets/namespace/name[/path]`, or an object with either. A path
below the repository selects one file or folder. A job keeps what was resolved, so that later commits do not change it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.backend.context import Context
from core.backend.entities import full_name, name_near_miss
from core.backend.entity_store import DATASET
from core.backend.errors import HubError, InvalidError
from core.backend.repositories import StoredFile

READABLE = (".jsonl", ".json", ".csv")
_HUB_URL = re.compile(r"^hf://datasets/([^/@]+)/([^/@]+)(?:@([^/]+))?(?:/(.*))?$")
_ENTITY_NAME = re.compile(r"^([^/:]+)/([^/]+)$")

Location = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class ResolvedDataset:
    """A dataset's files, in the order of their paths. `reference` is how replies name it, `limit` a wish of its own."""

    reference: str
    files: tuple[StoredFile, ...]
    limit: int | None

    def below(self, folder: str) -> tuple[StoredFile, ...]:
        """Return the JSON lines files under `folder/`."""
        return tuple(file for file in self.files if file.path.startswith(f"{folder}/") and file.path.endswith(".jsonl"))


def resolve_dataset(context: Context, reference: object, *, location: Location) -> ResolvedDataset:
    """Return the files a reference means. Raises `InvalidError` at `location` when they are not there."""
    if isinstance(reference, Mapping):
        return _resolve_object(context, reference, location)
    if not isinstance(reference, str):
        raise InvalidError.at(*location, message="expected 'namespace/name', 'hf://datasets/...' or an object")
    entity = _ENTITY_NAME.match(reference)
    if entity:
        return _resolve_entity(context, entity[1], entity[2], location)
    return ResolvedDataset(reference=reference, files=_find_files(context, reference, location), limit=None)


def _resolve_object(context: Context, reference: Mapping[str, object], location: Location) -> ResolvedDataset:
    url, name = reference.get("files_url"), reference.get("name")
    if isinstance(url, str):
        limit = reference.get("limit")
        files = _find_files(context, url, (*location, "files_url"))
        return ResolvedDataset(reference=url, files=files, limit=limit if isinstance(limit, int) else None)
    if not isinstance(name, str):
        raise InvalidError.at(*location, message="give `files_url`, or `name` and `namespace`")
    return _resolve_entity(context, str(reference.get("namespace", "default")), name, location)


def _resolve_entity(context: Context, namespace: str, name: str, location: Location) -> ResolvedDataset:
    entity = context.state.find(DATASET, namespace, name)
    if entity is None:
        shown = full_name(namespace, name)
        message = f"no dataset '{shown}' in the entity store{name_near_miss(context.state, DATASET, shown)}"
        raise InvalidError.at(*location, message=message)
    files = _find_files(context, entity["files_url"], location)
    return ResolvedDataset(reference=full_name(namespace, name), files=files, limit=entity["limit"])


def _find_files(context: Context, url: str, location: Location) -> tuple[StoredFile, ...]:
    match = _HUB_URL.match(url)
    if match is None:
        message = f"{url!r} is not a dataset of this data store; expected hf://datasets/namespace/name[/path]"
        raise InvalidError.at(*location, message=message)
    namespace, name, revision, path = match.groups()
    try:
        tree = context.repositories.tree(namespace, name, revision or "main")
    except HubError as error:
        raise InvalidError.at(*location, message=str(error)) from error
    wanted = (path or "").rstrip("/")
    files = tuple(
        file
        for file in tree.files.values()
        if file.path.endswith(READABLE) and (not wanted or file.path == wanted or file.path.startswith(wanted + "/"))
    )
    if not files:
        what = f"no file {wanted!r}" if wanted else f"no {', '.join(READABLE)} file"
        raise InvalidError.at(*location, message=f"dataset '{namespace}/{name}' has {what}")
    return files
