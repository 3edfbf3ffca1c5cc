"""Which store an index asks for, told from what is there."""

from core.logs.elasticsearch.blueprint import BlueprintLogStore, is_blueprint_index
from core.logs.elasticsearch.server import connect
from core.logs.elasticsearch.store import ElasticsearchLogStore
from core.settings import ElasticsearchSettings


def open_elasticsearch(settings: ElasticsearchSettings) -> ElasticsearchLogStore | BlueprintLogStore:
    """Open the store of `settings.index`: an index of the blueprint's of that name, or else months of our own.

    Raises `NotALogStore` when the index is something else, and `LogStoreUnavailable`.
    """
    server = connect(settings)
    try:
        if is_blueprint_index(server, settings.index):
            return BlueprintLogStore(server, index=settings.index, replicas=settings.replicas)
    except BaseException:
        server.close()
        raise
    return ElasticsearchLogStore(server, prefix=settings.index, replicas=settings.replicas)
