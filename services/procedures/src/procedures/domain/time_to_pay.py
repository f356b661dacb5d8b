"""Until when a fee is to be paid, and what follows when nobody has: as with supplements, by law and by itself.

The time is the applicant's, so it runs from the demand on, whatever the clock of the case does meanwhile. Once a refusal
was set aside on appeal it runs anew from the reopening: nobody pays for a case that is refused.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.terms import Term, before, due_at


class Unpaid(StrEnum):
    """What becomes of a case whose fee nobody has paid in time."""

    LAPSE = "lapse"
    """It ends without an answer."""
    CONTINUE = "continue"
    """It goes on and does not wait for the fee any more, which may still be paid."""


@dataclass(frozen=True, slots=True)
class TimeToPay:
    """How long there is to pay a fee. What it follows from stands with it, so that it can be dated anew."""

    within: Term
    reminder: Term
    by: datetime
    remind_at: datetime | None
    on_expiry: Unpaid
    over_at: datetime | None = None
    """When it was noted that nobody had paid."""
    counted_from: datetime | None = None
    """When the case was reopened; None: the time runs from the demand on."""

    @classmethod
    def since(
        cls, at: datetime, within: Term, reminder: Term, on_expiry: Unpaid, calendar: WorkingCalendar
    ) -> Self | None:
        """The time from a demand on; None when there is no term to pay."""
        by = due_at(at, within, calendar)
        if by is None:
            return None
        return cls(within, reminder, by, before(by, reminder, calendar), on_expiry)

    def redated(self, demanded_at: datetime, calendar: WorkingCalendar) -> Self:
        """The same time by an edited calendar."""
        by = due_at(self.counted_from or demanded_at, self.within, calendar)
        assert by is not None  # or there would be no time to pay
        return replace(self, by=by, remind_at=before(by, self.reminder, calendar))

    def anew(self, at: datetime, calendar: WorkingCalendar) -> Self:
        """As much time once more, from an instant on."""
        return replace(self, counted_from=at).redated(at, calendar)
