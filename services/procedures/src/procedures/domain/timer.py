"""A timer: what will happen to a case by itself, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_DELAY = timedelta(hours=1)
_FIRST_DELAY = timedelta(minutes=1)


class TimerKind(StrEnum):
    """What a timer is for."""

    REMINDER = "reminder"
    """The answer is due soon."""
    CASE_OVERDUE = "case_overdue"
    STEP_OVERDUE = "step_overdue"
    CASE_CONSENT = "case_consent"
    """Nobody answered in time, and the law takes that for a grant."""
    STEP_CONSENT = "step_consent"
    """Nobody did the step in time, and it is taken for done."""
    ANSWER_REMINDER = "answer_reminder"
    """The applicant's time to bring what is missing ends soon."""
    ANSWER_EXPIRY = "answer_expiry"
    """The applicant's time to bring what is missing is over."""
    PROMISE_OVERDUE = "promise_overdue"
    """The new date that an apology promised went by."""
    CONSULTATION_CONSENT = "consultation_consent"
    """One that was asked did not answer in time, and is taken to agree."""
    CONSULTATION_OVERDUE = "consultation_overdue"
    FEE_REMINDER = "fee_reminder"
    """The applicant's time to pay a fee ends soon."""
    FEE_EXPIRY = "fee_expiry"
    """The applicant's time to pay a fee is over."""


DECISIVE = frozenset(
    {
        TimerKind.CASE_CONSENT,
        TimerKind.STEP_CONSENT,
        TimerKind.ANSWER_EXPIRY,
        TimerKind.CONSULTATION_CONSENT,
        TimerKind.FEE_EXPIRY,
    }
)
"""Those after which other things may be done with the case; of all others people are only told."""


@dataclass(frozen=True, slots=True)
class Timer:
    """The instant belongs to the term: a timer fires after it, not at it."""

    kind: TimerKind
    subject: str
    """The step, the id of the consultee or the number of the fee; empty when it is about the whole case."""
    at: datetime


def delay_after(failures: int) -> timedelta:
    """How long a timer that failed rests, after so many failures before: twice as long each time."""
    return min(_FIRST_DELAY * (1 << max(0, min(failures, 6))), LONGEST_DELAY)
