"""work queues: officials, delegations, claims, reassignments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_WORK_LIST = ["agency", "unit", "sort_at", "case_id"]


def upgrade() -> None:
    _tasks()
    _officials()
    _delegations()
    _claims()
    _reassignments()


def _tasks() -> None:
    op.add_column(
        "tasks", sa.Column("procedure", sa.Text(), comment="of the case, as is the status: for filters")
    )
    op.add_column("tasks", sa.Column("status", sa.Text()))
    op.execute(
        "UPDATE tasks SET procedure = cases.procedure, status = cases.status FROM cases"
        " WHERE cases.id = tasks.case_id"
    )
    op.alter_column("tasks", "procedure", nullable=False)
    op.alter_column("tasks", "status", nullable=False)
    op.drop_index("tasks_work_list_idx", "tasks")
    op.create_index("tasks_work_list_idx", "tasks", [*_WORK_LIST, "step", "procedure", "status"])


def _officials() -> None:
    op.create_table(
        "officials",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("posts", postgresql.JSONB(), nullable=False, comment="[[unit, role]]; none after removal"),
        sa.Column(
            "sequence", sa.BigInteger(), nullable=False, comment="of the event this copy was made from"
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("officials_pkey")),
        comment="Local copy of identity's officials, filled by events",
    )


def _delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column(
            "delegator", sa.Text(), nullable=False, comment="subject of the official whose posts are lent"
        ),
        sa.Column("delegate", sa.Text(), nullable=False, comment="subject of the official who acts for them"),
        sa.Column("posts", postgresql.JSONB(), nullable=False, comment="[[unit, role]]"),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("delegations_pkey")),
        comment="Posts of officials, lent to colleagues for a time; no row is ever dropped",
    )
    for column in ("agency", "delegator", "delegate"):
        op.create_index(f"delegations_{column}_idx", "delegations", [column, "id"])


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of the task: the step may open again",
        ),
        sa.Column("official", sa.Text(), nullable=False),
        sa.Column("acting_for", sa.Text()),
        sa.Column("delegation", sa.Uuid(), comment="the claim ends with it"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "step"],
            ["tasks.case_id", "tasks.step"],
            name=op.f("claims_case_id_step_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["delegation"], ["delegations.id"], name=op.f("claims_delegation_fkey")),
        sa.PrimaryKeyConstraint("case_id", "step", name=op.f("claims_pkey")),
        comment="Open tasks that officials have taken; counts while agency, unit and opening are the task's",
    )
    op.create_index("claims_official_idx", "claims", ["official", "case_id"])
    op.create_index(
        "claims_acting_for_idx", "claims", ["acting_for"], postgresql_where=sa.text("acting_for IS NOT NULL")
    )


def _reassignments() -> None:
    op.create_table(
        "reassignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False, comment="from whom to whom, and which tasks"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), server_default="0", nullable=False, comment="of the plan"),
        sa.Column("moved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stayed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.Text()),
        sa.Column("ordered_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "status IN ('planned', 'ordered', 'finished')", name=op.f("reassignments_status_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reassignments_pkey")),
        comment="Open tasks that go over to another unit or official: planned, then done in batches",
    )
    op.create_index("reassignments_agency_idx", "reassignments", ["agency", "id"])
    op.create_index(
        "reassignments_open_idx", "reassignments", ["id"], postgresql_where=sa.text("status = 'ordered'")
    )
    op.create_table(
        "reassignment_cases",
        sa.Column("reassignment", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("steps", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "obstacles",
            postgresql.JSONB(),
            nullable=False,
            comment="[{step, code, text}]: what stays, and why",
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'moved', 'stayed')", name=op.f("reassignment_cases_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["reassignment"],
            ["reassignments.id"],
            name=op.f("reassignment_cases_reassignment_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reassignment", "case_id", name=op.f("reassignment_cases_pkey")),
        comment="The cases of a reassignment, with what became of each",
    )
    op.create_index(
        "reassignment_cases_state_idx", "reassignment_cases", ["reassignment", "state", "case_id"]
    )


def downgrade() -> None:
    for table in ("reassignment_cases", "reassignments", "claims", "delegations", "officials"):
        op.drop_table(table)
    op.drop_index("tasks_work_list_idx", "tasks")
    op.create_index("tasks_work_list_idx", "tasks", _WORK_LIST)
    op.drop_column("tasks", "status")
    op.drop_column("tasks", "procedure")
