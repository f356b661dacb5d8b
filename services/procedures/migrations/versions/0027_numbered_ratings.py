"""ratings by their numbers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEFORE = "Ratings of closed cases, from participation"
_NOW = "Of the release before, which counts here until the last of its processes ends; nobody reads it"


def upgrade() -> None:
    # What was counted without numbers belongs to no group, so it begins anew.
    op.create_table(
        "statistics_numbered_ratings",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="in the agency's month, from participation",
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "month", "number", name=op.f("statistics_numbered_ratings_pkey")),
        comment="Ratings of closed cases; told in whole groups",
    )
    op.create_table_comment("statistics_ratings", _NOW, existing_comment=_BEFORE)


def downgrade() -> None:
    op.create_table_comment("statistics_ratings", _BEFORE, existing_comment=_NOW)
    op.drop_table("statistics_numbered_ratings")
