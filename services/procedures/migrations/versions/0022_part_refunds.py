"""part refunds"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# An instant as a state holds it.
_TOLD_AT = """
CREATE FUNCTION pg_temp.told_at(at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN to_char(at, 'US') = '000000' THEN '' ELSE to_char(at, '.US') END || 'Z'
$$
"""
# What the log says of a payment's refunds: until now one at a time, so that an answer is that of the order before.
_REFUNDS_OF = """
CREATE FUNCTION pg_temp.refunds_of(of_case uuid, payment jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', ordered.act -> 'refund',
        'amount', payment -> 'amount',
        'ordered_at', pg_temp.told_at(ordered.at),
        'reason', ordered.act -> 'reason',
        'legal_ground', ordered.act -> 'legal_ground',
        'state', CASE answered.act ->> 'done' WHEN 'true' THEN 'done' WHEN 'false' THEN 'failed' ELSE 'ordered' END,
        'answered_at', pg_temp.told_at(answered.at),
        'reference', answered.act -> 'reference'
    ) ORDER BY ordered.sequence), '[]')
    FROM case_log ordered LEFT JOIN LATERAL (
        SELECT act, at FROM case_log later
        WHERE later.case_id = ordered.case_id AND later.sequence > ordered.sequence
          AND later.act ->> 'kind' = 'refund_answered' AND later.act -> 'payment' = ordered.act -> 'payment'
        ORDER BY later.sequence LIMIT 1
    ) answered ON true
    WHERE ordered.case_id = of_case AND ordered.act ->> 'kind' = 'refund_ordered'
      AND ordered.act -> 'payment' = payment -> 'id'
$$
"""


def upgrade() -> None:
    op.execute(_TOLD_AT)
    op.execute(_REFUNDS_OF)
    op.execute("""
        UPDATE cases SET state = state || jsonb_build_object(
            'fees', (
                SELECT jsonb_agg(fee || '{"time": null}' ORDER BY n)
                FROM jsonb_array_elements(state -> 'fees') WITH ORDINALITY AS each (fee, n)
            ),
            'payments', (
                SELECT coalesce(jsonb_agg(
                    paid - 'refund' || jsonb_build_object('refunds', pg_temp.refunds_of(id, paid -> 'payment'))
                    ORDER BY n
                ), '[]')
                FROM jsonb_array_elements(state -> 'payments') WITH ORDINALITY AS each (paid, n)
            )
        )
        WHERE jsonb_array_length(state -> 'fees') > 0
    """)
    # At last, since payments are locked from here on.
    op.add_column(
        "payments",
        sa.Column(
            "refunded",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="what of it was given back",
        ),
    )
    op.execute("UPDATE payments SET refunded = amount WHERE refund_state = 'done'")


def downgrade() -> None:
    op.execute("""
        UPDATE cases SET state = state || jsonb_build_object(
            'fees', (
                SELECT jsonb_agg(fee - 'time' ORDER BY n)
                FROM jsonb_array_elements(state -> 'fees') WITH ORDINALITY AS each (fee, n)
            ),
            'payments', (
                SELECT coalesce(jsonb_agg(
                    paid - 'refunds' || jsonb_build_object(
                        'refund', (paid -> 'refunds' -> -1) - '{amount,reference}'::text[]
                    )
                    ORDER BY n
                ), '[]')
                FROM jsonb_array_elements(state -> 'payments') WITH ORDINALITY AS each (paid, n)
            )
        )
        WHERE jsonb_array_length(state -> 'fees') > 0
    """)
    op.drop_column("payments", "refunded")
