"""figures that are the same whenever they are counted"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "calendar_versions",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calendar", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("agency", "since", name=op.f("calendar_versions_pkey")),
        comment="The calendars that an agency has declared; before the first the country's was used",
    )
    # What was declared before the present one is not known: it counts from the beginning.
    op.execute("""
        INSERT INTO calendar_versions (agency, since, calendar)
        SELECT agency, 'epoch', calendar FROM calendars
    """)


def downgrade() -> None:
    op.drop_table("calendar_versions")
