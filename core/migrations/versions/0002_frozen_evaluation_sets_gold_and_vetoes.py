"""Frozen evaluation sets, gold and vetoes."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=False),
        sa.Column("request_key", AutoString(length=64), nullable=False),
        sa.Column("answer", AutoString(), nullable=True),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("note", AutoString(), nullable=False),
        sa.Column("given_by", AutoString(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("gold", schema=None) as batch_op:
        batch_op.create_index("gold_request", ["workload_id", "request_key"], unique=False)

    op.create_table(
        "veto",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=False),
        sa.Column("request_key", AutoString(length=64), nullable=False),
        sa.Column("is_vetoed", sa.Boolean(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("decided_by", AutoString(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("veto", schema=None) as batch_op:
        batch_op.create_index("veto_request", ["workload_id", "request_key"], unique=False)

    op.create_table(
        "evaluation_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=False),
        sa.Column("client_id", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", AutoString(length=64), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("workload_type", AutoString(), nullable=False),
        sa.Column("answer_format", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("first_record_at", UTCDateTime(), nullable=False),
        sa.Column("last_record_at", UTCDateTime(), nullable=False),
        sa.Column("frozen_by", AutoString(), nullable=False),
        sa.Column("frozen_at", UTCDateTime(), nullable=False),
        sa.Column("note", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["artifact.sha256"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workload_id", "client_id", "sha256", name="evaluation_set_content"),
        sa.UniqueConstraint("workload_id", "client_id", "version", name="evaluation_set_version"),
    )
    with op.batch_alter_table("evaluation_set", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_set_sha256"), ["sha256"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("evaluation_set", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluation_set_sha256"))

    op.drop_table("evaluation_set")
    with op.batch_alter_table("veto", schema=None) as batch_op:
        batch_op.drop_index("veto_request")

    op.drop_table("veto")
    with op.batch_alter_table("gold", schema=None) as batch_op:
        batch_op.drop_index("gold_request")

    op.drop_table("gold")
