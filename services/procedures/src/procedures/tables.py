"""The tables of procedures: columns, indexes, constraints, nothing else."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from procedures.backlogs.tables import backlog_tables
from procedures.calendars.tables import calendar_version_table
from procedures.case_migrations.tables import case_migration_tables
from procedures.consultations.tables import consultees_table
from procedures.external_tasks.tables import external_tasks_table, task_systems_table
from procedures.forecasts.tables import forecast_table
from procedures.links.tables import case_links_table
from procedures.payments.tables import payment_tables
from procedures.plain_json import PlainJson
from procedures.stays.tables import stay_tables
from procedures.work_list.tables import queue_tables
from shared.db import new_metadata
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.web import answers_table

metadata = new_metadata()
Instant = DateTime(timezone=True)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
answers = answers_table(metadata)
answers.append_column(Column("cases", ARRAY(Uuid)))  # that it shows
answers.append_column(Column("looks", JSONB))  # as they are recorded whenever it is given
external_tasks = external_tasks_table(metadata)
task_systems = task_systems_table(metadata)

agencies = Table(
    "agencies",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("units", JSONB, nullable=False, comment="[{code, nameVi, nameEn}]"),
    Column("sequence", BigInteger, nullable=False, comment="of the event this copy was made from"),
    comment="Local copy of identity's agencies, filled by events",
)

calendars = Table(
    "calendars",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("calendar", JSONB, nullable=False),
    Column("updated_at", Instant, nullable=False),
    comment="Working calendar of an agency; without a row the country's is used",
)

procedures = Table(
    "procedures",
    metadata,
    Column("code", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("agency", Text, nullable=False),
    Column("events", BigInteger, nullable=False, server_default="0", comment="sequence of its events"),
)
Index("procedures_agency_idx", procedures.c.agency)

procedure_versions = Table(
    "procedure_versions",
    metadata,
    Column("procedure", Text, ForeignKey("procedures.code"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("definition", PlainJson, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1", comment="of the draft, for its ETag"),
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("retired_at", Instant),
    Column("complete", Boolean, nullable=False, server_default="false", comment="see quality.is_complete"),
    CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
)
# At most one version of a procedure takes new cases.
Index(
    "procedure_versions_in_force_idx",
    procedure_versions.c.procedure,
    unique=True,
    postgresql_where=text("status = 'published'"),
)

case_series = Table(
    "case_series",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
    comment="The last number given on an agency's day; its row lock makes the series gapless",
)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("agency", Text, nullable=False),
    Column("applicant", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("sequence", Integer, nullable=False, comment="of the newest log entry"),
    Column("head", LargeBinary, nullable=False, comment="hash of the newest log entry"),
    Column("state", JSONB, nullable=False, comment="the fold of the log"),
    Column("form", LargeBinary, comment="what the applicant filled in, sealed; none once erased"),
    Column("data_key", LargeBinary, comment="opens what is personal in form, state and log; see keys"),
    CheckConstraint("(form IS NULL) = (data_key IS NULL)", name="erased"),
)
Index("cases_applicant_idx", cases.c.applicant, cases.c.id)
Index("cases_agency_idx", cases.c.agency, cases.c.id)
Index("cases_agency_status_idx", cases.c.agency, cases.c.status, cases.c.id)
# With the status last, what is filtered by both is found in the index, in the order of the list.
Index("cases_agency_procedure_idx", cases.c.agency, cases.c.procedure, cases.c.id, cases.c.status)
Index("cases_submitted_idx", *(cases.c[name] for name in ("agency", "procedure", "submitted_at", "id")))

case_log = Table(
    "case_log",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", JSONB, nullable=False),
    Column("act", JSONB, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    comment="Append-only; state is its fold, each entry chained to the one before",
)
# Entries come in the order of time. Several ranges to a summary: a small one may fill room left on an old page.
Index(
    "case_log_at_idx",
    case_log.c.at,
    postgresql_using="brin",
    postgresql_ops={"at": "timestamptz_minmax_multi_ops"},
    postgresql_with={"autosummarize": True},
)

tasks = Table(
    "tasks",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("role", Text),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("sort_at", Instant, nullable=False, comment="due_at, or far away without one"),
    Column("procedure", Text, nullable=False, comment="of the case, as is the status: for filters"),
    Column("status", Text, nullable=False),
    comment="The open tasks of all running cases: the work lists of units",
)
# In the order of a work list; whatever a filter asks for is seen in the index itself.
_WORK_LIST = ("agency", "unit", "sort_at", "case_id", "step", "procedure", "status")
Index("tasks_work_list_idx", *(tasks.c[name] for name in _WORK_LIST))

documents = Table(
    "documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", Text, nullable=False, comment="subject who sent it"),
    Column("agency", Text, comment="of the official who sent it"),
    Column("file_name", LargeBinary, comment="sealed; none once erased"),
    Column("content_key", LargeBinary, comment="sealed; none once erased, or the content lies in the clear"),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("began_at", Instant, nullable=False, comment="when it began to arrive"),
    Column("received_at", Instant, comment="when it was there; nobody sees it before"),
    # Deferred: a submission takes its documents before the one statement that writes the case.
    Column("case_id", Uuid, ForeignKey("cases.id", deferrable=True, initially="DEFERRED"), index=True),
    Column("erased_at", Instant, comment="with its case; the content goes with the next sweep"),
    Column("dropped_at", Instant, comment="when the content of an erased document was dropped"),
    Column("content_of", Uuid, ForeignKey("documents.id"), comment="handed on: whose content it shares"),
    CheckConstraint("received_at IS NULL OR (size IS NOT NULL AND sha256 IS NOT NULL)", name="received"),
    comment="What was sent; the content lies in the object store under the id",
)
Index(
    "documents_erased_idx",
    documents.c.id,
    postgresql_where=text("erased_at IS NOT NULL AND dropped_at IS NULL"),
)
Index("documents_content_idx", documents.c.content_of, postgresql_where=documents.c.content_of.is_not(None))
Index("documents_loose_idx", documents.c.began_at, postgresql_where=documents.c.case_id.is_(None))

anchors = Table(
    "anchors",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False, unique=True),
    Column("entries", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    comment="One hash a day that holds the case log fast",
)

retentions = Table(
    "retentions",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("agency", Text, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("scheduled", Boolean, nullable=False, server_default="false"),
    Column("due_on", Date, comment="None: kept for good"),
    Column("disposal", Text, comment="destroy or transfer"),
    Column("disposal_list", Uuid, ForeignKey("disposal_lists.id"), index=True),
    Column("disposed_at", Instant),
    comment="The cases that have ended, and until when each is kept",
)
Index("retentions_new_idx", retentions.c.case_id, postgresql_where=~retentions.c.scheduled)
Index(
    "retentions_due_idx",
    retentions.c.agency,
    retentions.c.disposal,
    retentions.c.due_on,
    retentions.c.case_id,
    postgresql_where=text(
        "due_on IS NOT NULL AND NOT held AND disposal_list IS NULL AND disposed_at IS NULL"
    ),
)

disposal_lists = Table(
    "disposal_lists",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("disposal", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("drawn_up_by", Text, nullable=False),
    Column("drawn_up_at", Instant, nullable=False),
    Column("settled_at", Instant, comment="approved or dismissed"),
    Column("certificate", JSONB),
    CheckConstraint("status IN ('drawn_up', 'approved', 'dismissed')", name="status"),
    comment="Cases that are to be destroyed or transferred together, once a second person approves",
)
Index("disposal_lists_agency_idx", disposal_lists.c.agency, disposal_lists.c.id)


statistics_cases = Table(
    "statistics_cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("history", JSONB, nullable=False, comment="facts by sequence number"),
    comment="What is counted of each case, from its events",
)

statistics_cells = Table(
    "statistics_cells",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("procedure", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("figure", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    comment="Sums of what the cases contribute",
)

statistics_ratings = Table(
    "statistics_ratings",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("score", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    comment="Ratings of closed cases, from participation",
)

statistics_months = Table(
    "statistics_months",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("frozen_at", Instant, nullable=False),
    Column("rows", JSONB, nullable=False, comment="[{procedure, figures, corrections}]"),
    Column("quality", JSONB, comment="what was measured; none in months reported before it was"),
    comment="Months as they were reported; they never change",
)

result_series = Table(
    "result_series",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("last", Integer, nullable=False),
    comment="The last number of a kind of result in an agency's year; its row lock makes the series gapless",
)

results = Table(
    "results",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), nullable=False, index=True),
    Column("token", Text, nullable=False, unique=True, comment="names it in the public address; at random"),
    Column("agency", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("title_vi", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("json_sha256", Text, nullable=False),
    Column("pdf_sha256", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", Instant),
    Column("legal_ground", Text, comment="of its revocation"),
    Column("superseded_by", Uuid, ForeignKey("results.id")),
    UniqueConstraint("agency", "number"),
    CheckConstraint("state IN ('in_force', 'superseded', 'revoked')", name="state"),
    comment="Issued results, as they can be verified; follows from the logs of the cases",
)
redatings = Table(
    "redatings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ordered_by", Text, nullable=False, comment="subject who edited the calendar"),
    Column("ordered_at", Instant, nullable=False),
    Column("changed_from", Instant, nullable=False, comment="the first instant at which the edit matters"),
    Column("horizon", BigInteger, comment="transactions before it may have read the calendar as it was"),
    Column("cursor", Uuid, comment="the last case that a batch was made of"),
    Column("finished_at", Instant),
    comment="Edits of calendars, and how far the open cases are dated by them",
)
Index("redatings_agency_idx", redatings.c.agency, redatings.c.id)
Index("redatings_open_idx", redatings.c.id, postgresql_where=redatings.c.finished_at.is_(None))

redating_batches = Table(
    "redating_batches",
    metadata,
    Column("redating", Uuid, ForeignKey("redatings.id"), primary_key=True),
    Column("last", Uuid, primary_key=True, comment="case at the end of the batch"),
    Column("after", Uuid, comment="case before its first; none in the first batch"),
    Column("looked_at", Integer, nullable=False, server_default="0"),
    Column("redated", Integer, nullable=False, server_default="0"),
    Column("finished_at", Instant),
    comment="Parts of the jobs, each dated in one transaction",
)

timers = Table(
    "timers",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True, comment="the step, or empty for the whole case"),
    Column("at", Instant, nullable=False),
    Column("fires_at", Instant, nullable=False, comment="at, or later when it failed to fire"),
    Column("failures", Integer, nullable=False, server_default="0"),
    comment="What will happen to cases by itself; follows from their state",
)
Index("timers_due_idx", timers.c.fires_at)

# Running cases of a version; what is predicated here is implied by "not ended", also as more ends come.
Index(
    "cases_running_idx",
    cases.c.procedure,
    cases.c.version,
    cases.c.id,
    postgresql_where=text("status <> ALL (ARRAY['closed', 'refused', 'withdrawn'])"),
)

case_migrations, case_migration_cases = case_migration_tables(metadata)
payments, receipt_series = payment_tables(metadata)
case_links = case_links_table(metadata)
consultees = consultees_table(metadata)
stay_marks, stay_cells, way_cells = stay_tables(metadata)
backlog_days, backlogs = backlog_tables(metadata, cases)
forecasts = forecast_table(metadata)
officials, delegations, claims, reassignments, reassignment_cases = queue_tables(metadata)
calendar_versions = calendar_version_table(metadata)
