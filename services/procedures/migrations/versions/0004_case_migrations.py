"""migrations of running cases to another version"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RUNNING = sa.text("status <> ALL (ARRAY['closed', 'refused', 'withdrawn'])")
_IN_THE_WAY = sa.text("obstacles IS NOT NULL")


def upgrade() -> None:
    op.create_index("cases_running_idx", "cases", ["procedure", "version", "id"], postgresql_where=_RUNNING)
    op.create_table(
        "case_migrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column(
            "steps",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="{step of the old version: step of the new one}",
        ),
        sa.Column("new_term", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "report",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what was found when it was planned",
        ),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('planned', 'executed')", name=op.f("case_migrations_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("case_migrations_pkey")),
        comment="Moves of running cases to another version: planned, then executed for all of them or none",
    )
    op.create_index("case_migrations_agency_idx", "case_migrations", ["agency", "id"])
    op.create_table(
        "case_migration_cases",
        sa.Column("migration", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "sequence",
            sa.Integer(),
            nullable=False,
            comment="of the newest log entry when it was planned",
        ),
        sa.Column(
            "obstacles",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="[{code, step, text}]; null when the case can move",
        ),
        sa.ForeignKeyConstraint(
            ["migration"],
            ["case_migrations.id"],
            name=op.f("case_migration_cases_migration_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("migration", "case_id", name=op.f("case_migration_cases_pkey")),
        comment="The cases of a planned migration, to notice what is done to them before it is executed",
    )
    op.create_index(
        "case_migration_obstacles_idx",
        "case_migration_cases",
        ["migration", "case_id"],
        postgresql_where=_IN_THE_WAY,
    )


def downgrade() -> None:
    op.drop_index("case_migration_obstacles_idx", "case_migration_cases", postgresql_where=_IN_THE_WAY)
    op.drop_table("case_migration_cases")
    op.drop_index("case_migrations_agency_idx", "case_migrations")
    op.drop_table("case_migrations")
    op.drop_index("cases_running_idx", "cases", postgresql_where=_RUNNING)
