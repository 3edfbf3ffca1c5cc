"""Telling from its mapping what an index is."""

from elasticsearch import NotFoundError

from core.logs.elasticsearch.server import Server
from core.logs.errors import NotALogStore

BLUEPRINT_FIELDS = frozenset({"timestamp", "client_id", "workload_id", "request", "response"})


def is_blueprint_index(server: Server, name: str) -> bool:
    """Tell whether an index of exactly this name is there and is one of the blueprint's; False when there is none.

    Raises `NotALogStore` when it is something else, and `LogStoreUnavailable`.
    """
    try:
        reply = server.ask(lambda client: client.indices.get_mapping(index=name))
    except NotFoundError:
        return False
    for index, found in reply.items():
        fields = set(found.get("mappings", {}).get("properties", {}))
        if missing := sorted(BLUEPRINT_FIELDS - fields):
            raise NotALogStore(
                f"the index {index} at {server.url} is there and holds no logged traffic (it has no"
                f" {', '.join(missing)}); let logs.elasticsearch.index name another one"
            )
    return True
