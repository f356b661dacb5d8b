"""documents handed on"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    comment = "handed on: whose content it shares"
    op.add_column(
        "documents",
        sa.Column("content_of", sa.Uuid(), sa.ForeignKey("documents.id"), comment=comment),
    )
    op.create_index(
        "documents_content_idx",
        "documents",
        ["content_of"],
        postgresql_where=sa.text("content_of IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("documents_content_idx", table_name="documents")
    op.drop_column("documents", "content_of")
