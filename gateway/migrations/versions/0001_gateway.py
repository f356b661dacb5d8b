"""gateway begins

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("contracts_pkey")),
    )
    op.create_table(
        "gateway_events",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("procedure", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("gateway_events_pkey")),
        sa.UniqueConstraint("id", name=op.f("gateway_events_id_key")),
    )
    op.create_index(
        op.f("gateway_events_agency_position_idx"), "gateway_events", ["agency", "position"], unique=False
    )
    op.create_index(op.f("gateway_events_recorded_at_idx"), "gateway_events", ["recorded_at"], unique=False)
    op.create_table(
        "idempotent_answers",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "route", "key", name=op.f("idempotent_answers_pkey")),
    )
    op.create_index(
        op.f("idempotent_answers_created_at_idx"), "idempotent_answers", ["created_at"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("inbox_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("outbox_pkey")),
    )
    op.create_index(
        "outbox_unsent_idx", "outbox", ["position"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("agencies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("procedures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prove_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof_tries", sa.Integer(), nullable=False),
        sa.Column("proof_fault", sa.Text(), nullable=True),
        sa.Column("troubles", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("subscriptions_pkey")),
    )
    op.create_index(op.f("subscriptions_client_id_idx"), "subscriptions", ["client", "id"], unique=False)
    op.create_index(
        op.f("subscriptions_types_idx"), "subscriptions", ["types"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "deliveries",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["position"],
            ["gateway_events.position"],
            name=op.f("deliveries_position_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("deliveries_subscription_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "position", name=op.f("deliveries_pkey")),
    )
    op.create_index(
        "deliveries_leased_idx",
        "deliveries",
        ["subscription_id"],
        unique=False,
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index(
        "deliveries_order_idx",
        "deliveries",
        ["subscription_id", "subject", "position"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "deliveries_pending_idx",
        "deliveries",
        ["subscription_id", "position"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(op.f("deliveries_position_idx"), "deliveries", ["position"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("response_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id", "position"],
            ["deliveries.subscription_id", "deliveries.position"],
            name=op.f("delivery_attempts_subscription_id_position_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_attempts_pkey")),
    )
    op.create_index(
        op.f("delivery_attempts_subscription_id_position_idx"),
        "delivery_attempts",
        ["subscription_id", "position"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("delivery_attempts_subscription_id_position_idx"), table_name="delivery_attempts")
    op.drop_table("delivery_attempts")
    op.drop_index(op.f("deliveries_position_idx"), table_name="deliveries")
    op.drop_index(
        "deliveries_pending_idx", table_name="deliveries", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_index(
        "deliveries_order_idx", table_name="deliveries", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_index(
        "deliveries_leased_idx", table_name="deliveries", postgresql_where=sa.text("leased_until IS NOT NULL")
    )
    op.drop_table("deliveries")
    op.drop_index(op.f("subscriptions_types_idx"), table_name="subscriptions", postgresql_using="gin")
    op.drop_index(op.f("subscriptions_client_id_idx"), table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_index("outbox_unsent_idx", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_index(op.f("idempotent_answers_created_at_idx"), table_name="idempotent_answers")
    op.drop_table("idempotent_answers")
    op.drop_index(op.f("gateway_events_recorded_at_idx"), table_name="gateway_events")
    op.drop_index(op.f("gateway_events_agency_position_idx"), table_name="gateway_events")
    op.drop_table("gateway_events")
    op.drop_table("contracts")
