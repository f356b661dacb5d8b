"""steps with a time of their own after the decision"""

from collections.abc import Sequence

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Cases decided before get the timers that follow from their state now, but for what was noted already."""
    op.execute(
        """
        INSERT INTO timers (case_id, kind, subject, at, fires_at)
        SELECT cases.id, what, task->>'step', due, due
        FROM cases, jsonb_array_elements(state->'tasks') AS task,
             LATERAL (
                 SELECT (task->>'due_at')::timestamptz AS due,
                        CASE WHEN task->>'silence_consents' = 'true' THEN 'step_consent' ELSE 'step_overdue' END AS what
             ) AS dated
        WHERE status = 'decided' AND task->>'counted_from' IS NOT NULL AND due IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM jsonb_array_elements(state->'noted') AS noted
              WHERE noted->>'kind' = what AND noted->>'subject' = task->>'step'
                AND (noted->>'at')::timestamptz = due)
        ON CONFLICT DO NOTHING
        """
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM timers USING cases WHERE cases.id = timers.case_id AND status IN ('submitted', 'decided')"
    )
