"""people see who looked at their data"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "access_records",
        sa.Column(
            "event_id", sa.Uuid(), nullable=False, comment="of the look; UUIDv7, so in the order of time"
        ),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("reader_kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "case_id", name=op.f("access_records_pkey")),
        comment="Who looked at whose data, as the services tell it",
    )
    op.create_index("access_records_person_id_idx", "access_records", ["person_id", "event_id", "case_id"])


def downgrade() -> None:
    op.drop_table("access_records")
