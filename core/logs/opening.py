"""Which store the settings ask for."""

from core.logs.sqlite import SqliteLogStore
from core.logs.store import LogStore
from core.settings import Settings


def open_log_store(settings: Settings) -> LogStore:
    """Open the log store of this installation, making it when it is not there yet; close it when done."""
    return SqliteLogStore(settings.logs_path)
