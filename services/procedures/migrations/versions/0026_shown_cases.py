"""shown cases"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """What is kept beside the answers of the last day."""
    op.add_column("idempotent_answers", sa.Column("cases", postgresql.ARRAY(sa.Uuid())))
    op.add_column("idempotent_answers", sa.Column("looks", postgresql.JSONB()))


def downgrade() -> None:
    op.drop_column("idempotent_answers", "looks")
    op.drop_column("idempotent_answers", "cases")
