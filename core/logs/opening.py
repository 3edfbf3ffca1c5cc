"""Which store the settings ask for."""

from core.logs.sqlite import SqliteLogStore
from core.logs.store import LogStore
from core.settings import Settings


def open_log_store(settings: Settings) -> LogStore:
    """Open the log store of this installation, making it when it is not there yet; close it when done."""
    if settings.logs.store == "elasticsearch":
        # imported when asked for, because its client takes a third of a second to load
        from core.logs.elasticsearch import open_elasticsearch

        return open_elasticsearch(settings.logs.elasticsearch)
    return SqliteLogStore(settings.logs_path)
