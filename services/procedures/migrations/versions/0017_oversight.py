"""oversight"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "stay_marks",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="of the last log entry that is counted"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("stay_marks_pkey")),
        comment="Up to where the stays of each case are counted",
    )
    op.create_table(
        "stay_cells",
        sa.Column("agency", sa.Text(), nullable=False, comment="which answers for the cases"),
        sa.Column("month", sa.Date(), nullable=False, comment="in which they left"),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("unit_agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False, comment="of the working time that they stayed"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False, comment="of working time, together"),
        sa.PrimaryKeyConstraint(
            "agency",
            "month",
            "procedure",
            "step",
            "unit_agency",
            "unit",
            "bucket",
            name=op.f("stay_cells_pkey"),
        ),
        comment="How long cases stayed at steps",
    )
    op.create_table(
        "way_cells",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="in which they were decided"),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("pace", sa.Integer(), nullable=False, comment="at which they came there"),
        sa.Column(
            "stayed",
            sa.Integer(),
            nullable=False,
            comment="bucket of the counted time that they stayed there",
        ),
        sa.Column(
            "bucket", sa.Integer(), nullable=False, comment="of the counted time from there to the decision"
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency", "procedure", "month", "step", "pace", "stayed", "bucket", name=op.f("way_cells_pkey")
        ),
        comment="How long it was from steps to the decision",
    )
    op.create_table(
        "backlog_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("backlog_days_pkey")),
        comment="When the backlogs of each day were counted last",
    )
    op.create_table(
        "backlogs",
        sa.Column("agency", sa.Text(), nullable=False, comment="which answers for the cases"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("unit_agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column(
            "for_applicant",
            sa.Integer(),
            nullable=False,
            comment="of them, while the applicant is waited for",
        ),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("oldest_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency", "day", "procedure", "step", "unit_agency", "unit", name=op.f("backlogs_pkey")
        ),
        comment="The open steps of cases that have not ended, as they were counted last on a day",
    )
    op.create_table(
        "forecasts",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, comment="at which it waits, and for which this is said"),
        sa.Column("unit_agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("chance", sa.Integer(), nullable=False, comment="of being late, in per cent"),
        sa.Column("spent", sa.Interval(), nullable=False, comment="counted since it came to the step"),
        sa.Column("left", sa.Interval(), nullable=False, comment="of its term"),
        sa.Column("alike", sa.Integer(), nullable=False, comment="cases that the chance is a share of"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("forecasts_pkey")),
        comment="Which running cases are likely to be late; made anew again and again",
    )
    op.create_index("forecasts_agency_idx", "forecasts", ["agency", sa.text("chance DESC"), "case_id"])
    op.create_index(
        "cases_due_idx",
        "cases",
        ["agency", "due_at", "id"],
        postgresql_where=sa.text("status = 'accepted'"),
    )


def downgrade() -> None:
    op.drop_index("cases_due_idx", table_name="cases", postgresql_where=sa.text("status = 'accepted'"))
    op.drop_index("forecasts_agency_idx", table_name="forecasts")
    for table in ("forecasts", "backlogs", "backlog_days", "way_cells", "stay_cells", "stay_marks"):
        op.drop_table(table)
