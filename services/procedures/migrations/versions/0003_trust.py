"""personal data is sealed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
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
    op.create_index(
        "case_log_at_idx",
        "case_log",
        ["at"],
        postgresql_using="brin",
        postgresql_with={"autosummarize": "true"},
    )
    op.create_table(
        "anchors",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("anchors_pkey")),
        sa.UniqueConstraint("day", name=op.f("anchors_day_key")),
        comment="One hash a day that holds the case log fast",
    )
    _retention()


def _retention() -> None:
    op.add_column(
        "documents",
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=True),
            comment="with its case; the content goes with the next sweep",
        ),
    )
    op.add_column(
        "documents",
        sa.Column(
            "dropped_at",
            sa.DateTime(timezone=True),
            comment="when the content of an erased document was dropped",
        ),
    )
    op.create_index(
        "documents_erased_idx",
        "documents",
        ["id"],
        postgresql_where=sa.text("erased_at IS NOT NULL AND dropped_at IS NULL"),
    )
    op.create_table(
        "disposal_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("disposal", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("drawn_up_by", sa.Text(), nullable=False),
        sa.Column("drawn_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), comment="approved or dismissed"),
        sa.Column("certificate", postgresql.JSONB()),
        sa.CheckConstraint(
            "status IN ('drawn_up', 'approved', 'dismissed')", name=op.f("disposal_lists_status_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("disposal_lists_pkey")),
        comment="Cases that are to be destroyed or transferred together, once a second person approves",
    )
    op.create_index("disposal_lists_agency_idx", "disposal_lists", ["agency", "id"])
    op.create_table(
        "retentions",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("scheduled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("due_on", sa.Date(), comment="None: kept for good"),
        sa.Column("disposal", sa.Text(), comment="destroy or transfer"),
        sa.Column("disposal_list", sa.Uuid()),
        sa.Column("disposed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("retentions_case_id_fkey")),
        sa.ForeignKeyConstraint(
            ["disposal_list"], ["disposal_lists.id"], name=op.f("retentions_disposal_list_fkey")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("retentions_pkey")),
        comment="The cases that have ended, and until when each is kept",
    )
    op.create_index(op.f("retentions_disposal_list_idx"), "retentions", ["disposal_list"])
    op.create_index(
        "retentions_new_idx", "retentions", ["case_id"], postgresql_where=sa.text("NOT scheduled")
    )
    op.create_index(
        "retentions_due_idx",
        "retentions",
        ["agency", "disposal", "due_on", "case_id"],
        postgresql_where=sa.text(
            "due_on IS NOT NULL AND NOT held AND disposal_list IS NULL AND disposed_at IS NULL"
        ),
    )


def downgrade() -> None:
    _require_no_cases()
    op.drop_table("retentions")
    op.drop_table("disposal_lists")
    op.drop_index("documents_erased_idx", "documents")
    op.drop_column("documents", "erased_at")
    op.drop_column("documents", "dropped_at")
    op.drop_table("anchors")
    op.drop_index("case_log_at_idx", "case_log")
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
