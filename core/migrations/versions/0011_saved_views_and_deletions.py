"""Saved views of the logs, and deletions from the log store."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(length=80), nullable=False),
        sa.Column("owner", AutoString(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "name", name="saved_view_name"),
    )
    op.create_table(
        "log_deletion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("requested_by", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("log_deletion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_deletion_status"), ["status"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("log_deletion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_deletion_status"))

    op.drop_table("log_deletion")
    op.drop_table("saved_view")
