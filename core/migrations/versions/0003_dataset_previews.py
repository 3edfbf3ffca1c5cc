"""Previews of datasets, computed by a worker."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_preview",
        sa.Column("id", AutoString(length=64), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("stage", AutoString(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("field", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("dataset_preview", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_preview_status"), ["status"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("dataset_preview", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_preview_status"))

    op.drop_table("dataset_preview")
