"""linked cases"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False, comment="of the case"),
        sa.Column("to_case", sa.Uuid(), nullable=False),
        sa.Column("to_agency", sa.Text(), nullable=False, comment="of the case that it belongs to"),
        sa.Column(
            "above", sa.ARRAY(sa.Uuid()), nullable=False, comment="to_case, what that belongs to, and so on"
        ),
        sa.CheckConstraint("kind IN ('child', 'appeal')", name=op.f("case_links_kind_check")),
        sa.CheckConstraint("to_case < case_id", name=op.f("case_links_order_check")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("case_links_case_id_fkey")),
        sa.ForeignKeyConstraint(["to_case"], ["cases.id"], name=op.f("case_links_to_case_fkey")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("case_links_pkey")),
        comment="Cases that belong to another: parts of it, and appeals against it; follows from the logs",
    )
    op.create_index("case_links_to_case_idx", "case_links", ["to_case", "case_id"], unique=False)


def downgrade() -> None:
    op.drop_index("case_links_to_case_idx", table_name="case_links")
    op.drop_table("case_links")
