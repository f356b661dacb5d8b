"""size"""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Concurrently, so that cases are handled while it is done; dropped before, so that it can be begun again.
    with op.get_context().autocommit_block():
        for name in ("cases_agency_procedure_idx", "case_log_at_idx"):
            op.drop_index(name, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "cases_agency_procedure_idx",
            "cases",
            ["agency", "procedure", "id", "status"],
            postgresql_concurrently=True,
        )
        op.create_index(
            "case_log_at_idx",
            "case_log",
            ["at"],
            postgresql_concurrently=True,
            postgresql_using="brin",
            postgresql_ops={"at": "timestamptz_minmax_multi_ops"},
            postgresql_with={"autosummarize": True},
        )


def downgrade() -> None:
    op.drop_index("case_log_at_idx", table_name="case_log")
    op.create_index(
        "case_log_at_idx",
        "case_log",
        ["at"],
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    )
    op.drop_index("cases_agency_procedure_idx", table_name="cases")
