"""content keys"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    comment = "sealed; none once erased, or the content lies in the clear"
    op.add_column("documents", sa.Column("content_key", sa.LargeBinary(), comment=comment))


def downgrade() -> None:
    """Only while there is no sealed content: without its key none can be read."""
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM documents WHERE content_key IS NOT NULL) THEN "
        "RAISE EXCEPTION 'there are sealed contents'; END IF; END $$"
    )
    op.drop_column("documents", "content_key")
