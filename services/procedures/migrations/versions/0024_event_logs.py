"""event logs of a month"""

from collections.abc import Sequence

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAME = "cases_submitted_idx"


def upgrade() -> None:
    # Concurrently, so that cases are handled while it is done; dropped before, so that it can be begun again.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, "cases", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            _NAME, "cases", ["agency", "procedure", "submitted_at", "id"], postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_index(_NAME, "cases")
