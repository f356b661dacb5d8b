"""clients are told of, after signing out, where they registered to be"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    uris = sa.Column(
        "post_logout_redirect_uris", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
    )
    op.add_column("clients", uris)


def downgrade() -> None:
    op.drop_column("clients", "post_logout_redirect_uris")
