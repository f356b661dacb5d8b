"""consultations"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "consultees",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("consultation", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "documents",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="of the case, which it may see",
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sort_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="due_at, or far away without one",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("consultees_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("consultees_pkey")),
        comment="Who is asked about running cases and has not answered; follows from their state",
    )
    op.create_index(op.f("consultees_case_id_idx"), "consultees", ["case_id"], unique=False)
    op.create_index("consultees_inbox_idx", "consultees", ["agency", "unit", "sort_at", "id"], unique=False)
    # The state is the fold of the log, and every case has this part from now on.
    op.execute("""UPDATE cases SET state = state || '{"consultations": []}'""")


def downgrade() -> None:
    op.execute("UPDATE cases SET state = state - 'consultations'")
    op.drop_table("consultees")
