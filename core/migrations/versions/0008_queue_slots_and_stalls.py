"""Priorities and capacity: the queue, its slots, when a step last moved, and what could not be removed outside."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stalls_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("slots_asked_at", UTCDateTime(), nullable=True))
    op.create_table(
        "slot",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=True),
        sa.Column("step_key", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "leftover",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("error", AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("tried_at", UTCDateTime(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name"),
    )


def downgrade() -> None:
    op.drop_table("leftover")
    op.drop_table("slot")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_column("slots_asked_at")
        batch_op.drop_column("stalls_at")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_column("priority")
