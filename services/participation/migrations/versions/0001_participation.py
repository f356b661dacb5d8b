"""Participation begins: ratings, consultations, comments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "consultations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("title_vi", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("summary_vi", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column(
            "passages", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="texts, in order"
        ),
        sa.Column("passage_count", sa.Integer(), nullable=False),
        sa.Column("opens_date", sa.Date(), nullable=False),
        sa.Column(
            "closes_date", sa.Date(), nullable=False, comment="the last day on which comments are taken"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="for the ETag"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opening_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="of its events"),
        sa.Column("answer_vi", sa.Text(), nullable=True),
        sa.Column("answer_en", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("opens_date <= closes_date", name=op.f("consultations_period_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("consultations_pkey")),
    )
    op.create_index("consultations_agency_idx", "consultations", ["agency", "id"], unique=False)
    op.create_index(
        "consultations_untold_idx",
        "consultations",
        ["opens_date"],
        unique=False,
        postgresql_where=sa.text(
            "published_at IS NOT NULL AND (opening_told_at IS NULL OR closing_told_at IS NULL)"
        ),
    )
    op.create_table(
        "idempotent_answers",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "route", "key", name=op.f("idempotent_answers_pkey")),
    )
    op.create_index(
        op.f("idempotent_answers_created_at_idx"), "idempotent_answers", ["created_at"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("inbox_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("outbox_pkey")),
    )
    op.create_index(
        "outbox_unsent_idx", "outbox", ["position"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "rating_cells",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column(
            "shown",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="how often each score, the lowest first",
        ),
        sa.Column(
            "waiting",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="the same, until the group is whole",
        ),
        sa.PrimaryKeyConstraint("agency", "month", name=op.f("rating_cells_pkey")),
    )
    op.create_table(
        "rating_invitations",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("rating_invitations_pkey")),
        comment="Local copy of what is needed of closed cases, filled by events",
    )
    op.create_index(
        "rating_invitations_applicant_idx", "rating_invitations", ["applicant", "case_id"], unique=False
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False, comment="subject id; shown to nobody"),
        sa.Column("passage", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True, comment="absent once withdrawn"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(hidden_at IS NULL) = (hidden_reason IS NULL)", name=op.f("comments_hiding_check")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (text IS NOT NULL)", name=op.f("comments_withdrawal_check")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("comments_consultation_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("comments_pkey")),
    )
    op.create_index("comments_author_idx", "comments", ["author", "id"], unique=False)
    op.create_index("comments_consultation_idx", "comments", ["consultation_id", "id"], unique=False)
    op.create_table(
        "consultation_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("official", sa.Text(), nullable=False, comment="subject id"),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("particulars", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("consultation_log_consultation_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("consultation_log_pkey")),
        comment="Append-only: what officials did",
    )
    op.create_index(
        "consultation_log_consultation_idx", "consultation_log", ["consultation_id", "id"], unique=False
    )
    op.create_table(
        "ratings",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column(
            "place",
            sa.Uuid(),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
            comment="where officials see it within the month: says nothing of when it was given",
        ),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ratings_score_check")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["rating_invitations.case_id"], name=op.f("ratings_case_id_fkey")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("ratings_pkey")),
    )
    op.create_index("ratings_agency_idx", "ratings", ["agency", "month", "place"], unique=False)


def downgrade() -> None:
    op.drop_index("ratings_agency_idx", table_name="ratings")
    op.drop_table("ratings")
    op.drop_index("consultation_log_consultation_idx", table_name="consultation_log")
    op.drop_table("consultation_log")
    op.drop_index("comments_consultation_idx", table_name="comments")
    op.drop_index("comments_author_idx", table_name="comments")
    op.drop_table("comments")
    op.drop_index("rating_invitations_applicant_idx", table_name="rating_invitations")
    op.drop_table("rating_invitations")
    op.drop_table("rating_cells")
    op.drop_index("outbox_unsent_idx", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_index(op.f("idempotent_answers_created_at_idx"), table_name="idempotent_answers")
    op.drop_table("idempotent_answers")
    op.drop_index(
        "consultations_untold_idx",
        table_name="consultations",
        postgresql_where=sa.text(
            "published_at IS NOT NULL AND (opening_told_at IS NULL OR closing_told_at IS NULL)"
        ),
    )
    op.drop_index("consultations_agency_idx", table_name="consultations")
    op.drop_table("consultations")
