"""The schema of the state database, how an installation gets to it, and how it is backed up.

Revisions live in `versions`, one head, made with Alembic. Nothing imports the environment; it imports all tables.
"""

from core.migrations.backup import BackupError, BackupFile, BackupManifest, back_up, restore
from core.migrations.upgrade import SchemaError, open_database, schema_version, upgrade_schema

__all__ = [
    "BackupError",
    "BackupFile",
    "BackupManifest",
    "SchemaError",
    "back_up",
    "open_database",
    "restore",
    "schema_version",
    "upgrade_schema",
]
