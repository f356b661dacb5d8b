"""What the events of the legal clock's acts say besides how the case stands."""

from collections.abc import Mapping
from typing import Any

from procedures.domain.acts import Act
from procedures.domain.case import Case
from procedures.domain.time_acts import (
    Apologised,
    BecameOverdue,
    Extended,
    Lapsed,
    Reminded,
    SupplementExpired,
)
from procedures.domain.timer import TimerKind

_OF: Mapping[TimerKind, str] = {
    TimerKind.REMINDER: "case",
    TimerKind.ANSWER_REMINDER: "answer",
    TimerKind.CASE_OVERDUE: "case",
    TimerKind.STEP_OVERDUE: "step",
    TimerKind.STEP_CONSENT: "step",
    TimerKind.PROMISE_OVERDUE: "promise",
}
"""What a timer is about, in the words of the events."""


def of_time_act(case: Case, act: Act) -> dict[str, Any]:
    """The particulars of an act of the clock; none of another."""
    match act:
        case Reminded():
            return {"of": _OF[act.timer.kind], "reminded_of": act.due_at}
        case BecameOverdue():
            return {
                "of": _OF[act.timer.kind],
                "overdue_since": act.timer.at,
                "step": act.timer.subject or None,
                "unit": act.unit,
                "unit_agency": act.unit_agency,
            }
        case SupplementExpired():
            return {"answer_by": act.answer_by, "documents": act.documents}
        case Lapsed():
            return {"answer_by": act.answer_by}
        case Extended():
            assert case.clock is not None
            return {"extensions": len(case.clock.extensions)}
        case Apologised():
            return {"promised_at": act.promised_at}
        case _:
            return {}
