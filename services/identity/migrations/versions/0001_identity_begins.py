"""identity begins

Revision: 0001, after
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["agencies.code"], name=op.f("agencies_parent_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("agencies_pkey")),
        sa.UniqueConstraint("code", name=op.f("agencies_code_key")),
    )
    op.create_index("agencies_parent_idx", "agencies", ["parent"], unique=False)
    op.create_table(
        "failed_sign_ins",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("failed_sign_ins_pkey")),
    )
    op.create_index(
        "failed_sign_ins_last_failure_at_idx", "failed_sign_ins", ["last_failure_at"], unique=False
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
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("people_pkey")),
        sa.UniqueConstraint("account_name", name=op.f("people_account_name_key")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("signing_keys_pkey")),
    )
    op.create_index(
        "signing_keys_active_key",
        "signing_keys",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "used_assertions",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name=op.f("used_assertions_pkey")),
    )
    op.create_index("used_assertions_expires_at_idx", "used_assertions", ["expires_at"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("auth_method", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("first_party", sa.Boolean(), nullable=False),
        sa.Column("jwks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("clients_agency_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("clients_pkey")),
    )
    op.create_table(
        "contact_addresses",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("contact_addresses_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", "position", name=op.f("contact_addresses_pkey")),
    )
    op.create_table(
        "credentials",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("credentials_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("credentials_pkey")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("subject_vi", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.Text(), nullable=False),
        sa.Column("body_vi", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("notifications_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("notifications_pkey")),
    )
    op.create_index("notifications_person_id_idx", "notifications", ["person_id", "id"], unique=False)
    op.create_index(
        "notifications_waiting_idx",
        "notifications",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_table(
        "officials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("officials_agency_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("officials_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("officials_pkey")),
    )
    op.create_index("officials_agency_idx", "officials", ["agency", "id"], unique=False)
    op.create_index(
        "officials_appointed_key",
        "officials",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("representative_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["representative_id"], ["people.id"], name=op.f("organisations_representative_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("organisations_pkey")),
        sa.UniqueConstraint("tax_code", name=op.f("organisations_tax_code_key")),
    )
    op.create_index(
        "organisations_representative_id_idx", "organisations", ["representative_id", "id"], unique=False
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("sessions_person_id_fkey")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("sessions_pkey")),
    )
    op.create_index("sessions_expires_at_idx", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "units",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("units_agency_fkey")),
        sa.PrimaryKeyConstraint("agency", "code", name=op.f("units_pkey")),
    )
    op.create_table(
        "authorization_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("authorization_codes_client_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("authorization_codes_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("authorization_codes_pkey")),
    )
    op.create_index("authorization_codes_expires_at_idx", "authorization_codes", ["expires_at"], unique=False)
    op.create_table(
        "consents",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("consents_client_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("consents_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", "client_id", name=op.f("consents_pkey")),
    )
    op.create_table(
        "posts",
        sa.Column("official_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency", "unit"], ["units.agency", "units.code"], name=op.f("posts_agency_unit_fkey")
        ),
        sa.ForeignKeyConstraint(["official_id"], ["officials.id"], name=op.f("posts_official_id_fkey")),
        sa.PrimaryKeyConstraint("official_id", "unit", "role", name=op.f("posts_pkey")),
    )
    op.create_index("posts_unit_idx", "posts", ["agency", "unit"], unique=False)
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("refresh_families_client_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("refresh_families_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refresh_families_pkey")),
    )
    op.create_index("refresh_families_expires_at_idx", "refresh_families", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("refresh_families_expires_at_idx", table_name="refresh_families")
    op.drop_table("refresh_families")
    op.drop_index("posts_unit_idx", table_name="posts")
    op.drop_table("posts")
    op.drop_table("consents")
    op.drop_index("authorization_codes_expires_at_idx", table_name="authorization_codes")
    op.drop_table("authorization_codes")
    op.drop_table("units")
    op.drop_index("sessions_expires_at_idx", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("organisations_representative_id_idx", table_name="organisations")
    op.drop_table("organisations")
    op.drop_index(
        "officials_appointed_key", table_name="officials", postgresql_where=sa.text("removed_at IS NULL")
    )
    op.drop_index("officials_agency_idx", table_name="officials")
    op.drop_table("officials")
    op.drop_index(
        "notifications_waiting_idx",
        table_name="notifications",
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.drop_index("notifications_person_id_idx", table_name="notifications")
    op.drop_table("notifications")
    op.drop_table("credentials")
    op.drop_table("contact_addresses")
    op.drop_table("clients")
    op.drop_index("used_assertions_expires_at_idx", table_name="used_assertions")
    op.drop_table("used_assertions")
    op.drop_index(
        "signing_keys_active_key", table_name="signing_keys", postgresql_where=sa.text("state = 'active'")
    )
    op.drop_table("signing_keys")
    op.drop_table("people")
    op.drop_index("outbox_unsent_idx", table_name="outbox", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_index(op.f("idempotent_answers_created_at_idx"), table_name="idempotent_answers")
    op.drop_table("idempotent_answers")
    op.drop_index("failed_sign_ins_last_failure_at_idx", table_name="failed_sign_ins")
    op.drop_table("failed_sign_ins")
    op.drop_index("agencies_parent_idx", table_name="agencies")
    op.drop_table("agencies")
