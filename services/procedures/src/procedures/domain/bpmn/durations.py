"""Timers of BPMN: ISO 8601 durations, as allowances of ours and back."""

import re
from decimal import Decimal
from typing import Any

from procedures.domain.terms import MINUTE, Term, TermKind

_DURATION = re.compile(r"P(?:(\d{1,2})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?)?")


def allowance_of(duration: str, written: Term | None = None) -> dict[str, Any] | None:
    """The allowance that a duration stands for; None when it cannot be read.

    Days and weeks are read as calendar days, hours and minutes as working hours; both together are none. Where
    our own attribute says the same, it counts as it is `written` there, and its working days stay working days.
    """
    if written is not None and duration == duration_of(written):
        return written.to_json()
    found = _DURATION.fullmatch(duration)
    if found is None or not any(found.groups()):
        return None
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    if weeks or days:
        if hours or minutes:
            return None
        working = written is not None and written.kind is TermKind.WORKING_DAYS
        kind = TermKind.WORKING_DAYS if working else TermKind.CALENDAR_DAYS
        return {"kind": kind.value, "amount": weeks * 7 + days}
    return Term(TermKind.WORKING_HOURS, Decimal(hours * 60 + minutes) / 60).to_json()


def duration_of(term: Term) -> str:
    """How an allowance is written in a drawing; the exact one stands in our own attribute beside it."""
    minutes = term.length // MINUTE
    match term.kind:
        case TermKind.WORKING_DAYS if term.amount % 1 and minutes % 60 == 0:
            return f"PT{minutes // 60}H"
        case TermKind.WORKING_DAYS if term.amount % 1:
            return f"PT{minutes}M"
        case TermKind.WORKING_HOURS:
            return f"PT{minutes}M"
        case _:
            return f"P{int(term.amount)}D"
