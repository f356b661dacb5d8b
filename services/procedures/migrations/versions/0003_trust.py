"""personal data is sealed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _require_no_cases()
    op.drop_column("cases", "form")
    op.add_column(
        "cases",
        sa.Column("form", sa.LargeBinary(), comment="what the applicant filled in, sealed; none once erased"),
    )
    op.add_column(
        "cases",
        sa.Column(
            "data_key", sa.LargeBinary(), comment="opens what is personal in form, state and log; see keys"
        ),
    )
    op.create_check_constraint("erased", "cases", "(form IS NULL) = (data_key IS NULL)")
    op.drop_column("documents", "file_name")
    op.add_column("documents", sa.Column("file_name", sa.LargeBinary(), comment="sealed; none once erased"))


def downgrade() -> None:
    _require_no_cases()
    op.drop_constraint(op.f("cases_erased_check"), "cases")
    op.drop_column("cases", "data_key")
    op.drop_column("cases", "form")
    op.add_column("cases", sa.Column("form", postgresql.JSONB(), nullable=False))
    op.drop_column("documents", "file_name")
    op.add_column("documents", sa.Column("file_name", sa.Text(), nullable=False))


def _require_no_cases() -> None:
    """What an unreleased version stored in the clear is hashed as it stands, and can be sealed no more."""
    if (
        op.get_bind()
        .execute(sa.text("SELECT EXISTS (SELECT FROM cases UNION ALL SELECT FROM documents)"))
        .scalar_one()
    ):
        raise RuntimeError("what is stored is not sealed by this version: begin with an empty database")
