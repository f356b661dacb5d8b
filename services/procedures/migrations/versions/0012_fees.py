"""fees"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "receipt_series",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "year", name=op.f("receipt_series_pkey")),
        comment="The last receipt of an agency's year; its row lock makes the series gapless",
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False, comment="the provider's"),
        sa.Column("fee", sa.Text(), nullable=False, comment="as the provider named it"),
        sa.Column("refund", sa.Uuid(), nullable=True, comment="of which order it is the answer"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it happened, as the provider says",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column(
            "agency",
            sa.Text(),
            nullable=True,
            comment="to reconcile it; none when nothing tells whose it is",
        ),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column(
            "refund_state", sa.Text(), nullable=True, comment="of what was paid: whether it is given back"
        ),
        sa.CheckConstraint("kind IN ('paid', 'refunded', 'refund_failed')", name=op.f("payments_kind_check")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("payments_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("payments_pkey")),
        sa.UniqueConstraint("agency", "receipt", name=op.f("payments_agency_receipt_key")),
        sa.UniqueConstraint(
            "provider", "kind", "reference", name=op.f("payments_provider_kind_reference_key")
        ),
        comment="What payment providers told of, each once; what became of it follows from the logs of the cases",
    )
    op.create_index("payments_agency_idx", "payments", ["agency", "id"])
    op.create_index("payments_agency_verdict_idx", "payments", ["agency", "verdict", "id"])
    op.create_index(op.f("payments_case_id_idx"), "payments", ["case_id"])


def downgrade() -> None:
    op.drop_table("payments")
    op.drop_table("receipt_series")
