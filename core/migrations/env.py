"""Alembic's environment: imports every table, so that the schema is the sum of its revisions."""

from alembic import context
from sqlmodel import SQLModel

import core.artifacts.tables
import core.datasets.tables
import core.evaluation.tables
import core.logs.tables
import core.notify.tables
import core.promotion.tables
import core.runs.tables  # noqa: F401  (importing registers the tables)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
