"""Tables of open-data."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import new_metadata
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)

# `acts` are the events by sequence number; all other columns are their fold. Months are text, `2026-11`.
case_facts = Table(
    "case_facts",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("acts", JSONB, nullable=False),
    Column("events", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("agency", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("received", Text),
    Column("ended", Text),
    Column("decided", Boolean, nullable=False),
    Column("lapsed", Boolean, nullable=False, server_default=false()),
    Column("on_time", Boolean),
    Column("days", Integer),
    Column("closed", Text),
    Column("refused", Text),
    Column("overdue", ARRAY(Text), nullable=False),
    Column("overdue_from", Text),
)

rating_facts = Table(
    "rating_facts",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("score", SmallInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

reported_months = Table(
    "reported_months",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("procedures", JSONB, nullable=False),
    Column("quality", JSONB(none_as_null=True)),
    Column("at", DateTime(timezone=True), nullable=False),
)

agencies = Table(
    "agencies",
    metadata,
    Column("code", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("publisher", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

# The log of who offered a dataset under which words.
descriptions = Table(
    "descriptions",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("metadata", JSONB, nullable=False),
    Column("described_by", Text, nullable=False),
    Column("described_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["dataset"], ["datasets.slug"]),
)

versions = Table(
    "versions",
    metadata,
    Column("dataset", Text, primary_key=True),
    Column("edition", Integer, primary_key=True),
    Column("events", BigInteger, primary_key=True),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("first_month", Text),
    Column("last_month", Text),
    ForeignKeyConstraint(["dataset"], ["datasets.slug"]),
)
