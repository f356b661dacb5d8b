"""The tables of the work queues: officials, delegations, claims, reassignments."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

_Instant = DateTime(timezone=True)


def queue_tables(metadata: MetaData) -> tuple[Table, Table, Table, Table, Table]:
    """Add officials, delegations, claims, reassignments and their cases to the tables of the service."""
    return (
        _officials(metadata),
        _delegations(metadata),
        _claims(metadata),
        _reassignments(metadata),
        _reassignment_cases(metadata),
    )


def _officials(metadata: MetaData) -> Table:
    return Table(
        "officials",
        metadata,
        Column("subject", Text, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("posts", JSONB, nullable=False, comment="[[unit, role]]; none after removal"),
        Column("sequence", BigInteger, nullable=False, comment="of the event this copy was made from"),
        comment="Local copy of identity's officials, filled by events",
    )


def _delegations(metadata: MetaData) -> Table:
    table = Table(
        "delegations",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("delegator", Text, nullable=False, comment="subject of the official whose posts are lent"),
        Column("delegate", Text, nullable=False, comment="subject of the official who acts for them"),
        Column("posts", JSONB, nullable=False, comment="[[unit, role]]"),
        Column("begins_at", _Instant, nullable=False),
        Column("ends_at", _Instant, nullable=False),
        Column("reason", Text, nullable=False),
        Column("recorded_by", Text, nullable=False),
        Column("recorded_at", _Instant, nullable=False),
        Column("revoked_by", Text),
        Column("revoked_at", _Instant),
        comment="Posts of officials, lent to colleagues for a time; no row is ever dropped",
    )
    Index("delegations_agency_idx", table.c.agency, table.c.id)
    Index("delegations_delegator_idx", table.c.delegator, table.c.id)
    Index("delegations_delegate_idx", table.c.delegate, table.c.id)
    return table


def _claims(metadata: MetaData) -> Table:
    table = Table(
        "claims",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("step", Text, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("opened_at", _Instant, nullable=False, comment="of the task: the step may open again"),
        Column("official", Text, nullable=False),
        Column("acting_for", Text),
        Column("delegation", Uuid, ForeignKey("delegations.id"), comment="the claim ends with it"),
        Column("claimed_at", _Instant, nullable=False),
        Column("id", Uuid, nullable=False, server_default=text("gen_random_uuid()"), comment="of its events"),
        ForeignKeyConstraint(["case_id", "step"], ["tasks.case_id", "tasks.step"], ondelete="CASCADE"),
        comment="Open tasks that officials have taken; counts while agency, unit and opening are the task's",
    )
    Index("claims_official_idx", table.c.official, table.c.case_id)
    Index("claims_acting_for_idx", table.c.acting_for, postgresql_where=table.c.acting_for.is_not(None))
    return table


def _reassignments(metadata: MetaData) -> Table:
    table = Table(
        "reassignments",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("terms", JSONB, nullable=False, comment="from whom to whom, and which tasks"),
        Column("reason", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("cases", Integer, nullable=False, server_default="0", comment="of the plan"),
        Column("moved", Integer, nullable=False, server_default="0"),
        Column("stayed", Integer, nullable=False, server_default="0"),
        Column("planned_by", Text, nullable=False),
        Column("planned_at", _Instant, nullable=False),
        Column("ordered_by", Text),
        Column("ordered_at", _Instant),
        Column("finished_at", _Instant),
        CheckConstraint("status IN ('planned', 'ordered', 'finished')", name="status"),
        comment="Open tasks that go over to another unit or official: planned, then done in batches",
    )
    Index("reassignments_agency_idx", table.c.agency, table.c.id)
    Index("reassignments_open_idx", table.c.id, postgresql_where=text("status = 'ordered'"))
    return table


def _reassignment_cases(metadata: MetaData) -> Table:
    table = Table(
        "reassignment_cases",
        metadata,
        Column("reassignment", Uuid, ForeignKey("reassignments.id", ondelete="CASCADE"), primary_key=True),
        Column("case_id", Uuid, primary_key=True),
        Column("steps", ARRAY(Text), nullable=False),
        Column("state", Text, nullable=False),
        Column("obstacles", JSONB, nullable=False, comment="[{step, code, text}]: what stays, and why"),
        CheckConstraint("state IN ('planned', 'moved', 'stayed')", name="state"),
        comment="The cases of a reassignment, with what became of each",
    )
    Index("reassignment_cases_state_idx", table.c.reassignment, table.c.state, table.c.case_id)
    return table
