"""A command comes after what has run out before it, also when no timer has come to that yet."""

from datetime import datetime
from uuid import UUID

from procedures.domain.case import Case
from procedures.domain.timers import has_run_out


class RanOutError(Exception):
    """Silence has granted the case, or an answer has come too late, and that is not done yet.

    It is done in a transaction of its own (`timers/beforehand.py`), for a command that is then refused does not undo it.
    """

    def __init__(self, case_id: UUID) -> None:
        super().__init__(case_id)
        self.case_id = case_id


def require_none_ran_out(case: Case, now: datetime) -> None:
    """Refuse to act on a case to which something has happened by itself that is not recorded.

    Raises:
        RanOutError
    """
    if has_run_out(case, now):
        raise RanOutError(case.id)
