"""Tables of the gateway's own database: the event log, subscriptions and their deliveries, grants, contracts."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import new_metadata
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.web import answers_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
answers = answers_table(metadata)

gateway_events = Table(
    "gateway_events",
    metadata,
    # Given under a lock that is held until commit: what is visible has no gap that could still be filled.
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("data", JSONB, nullable=False),
    Column("traceparent", Text),
    Column("agency", Text),
    Column("procedure", Text),
    Column("person", Text),
    Column("client", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False, index=True),
)
Index(None, gateway_events.c.agency, gateway_events.c.position)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("name", Text),
    # what is asked for
    Column("types", ARRAY(Text), nullable=False),
    Column("agencies", ARRAY(Text), nullable=False),
    Column("procedures", ARRAY(Text), nullable=False),
    # what the client may see, as its token said when it last wrote the subscription
    Column("topics", ARRAY(Text), nullable=False),
    Column("agency", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    # the proof that the callback wants to be called
    Column("prove_at", DateTime(timezone=True)),
    Column("proof_tries", Integer, nullable=False),
    Column("proof_fault", Text),
    # how the callback is doing
    Column("troubles", Integer, nullable=False),
    Column("held_until", DateTime(timezone=True)),
    Column("failing_since", DateTime(timezone=True)),
    Column("warned_at", DateTime(timezone=True)),
)
Index(None, subscriptions.c.client, subscriptions.c.id)
Index(None, subscriptions.c.types, postgresql_using="gin")

deliveries = Table(
    "deliveries",
    metadata,
    Column("subscription_id", Uuid, ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "position", BigInteger, ForeignKey("gateway_events.position", ondelete="CASCADE"), primary_key=True
    ),
    Column("subject", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", Uuid),
    Column("leased_until", DateTime(timezone=True)),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("concluded_at", DateTime(timezone=True)),
    Column("response_code", Integer),
    Column("duration_ms", Integer),
    Column("fault", Text),
)
_pending = deliveries.c.status == "pending"
Index(
    "deliveries_pending_idx", deliveries.c.subscription_id, deliveries.c.position, postgresql_where=_pending
)
Index(
    "deliveries_order_idx",
    deliveries.c.subscription_id,
    deliveries.c.subject,
    deliveries.c.position,
    postgresql_where=_pending,
)
Index(
    "deliveries_leased_idx",
    deliveries.c.subscription_id,
    postgresql_where=deliveries.c.leased_until.is_not(None),
)
Index(None, deliveries.c.position)  # for the removal of old events

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("response_code", Integer),
    Column("duration_ms", Integer, nullable=False),
    Column("fault", Text),
    Column("answer", Text),
    ForeignKeyConstraint(
        ["subscription_id", "position"],
        ["deliveries.subscription_id", "deliveries.position"],
        ondelete="CASCADE",
    ),
)
Index(None, delivery_attempts.c.subscription_id, delivery_attempts.c.position)

grants = Table(
    "grants",
    metadata,
    Column("client", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("agency", Text),
    Column("enabled", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

contracts = Table(
    "contracts",
    metadata,
    Column("service", Text, primary_key=True),
    Column("document", JSON, nullable=False),  # not JSONB, which would lose the order of paths
    Column("read_at", DateTime(timezone=True), nullable=False),
)
