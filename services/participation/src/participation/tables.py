"""The tables of participation: columns, indexes, constraints, nothing else."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import new_metadata
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.web import answers_table

metadata = new_metadata()
Instant = DateTime(timezone=True)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
answers = answers_table(metadata)

rating_invitations = Table(
    "rating_invitations",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("case_code", Text, nullable=False),
    Column("applicant", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("closed_at", Instant, nullable=False),
    comment="Local copy of what is needed of closed cases, filled by events",
)
Index("rating_invitations_applicant_idx", rating_invitations.c.applicant, rating_invitations.c.case_id)

ratings = Table(
    "ratings",
    metadata,
    Column("case_id", Uuid, ForeignKey("rating_invitations.case_id"), primary_key=True),
    Column("score", SmallInteger, nullable=False),
    Column("reason", Text),
    Column("rated_at", Instant, nullable=False),
    Column("agency", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column(
        "place",
        Uuid,
        nullable=False,
        server_default=text("gen_random_uuid()"),
        comment="where officials see it within the month: says nothing of when it was given",
    ),
    CheckConstraint("score BETWEEN 1 AND 5", name="score"),
)
Index("ratings_agency_idx", ratings.c.agency, ratings.c.month, ratings.c.place)

rating_cells = Table(
    "rating_cells",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("shown", ARRAY(Integer), nullable=False, comment="how often each score, the lowest first"),
    Column("waiting", ARRAY(Integer), nullable=False, comment="the same, until the group is whole"),
)

consultations = Table(
    "consultations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("title_vi", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("summary_vi", Text, nullable=False),
    Column("summary_en", Text, nullable=False),
    Column("passages", JSONB, nullable=False, comment="texts, in order"),
    Column("passage_count", Integer, nullable=False),
    Column("opens_date", Date, nullable=False),
    Column("closes_date", Date, nullable=False, comment="the last day on which comments are taken"),
    Column("version", Integer, nullable=False, comment="for the ETag"),
    Column("published_at", Instant),
    Column("opening_told_at", Instant),
    Column("closing_told_at", Instant),
    Column("sequence", BigInteger, nullable=False, comment="of its events"),
    Column("answer_vi", Text),
    Column("answer_en", Text),
    Column("answered_at", Instant),
    CheckConstraint("opens_date <= closes_date", name="period"),
)
Index("consultations_agency_idx", consultations.c.agency, consultations.c.id)
Index(
    "consultations_untold_idx",
    consultations.c.opens_date,
    postgresql_where=and_(
        consultations.c.published_at.is_not(None),
        or_(consultations.c.opening_told_at.is_(None), consultations.c.closing_told_at.is_(None)),
    ),
)

consultation_log = Table(
    "consultation_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("consultation_id", Uuid, ForeignKey("consultations.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("official", Text, nullable=False, comment="subject id"),
    Column("act", Text, nullable=False),
    Column("particulars", JSONB, nullable=False),
    comment="Append-only: what officials did",
)
Index("consultation_log_consultation_idx", consultation_log.c.consultation_id, consultation_log.c.id)

comments = Table(
    "comments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("consultation_id", Uuid, ForeignKey("consultations.id"), nullable=False),
    Column("author", Text, nullable=False, comment="subject id; shown to nobody"),
    Column("passage", Integer),
    Column("text", Text, comment="absent once withdrawn"),
    Column("at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("hidden_at", Instant),
    Column("hidden_reason", Text),
    CheckConstraint("(hidden_at IS NULL) = (hidden_reason IS NULL)", name="hiding"),
    CheckConstraint("(withdrawn_at IS NULL) = (text IS NOT NULL)", name="withdrawal"),
)
Index("comments_consultation_idx", comments.c.consultation_id, comments.c.id)
Index("comments_author_idx", comments.c.author, comments.c.id)
