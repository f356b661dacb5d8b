"""timers of cases, and jobs that date cases anew"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "redatings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False, comment="subject who edited the calendar"),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_from",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="the first instant at which the edit matters",
        ),
        sa.Column(
            "horizon",
            sa.BigInteger(),
            nullable=True,
            comment="transactions before it may have read the calendar as it was",
        ),
        sa.Column("cursor", sa.Uuid(), nullable=True, comment="the last case that a batch was made of"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("redatings_pkey")),
        comment="Edits of calendars, and how far the open cases are dated by them",
    )
    op.create_index("redatings_agency_idx", "redatings", ["agency", "id"])
    op.create_index(
        "redatings_open_idx", "redatings", ["id"], postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_table(
        "redating_batches",
        sa.Column("redating", sa.Uuid(), nullable=False),
        sa.Column("last", sa.Uuid(), nullable=False, comment="case at the end of the batch"),
        sa.Column(
            "after", sa.Uuid(), nullable=True, comment="case before its first; none in the first batch"
        ),
        sa.Column("looked_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("redated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["redating"], ["redatings.id"], name=op.f("redating_batches_redating_fkey")),
        sa.PrimaryKeyConstraint("redating", "last", name=op.f("redating_batches_pkey")),
        comment="Parts of the jobs, each dated in one transaction",
    )
    op.create_table(
        "timers",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="the step, or empty for the whole case"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "fires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="at, or later when it failed to fire",
        ),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("timers_case_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "kind", "subject", name=op.f("timers_pkey")),
        comment="What will happen to cases by itself; follows from their state",
    )
    op.create_index("timers_due_idx", "timers", ["fires_at"])


def downgrade() -> None:
    op.drop_table("timers")
    op.drop_table("redating_batches")
    op.drop_table("redatings")
