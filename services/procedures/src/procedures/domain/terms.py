"""Terms of procedures and steps, and when they run out.

| kind            | 1.5 means                              | read as                                        |
|-----------------|----------------------------------------|------------------------------------------------|
| `working_days`  | 12 working hours                       | a working day is 8 working hours, counted from |
| `working_hours` | 1 hour and 30 minutes                  | the start along the agency's sessions          |
| `calendar_days` | (whole days only)                      | Civil Code 2015, art. 147.2 and 148            |
| `none`          | the law sets no term                   | never due                                      |

Counting working days in hours is what one-stop desks do: half a day is then exactly four hours, a case
received on Friday at 16:00 with one working day is due on Monday at 16:00, and one that comes outside
hours begins when work next begins. In calendar days the day of the start does not count, the term ends at
the end of its last day, and a last day that is off moves to the end of the next working day: once, after
every pause and extension is counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.json_input import Node
from shared.errors import Fault, Invalid

WORKING_DAY = timedelta(hours=8)
"""What a working day of a term stands for (Labour Code 2019, art. 105: at most eight hours a day)."""

MINUTE = timedelta(minutes=1)

MOST = 3650
"""The largest amount that is taken for a term: ten years in days; more is a slip of the pen."""

_CUT_OFF = Decimal("0.000001")
"""Of a minute: what a number such as a third loses when it is written."""


class TermKind(StrEnum):
    """What a term is counted in."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    CALENDAR_DAYS = "calendar_days"
    NONE = "none"


UNITS = {
    TermKind.WORKING_DAYS: WORKING_DAY,
    TermKind.WORKING_HOURS: timedelta(hours=1),
    TermKind.CALENDAR_DAYS: timedelta(days=1),
    TermKind.NONE: timedelta(),
}


@dataclass(frozen=True, slots=True)
class Term:
    """How long an agency has: 15 working days, 4 working hours, 30 calendar days, or no fixed term."""

    kind: TermKind
    amount: Decimal = Decimal(0)
    """In units of the kind; exact, to the minute."""

    @property
    def length(self) -> timedelta:
        """The working time of a term in working days or hours; the days of one in calendar days."""
        return round(self.amount * (UNITS[self.kind] // MINUTE)) * MINUTE

    def to_json(self) -> dict[str, Any]:
        """A plain dict, as it is stored and sent; `from_json` reads it."""
        if self.kind is TermKind.NONE:
            return {"kind": self.kind.value}
        whole = self.amount == int(self.amount)
        return {"kind": self.kind.value, "amount": int(self.amount) if whole else float(self.amount)}

    @classmethod
    def from_json(cls, value: object, pointer: str = "") -> Self:
        """The term that parsed JSON describes, which stands at `pointer` in what was sent.

        Raises:
            Invalid: with every fault of it.
        """
        faults: list[Fault] = []
        term = cls.read(Node(value, pointer, faults))
        if faults:
            raise Invalid(faults=faults)
        return term

    @classmethod
    def read(cls, node: Node) -> Self:
        """The term at a node of a larger document; no term, and faults noted there, when it is none."""
        if not node.object():
            return cls(TermKind.NONE)
        node.only("kind", "amount")
        kind = _read_kind(node.get("kind"))
        if kind is None:
            return cls(TermKind.NONE)
        return cls(kind, _read_amount(node.get("amount"), kind))


NO_TERM = Term(TermKind.NONE)
"""The law sets no term."""


def to_the_minute(amount: Decimal, kind: TermKind) -> Decimal | None:
    """The amount of whole minutes that a number stands for, also one such as a third of an hour, which is cut off
    where it is written; None when it comes to no whole minutes."""
    unit = UNITS[kind] // MINUTE
    minutes = round(amount * unit)
    return Decimal(minutes) / unit if abs(amount * unit - minutes) < _CUT_OFF else None


def due_at(start: datetime, term: Term, calendar: WorkingCalendar) -> datetime | None:
    """When a term that starts at an instant runs out, in UTC; None for no term.

    A term of nothing runs out as it starts; in calendar days, at the end of that (working) day.
    """
    end = nominal_end(start, term, calendar)
    return end and rolled(end, calendar)


def nominal_end(start: datetime, term: Term, calendar: WorkingCalendar) -> datetime | None:
    """The same with the last of its calendar days left where it falls: to it is counted what is left of a term."""
    match term.kind:
        case TermKind.NONE:
            return None
        case TermKind.CALENDAR_DAYS:
            return calendar.end_of(calendar.local_date(start) + term.length)
        case TermKind.WORKING_DAYS | TermKind.WORKING_HOURS:
            return calendar.after(start, term.length)


def rolled(end: datetime, calendar: WorkingCalendar) -> datetime:
    """When a term with this nominal end runs out: not on a day that is off (Civil Code 2015, art. 148.5).

    An end at the end of a day belongs to a term in calendar days, since no session ends there.
    """
    last_day = calendar.local_date(end)
    if end != calendar.end_of(last_day):
        return end
    return calendar.end_of(calendar.next_working_day(last_day))


def before(due: datetime, term: Term, calendar: WorkingCalendar) -> datetime | None:
    """The last instant at which this much time is still left until `due`, in UTC; None for no term."""
    match term.kind:
        case TermKind.NONE:
            return None
        case TermKind.CALENDAR_DAYS:
            return due - term.length
        case TermKind.WORKING_DAYS | TermKind.WORKING_HOURS:
            return calendar.before(due, term.length)


def relaid(
    end: datetime | None, stopped_at: datetime, resumed_at: datetime, calendar: WorkingCalendar
) -> datetime | None:
    """The nominal end once the clock has stood still: what was left at the stop is left at the resumption.

    Calendar days are left up to the nominal end: the days by which it moves off a holiday are none of the
    agency's. Of the days after it, and before it runs out, none is left. What had run out stays run out.
    """
    if end is None or rolled(end, calendar) <= stopped_at:
        return end
    last_day = calendar.local_date(end)
    if end == calendar.end_of(last_day):
        days_left = max(last_day - calendar.local_date(stopped_at), timedelta())
        return calendar.end_of(calendar.local_date(resumed_at) + days_left)
    return calendar.after(resumed_at, calendar.working_time_between(stopped_at, end))


def _read_kind(node: Node) -> TermKind | None:
    text = node.code()
    if text in set(TermKind):
        return TermKind(text)
    if text:
        names = ", ".join(TermKind)
        node.fault("unknown_kind", vi=f"Cần một trong: {names}.", en=f"One of these is needed: {names}.")
    return None


def _read_amount(node: Node, kind: TermKind) -> Decimal:
    if kind is TermKind.NONE:
        if node.given:
            node.fault(
                "amount_of_no_term", vi="Không có thời hạn thì bỏ số lượng.", en="No term has no amount."
            )
        return Decimal(0)
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        node.fault(
            "wrong_amount", vi=f"Cần một số từ 0 đến {MOST}.", en=f"A number from 0 to {MOST} is needed."
        )
        return Decimal(0)
    amount = Decimal(str(value))
    if kind is TermKind.CALENDAR_DAYS and amount % 1:
        node.fault(
            "not_whole_days", vi="Ngày theo lịch phải là số nguyên.", en="Calendar days must be whole."
        )
    elif (exact := to_the_minute(amount, kind)) is not None:
        return exact
    else:
        node.fault(
            "not_whole_minutes", vi="Số lượng phải tròn phút.", en="The amount must come to whole minutes."
        )
    return amount
