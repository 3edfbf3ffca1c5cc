"""The schema of the state database and how an installation gets to it.

Revisions live in `versions`, one head, made with Alembic. Nothing imports the environment; it imports all tables.
"""

from core.migrations.upgrade import SchemaError, open_database, schema_version, upgrade_schema

__all__ = ["SchemaError", "open_database", "schema_version", "upgrade_schema"]
