"""The tables of identity: columns, indexes, constraints, nothing else."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import new_metadata
from shared.inbox import inbox_table
from shared.outbox import outbox_table
from shared.web import answers_table

metadata = new_metadata()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
answers = answers_table(metadata)


def _instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _text(name: str, *constraints: Any, nullable: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, *constraints, nullable=nullable, unique=unique)


def _id(name: str, *constraints: Any, nullable: bool = False) -> Column[Any]:
    return Column(name, Uuid, *constraints, nullable=nullable)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default="1")


people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("account_name", unique=True),
    _text("full_name"),
    _text("language", CheckConstraint("language IN ('vi', 'en')", name="language")),
    _instant("registered_at"),
    _version(),
)

credentials = Table(
    "credentials",
    metadata,
    Column("person_id", Uuid, ForeignKey("people.id"), primary_key=True),
    _text("password_hash"),
    _instant("changed_at"),
)

contact_addresses = Table(
    "contact_addresses",
    metadata,
    Column("person_id", Uuid, ForeignKey("people.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("kind", CheckConstraint("kind IN ('email', 'phone')", name="kind")),
    _text("value"),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("tax_code", unique=True),
    _text("name_vi"),
    _text("name_en"),
    _id("representative_id", ForeignKey("people.id")),
    _instant("registered_at"),
    Index("organisations_representative_id_idx", "representative_id", "id"),
)

agencies = Table(
    "agencies",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("code", unique=True),
    _text("parent", ForeignKey("agencies.code"), nullable=True),
    _text("name_vi"),
    _text("name_en"),
    _instant("registered_at"),
    _version(),
    Index("agencies_parent_idx", "parent"),
)

units = Table(
    "units",
    metadata,
    Column("agency", Text, ForeignKey("agencies.code"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    _text("name_vi"),
    _text("name_en"),
)

officials = Table(
    "officials",
    metadata,
    Column("id", Uuid, primary_key=True),
    _id("person_id", ForeignKey("people.id")),
    _text("agency", ForeignKey("agencies.code")),
    _instant("appointed_at"),
    _instant("removed_at", nullable=True),
    _version(),
    Index("officials_agency_idx", "agency", "id"),
)
Index(
    "officials_appointed_key",
    officials.c.person_id,
    unique=True,
    postgresql_where=officials.c.removed_at.is_(None),
)

posts = Table(
    "posts",
    metadata,
    Column("official_id", Uuid, ForeignKey("officials.id"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    _text("agency"),
    ForeignKeyConstraint(["agency", "unit"], ["units.agency", "units.code"]),
    Index("posts_unit_idx", "agency", "unit"),
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name_vi"),
    _text("name_en"),
    _text("kind", CheckConstraint("kind IN ('person', 'official', 'client')", name="kind")),
    _text("auth_method"),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("post_logout_redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    _text("agency", ForeignKey("agencies.code"), nullable=True),
    Column("first_party", Boolean, nullable=False),
    Column("jwks", JSONB(none_as_null=True)),
    Column("secret_hash", LargeBinary),
    _instant("registered_at"),
    _instant("disabled_at", nullable=True),
    _version(),
)

used_assertions = Table(
    "used_assertions",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    _instant("expires_at"),
    Index("used_assertions_expires_at_idx", "expires_at"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    _text("state", CheckConstraint("state IN ('pending', 'active', 'retiring', 'retired')", name="state")),
    _instant("since"),
    Column("public_jwk", JSONB, nullable=False),
    Column("sealed_private", LargeBinary),
)
Index(
    "signing_keys_active_key",
    signing_keys.c.state,
    unique=True,
    postgresql_where=signing_keys.c.state == "active",
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _id("person_id", ForeignKey("people.id")),
    _instant("signed_in_at"),
    _instant("expires_at"),
    Index("sessions_expires_at_idx", "expires_at"),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    _instant("last_failure_at"),
    Index("failed_sign_ins_last_failure_at_idx", "last_failure_at"),
)

consents = Table(
    "consents",
    metadata,
    Column("person_id", Uuid, ForeignKey("people.id"), primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    _instant("granted_at"),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    _id("family_id"),
    _text("client_id", ForeignKey("clients.id")),
    _id("person_id", ForeignKey("people.id")),
    _text("redirect_uri"),
    Column("scopes", ARRAY(Text), nullable=False),
    _text("nonce", nullable=True),
    _text("challenge"),
    _instant("auth_time"),
    _instant("expires_at"),
    _instant("used_at", nullable=True),
    Index("authorization_codes_expires_at_idx", "expires_at"),
)

refresh_families = Table(
    "refresh_families",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("client_id", ForeignKey("clients.id")),
    _id("person_id", ForeignKey("people.id")),
    Column("scopes", ARRAY(Text), nullable=False),
    _instant("auth_time"),
    Column("generation", Integer, nullable=False),
    _instant("rotated_at"),
    _instant("expires_at"),
    _instant("revoked_at", nullable=True),
    Index("refresh_families_expires_at_idx", "expires_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    _id("person_id", ForeignKey("people.id")),
    _text("case_code"),
    _text("subject_vi"),
    _text("subject_en"),
    _text("body_vi"),
    _text("body_en"),
    _instant("occurred_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _instant("next_attempt_at", nullable=True),
    _instant("sent_at", nullable=True),
    Index("notifications_person_id_idx", "person_id", "id"),
)
Index(
    "notifications_waiting_idx",
    notifications.c.next_attempt_at,
    postgresql_where=notifications.c.next_attempt_at.is_not(None),
)

access_records = Table(
    "access_records",
    metadata,
    Column("event_id", Uuid, primary_key=True, comment="of the look; UUIDv7, so in the order of time"),
    Column("case_id", Uuid, primary_key=True),
    _id("person_id"),
    _text("case_code"),
    _instant("at"),
    _text("agency"),
    Column("units", ARRAY(Text), nullable=False),
    _text("reader"),
    _text("reader_kind"),
    _text("purpose"),
    Index("access_records_person_id_idx", "person_id", "event_id", "case_id"),
    comment="Who looked at whose data, as the services tell it",
)
