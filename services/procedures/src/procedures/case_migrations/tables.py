"""Moves of running cases to another version, and the cases that each moves."""

from sqlalchemy import (
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
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def case_migration_tables(metadata: MetaData) -> tuple[Table, Table]:
    """The moves, and their cases."""
    case_migrations = Table(
        "case_migrations",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("procedure", Text, nullable=False),
        Column("from_version", Integer, nullable=False),
        Column("to_version", Integer, nullable=False),
        Column("steps", JSONB, nullable=False, comment="{step of the old version: step of the new one}"),
        Column("new_term", Boolean, nullable=False),
        Column("status", Text, nullable=False),
        Column("report", JSONB, nullable=False, comment="what was found when it was planned"),
        Column("planned_at", DateTime(timezone=True), nullable=False),
        Column("executed_at", DateTime(timezone=True)),
        CheckConstraint("status IN ('planned', 'executed')", name="status"),
        comment="Moves of running cases to another version: planned, then executed for all of them or none",
    )
    Index("case_migrations_agency_idx", case_migrations.c.agency, case_migrations.c.id)

    case_migration_cases = Table(
        "case_migration_cases",
        metadata,
        Column("migration", Uuid, ForeignKey("case_migrations.id", ondelete="CASCADE"), primary_key=True),
        Column("case_id", Uuid, primary_key=True),
        Column("code", Text, nullable=False),
        Column("sequence", Integer, nullable=False, comment="of the newest log entry when it was planned"),
        Column(
            "obstacles", JSONB(none_as_null=True), comment="[{code, step, text}]; null when the case can move"
        ),
        comment="The cases of a planned migration, to notice what is done to them before it is executed",
    )
    Index(
        "case_migration_obstacles_idx",
        case_migration_cases.c.migration,
        case_migration_cases.c.case_id,
        postgresql_where=case_migration_cases.c.obstacles.is_not(None),
    )
    return case_migrations, case_migration_cases
