"""claims"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # With a default: processes of the release before go on making claims while this one comes.
    made = sa.text("gen_random_uuid()")
    op.add_column(
        "claims", sa.Column("id", sa.Uuid(), nullable=False, server_default=made, comment="of its events")
    )


def downgrade() -> None:
    op.drop_column("claims", "id")
