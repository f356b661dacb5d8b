"""external tasks"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "external_tasks",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sort_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="due_at, or far away without one",
        ),
        sa.Column("ready", sa.Boolean(), nullable=False, comment="the status of the case lets it be done"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempts_left", sa.Integer(), nullable=False),
        sa.Column(
            "free_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of a leased one: until when it is held",
        ),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True, comment="subject of the client that has the lease"),
        sa.Column("incident", sa.Uuid(), nullable=True),
        sa.Column("incident_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column(
            "message",
            sa.Text(),
            nullable=True,
            comment="of the last failure, sealed under the key of the case",
        ),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="sequence of its events"),
        sa.CheckConstraint("(lease IS NULL) = (holder IS NULL)", name=op.f("external_tasks_lease_check")),
        sa.CheckConstraint(
            "(incident IS NULL) = (cause IS NULL)", name=op.f("external_tasks_incident_check")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("external_tasks_case_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "step", name=op.f("external_tasks_pkey")),
        sa.UniqueConstraint("id", name=op.f("external_tasks_id_key")),
        comment="Open tasks that systems do: which there are follows from the cases, who has them does not",
    )
    free = sa.text("ready AND attempts_left > 0")
    op.create_index(
        "external_tasks_by_procedure_idx",
        "external_tasks",
        ["agency", "procedure", "sort_at", "case_id", "step"],
        postgresql_where=free,
    )
    op.create_index(
        "external_tasks_by_unit_idx",
        "external_tasks",
        ["agency", "unit", "step", "sort_at", "case_id"],
        postgresql_where=free,
    )
    op.create_index(
        "external_tasks_expiry_idx",
        "external_tasks",
        ["free_at"],
        postgresql_where=sa.text("attempts_left = 0 AND incident IS NULL"),
    )
    op.create_index(
        "external_tasks_incidents_idx",
        "external_tasks",
        ["agency", "incident"],
        postgresql_where=sa.text("incident IS NOT NULL"),
    )
    op.create_table(
        "task_systems",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False, comment="enabled, and may take steps"),
        sa.Column(
            "sequence", sa.BigInteger(), nullable=False, comment="of the event this copy was made from"
        ),
        sa.PrimaryKeyConstraint("client", name=op.f("task_systems_pkey")),
        comment="Clients of agencies, as far as the linter asks; filled by events",
    )
    op.create_index(op.f("task_systems_agency_idx"), "task_systems", ["agency"])


def downgrade() -> None:
    op.drop_table("task_systems")
    op.drop_table("external_tasks")
