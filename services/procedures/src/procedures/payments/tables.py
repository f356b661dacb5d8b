"""The tables of payments."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

_Instant = DateTime(timezone=True)


def payment_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Add what providers told of, and the series of receipts, to the tables of the service."""
    payments = Table(
        "payments",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("provider", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("reference", Text, nullable=False, comment="the provider's"),
        Column("fee", Text, nullable=False, comment="as the provider named it"),
        Column("refund", Uuid, comment="of which order it is the answer"),
        Column("amount", BigInteger, nullable=False),
        Column("currency", Text, nullable=False),
        Column("at", _Instant, nullable=False, comment="when it happened, as the provider says"),
        Column("received_at", _Instant, nullable=False),
        Column("verdict", Text, nullable=False),
        Column("agency", Text, comment="to reconcile it; none when nothing tells whose it is"),
        Column("case_id", Uuid, ForeignKey("cases.id"), index=True),
        Column("receipt", Text),
        Column("refund_state", Text, comment="of what was paid: whether it is given back"),
        Column(
            "refunded", BigInteger, nullable=False, server_default="0", comment="what of it was given back"
        ),
        UniqueConstraint("provider", "kind", "reference"),
        UniqueConstraint("agency", "receipt"),
        CheckConstraint("kind IN ('paid', 'refunded', 'refund_failed')", name="kind"),
        comment="What payment providers told of, each once; what became of it follows from the logs of the cases",
    )
    Index("payments_agency_idx", payments.c.agency, payments.c.id)
    Index("payments_agency_verdict_idx", payments.c.agency, payments.c.verdict, payments.c.id)
    receipt_series = Table(
        "receipt_series",
        metadata,
        Column("agency", Text, primary_key=True),
        Column("year", Integer, primary_key=True),
        Column("last", Integer, nullable=False),
        comment="The last receipt of an agency's year; its row lock makes the series gapless",
    )
    return payments, receipt_series
