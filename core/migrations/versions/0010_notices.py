"""Notices waiting for delivery, and what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=True),
        sa.Column("variant", AutoString(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("body", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("notice_open", ["body", "created_at"], unique=False)
    op.create_table(
        "notice_delivery",
        sa.Column("notice_id", AutoString(), nullable=False),
        sa.Column("webhook", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UTCDateTime(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("last_error", AutoString(), nullable=True),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"]),
        sa.PrimaryKeyConstraint("notice_id", "webhook"),
    )
    with op.batch_alter_table("notice_delivery", schema=None) as batch_op:
        batch_op.create_index("notice_delivery_due", ["status", "next_attempt_at"], unique=False)


def downgrade() -> None:
    op.drop_table("notice_delivery")
    op.drop_table("notice")
