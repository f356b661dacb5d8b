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
    op.add_column(
        "statistics_months",
        sa.Column(
            "quality",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what was measured; none in months reported before it was",
        ),
    )
    op.create_index("procedures_agency_idx", "procedures", ["agency"])
    op.add_column(
        "procedure_versions",
        sa.Column(
            "complete",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="see quality.is_complete",
        ),
    )
    op.execute("""
        UPDATE procedure_versions SET complete = true
        WHERE published_at IS NOT NULL
          AND jsonb_array_length(definition -> 'legalBasis') > 0
          AND definition #>> '{term,kind}' <> 'none'
          AND (jsonb_array_length(definition -> 'documents') > 0
               OR jsonb_typeof(definition -> 'form') = 'object' AND definition -> 'form' <> '{}')
    """)


def downgrade() -> None:
    op.drop_column("procedure_versions", "complete")
    op.drop_column("statistics_months", "quality")
    op.drop_index("procedures_agency_idx", "procedures")
    op.drop_table("calendar_versions")
