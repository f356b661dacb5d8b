"""A rating is known by its number in the agency's month

Those that are here are numbered in the order in which they were shown.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rating_facts", sa.Column("number", sa.BigInteger()))
    op.execute(
        """
        UPDATE rating_facts SET number = numbered.number
        FROM (SELECT rating_id, row_number() OVER (PARTITION BY agency, month ORDER BY at, rating_id) AS number
              FROM rating_facts) AS numbered
        WHERE numbered.rating_id = rating_facts.rating_id
        """
    )
    op.drop_constraint("rating_facts_pkey", "rating_facts")
    op.drop_column("rating_facts", "rating_id")
    op.create_primary_key("rating_facts_pkey", "rating_facts", ["agency", "month", "number"])


def downgrade() -> None:
    op.add_column("rating_facts", sa.Column("rating_id", sa.Uuid()))
    op.execute("UPDATE rating_facts SET rating_id = gen_random_uuid()")
    op.drop_constraint("rating_facts_pkey", "rating_facts")
    op.drop_column("rating_facts", "number")
    op.create_primary_key("rating_facts_pkey", "rating_facts", ["rating_id"])
