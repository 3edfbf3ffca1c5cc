"""State of runs, results and decisions."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artifact",
        sa.Column("sha256", AutoString(length=64), nullable=False),
        sa.Column("media_type", AutoString(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "import",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("artifact", AutoString(length=64), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=True),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("requested_by", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("read_bytes", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected_count", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_status"), ["status"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=False),
        sa.Column("client_id", AutoString(), nullable=True),
        sa.Column("requested_by", AutoString(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", AutoString(), nullable=True),
        sa.Column("request_hash", AutoString(length=64), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("owner", AutoString(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("cancel_reason", AutoString(), nullable=True),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("record_count", sa.Integer(), nullable=True),
        sa.Column("manifest", AutoString(length=64), nullable=True),
        sa.Column("evaluation_set", AutoString(length=64), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("delete_requested_at", UTCDateTime(), nullable=True),
        sa.Column("deleted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_workload_id"), ["workload_id"], unique=False)
        batch_op.create_index("run_claim", ["status", "lease_until"], unique=False)
        batch_op.create_index("run_created", ["created_at"], unique=False)

    op.create_table(
        "service_health",
        sa.Column("service", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("detail", AutoString(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("checked_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("service"),
    )
    op.create_table(
        "worker",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("host", AutoString(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", AutoString(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("alive_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "decision",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("workload_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("supersedes", AutoString(), nullable=True),
        sa.Column("verdict", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("decided_by", AutoString(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("results_hash", AutoString(length=64), nullable=False),
        sa.Column("policy_hash", AutoString(length=64), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("gates", sa.JSON(), nullable=False),
        sa.Column("sentence", AutoString(), nullable=False),
        sa.Column("must_see", sa.JSON(), nullable=False),
        sa.Column("override_reason", AutoString(), nullable=True),
        sa.Column("idempotency_key", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"],
            ["decision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
        sa.UniqueConstraint("run_id", "student", "variant", "sequence", name="decision_sequence"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_workload_id"), ["workload_id"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("model", AutoString(), nullable=False),
        sa.Column("remote_id", AutoString(), nullable=False),
        sa.Column("evaluation_set", AutoString(length=64), nullable=False),
        sa.Column("scorer_version", AutoString(), nullable=False),
        sa.Column("answer_format", sa.JSON(), nullable=False),
        sa.Column("prompt_template", AutoString(), nullable=True),
        sa.Column("decoding", sa.JSON(), nullable=False),
        sa.Column("service_scores", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("estimates", sa.JSON(), nullable=True),
        sa.Column("probe", sa.JSON(), nullable=True),
        sa.Column("samples_hash", AutoString(length=64), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "student", "variant"),
    )
    op.create_table(
        "event",
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "seq"),
    )
    op.create_table(
        "sample",
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("outcome", AutoString(), nullable=False),
        sa.Column("output_text", AutoString(), nullable=True),
        sa.Column("output_tool", sa.JSON(), nullable=True),
        sa.Column("answer_text", AutoString(), nullable=True),
        sa.Column("answer_key", AutoString(), nullable=True),
        sa.Column("answer_label", AutoString(), nullable=True),
        sa.Column("expected_text", AutoString(), nullable=True),
        sa.Column("expected_key", AutoString(), nullable=True),
        sa.Column("expected_label", AutoString(), nullable=True),
        sa.Column("token_overlap", sa.Float(), nullable=True),
        sa.Column("rouge_l", sa.Float(), nullable=True),
        sa.Column("json_valid", sa.Boolean(), nullable=True),
        sa.Column("tool_name_correct", sa.Boolean(), nullable=True),
        sa.Column("tool_arguments_correct", sa.Boolean(), nullable=True),
        sa.Column("service_scores", sa.JSON(), nullable=False),
        sa.Column("finish_reason", AutoString(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "student", "variant", "position"),
    )
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.create_index("sample_outcome", ["run_id", "student", "variant", "outcome"], unique=False)

    op.create_table(
        "sample_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("note", AutoString(), nullable=False),
        sa.Column("gold", AutoString(), nullable=True),
        sa.Column("marked_by", AutoString(), nullable=False),
        sa.Column("marked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sample_mark", schema=None) as batch_op:
        batch_op.create_index("sample_mark_record", ["run_id", "student", "variant", "position"], unique=False)

    op.create_table(
        "sample_seen",
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seen_by", AutoString(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "student", "variant", "position", "seen_by"),
    )
    op.create_table(
        "step",
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("student", AutoString(), nullable=True),
        sa.Column("variant", AutoString(), nullable=True),
        sa.Column("idempotency_key", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("remote_id", AutoString(), nullable=True),
        sa.Column("intent_at", UTCDateTime(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("output", sa.JSON(), nullable=False),
        sa.Column("deadline", UTCDateTime(), nullable=True),
        sa.Column("outage_since", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "key"),
        sa.UniqueConstraint("idempotency_key"),
    )


def downgrade() -> None:
    op.drop_table("step")
    op.drop_table("sample_seen")
    with op.batch_alter_table("sample_mark", schema=None) as batch_op:
        batch_op.drop_index("sample_mark_record")

    op.drop_table("sample_mark")
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.drop_index("sample_outcome")

    op.drop_table("sample")
    op.drop_table("event")
    op.drop_table("evaluation")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_run_id"))
        batch_op.drop_index(batch_op.f("ix_decision_workload_id"))

    op.drop_table("decision")
    op.drop_table("worker")
    op.drop_table("service_health")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("run_created")
        batch_op.drop_index("run_claim")
        batch_op.drop_index(batch_op.f("ix_run_workload_id"))

    op.drop_table("run")
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_status"))

    op.drop_table("import")
    op.drop_table("artifact")
