"""The tables of steps that systems do."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    text,
)

_Instant = DateTime(timezone=True)


def external_tasks_table(metadata: MetaData) -> Table:
    """Add it to the tables of procedures."""
    table = Table(
        "external_tasks",
        metadata,
        Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
        Column("step", Text, primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("procedure", Text, nullable=False),
        Column("agency", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("role", Text),
        Column("opened_at", _Instant, nullable=False),
        Column("due_at", _Instant),
        Column("sort_at", _Instant, nullable=False, comment="due_at, or far away without one"),
        Column("ready", Boolean, nullable=False, comment="the status of the case lets it be done"),
        Column("attempts", Integer, nullable=False),
        Column("attempts_left", Integer, nullable=False),
        Column("free_at", _Instant, nullable=False, comment="of a leased one: until when it is held"),
        Column("lease", Uuid),
        Column("holder", Text, comment="subject of the client that has the lease"),
        Column("incident", Uuid),
        Column("incident_at", _Instant),
        Column("cause", Text),
        Column("message", Text, comment="of the last failure, sealed under the key of the case"),
        Column("events", BigInteger, nullable=False, comment="sequence of its events"),
        UniqueConstraint("id"),
        CheckConstraint("(lease IS NULL) = (holder IS NULL)", name="lease"),
        CheckConstraint("(incident IS NULL) = (cause IS NULL)", name="incident"),
        comment="Open tasks that systems do: which there are follows from the cases, who has them does not",
    )
    free = text("ready AND attempts_left > 0")
    Index(
        "external_tasks_by_procedure_idx",
        table.c.agency,
        table.c.procedure,
        table.c.sort_at,
        table.c.case_id,
        table.c.step,
        postgresql_where=free,
    )
    Index(
        "external_tasks_by_unit_idx",
        table.c.agency,
        table.c.unit,
        table.c.step,
        table.c.sort_at,
        table.c.case_id,
        postgresql_where=free,
    )
    Index(
        "external_tasks_expiry_idx",
        table.c.free_at,
        postgresql_where=text("attempts_left = 0 AND incident IS NULL"),
    )
    Index(
        "external_tasks_incidents_idx",
        table.c.agency,
        table.c.incident,
        postgresql_where=table.c.incident.is_not(None),
    )
    return table


def task_systems_table(metadata: MetaData) -> Table:
    """Add it to the tables of procedures."""
    return Table(
        "task_systems",
        metadata,
        Column("client", Text, primary_key=True),
        Column("agency", Text, nullable=False, index=True),
        Column("works", Boolean, nullable=False, comment="enabled, and may take steps"),
        Column("sequence", BigInteger, nullable=False, comment="of the event this copy was made from"),
        comment="Clients of agencies, as far as the linter asks; filled by events",
    )
