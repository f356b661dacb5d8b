"""What the events of one case come to: in which months what happened, and how long it took.

The acts of a case are kept by their sequence number. Two sets of acts are merged by union, so it does not
matter in which order they arrive nor how often, and the fact is always the fold of the union.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from open_data.domain.month import Month, legal_date, months


class Kind(StrEnum):
    """What the figures tell apart; every other act (extended, dated anew) can only move the due instant."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    DECIDED = "decided"
    CLOSED = "closed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Act:
    """One event of a case, reduced to what the figures need; codes only, nothing of the applicant.

    `due_at` is when the answer is due after this act (of a decision: when it was due); absent while the clock
    is stopped, and without a term.
    """

    kind: Kind
    at: datetime
    agency: str
    procedure: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case in months. Its `received` is absent until its receipt is known; it does not count before.

    `ended` is the month in which the agency's work ended: decided, lapsed for want of a supplement or the fee, or
    else withdrawn. `days` are calendar days from receipt to decision. `overdue` are the months at whose end the answer was due and not
    given; an open case is overdue at every month's end from `overdue_from` on, unless an act still to come
    moves that.
    """

    agency: str
    procedure: str
    received: Month | None = None
    ended: Month | None = None
    decided: bool = False
    lapsed: bool = False
    on_time: bool | None = None
    days: int | None = None
    closed: Month | None = None
    refused: Month | None = None
    overdue: tuple[Month, ...] = ()
    overdue_from: Month | None = None


def fold(acts: Mapping[int, Act]) -> CaseFact:
    """The fact that the acts known so far, by sequence number, come to. There is at least one."""
    ordered = [acts[sequence] for sequence in sorted(acts)]
    at = {act.kind: act.at for act in reversed(ordered)}
    decision = next((act for act in ordered if act.kind is Kind.DECIDED), None)
    received_at = at.get(Kind.ACCEPTED)
    ended_at = at.get(Kind.DECIDED) or at.get(Kind.LAPSED) or at.get(Kind.WITHDRAWN)
    overdue, overdue_from = _overdue(ordered, received_at, ended_at)
    return CaseFact(
        agency=ordered[-1].agency,
        procedure=ordered[-1].procedure,
        received=_month(received_at),
        ended=_month(ended_at),
        decided=decision is not None,
        lapsed=decision is None and Kind.LAPSED in at,
        on_time=decision.at <= decision.due_at if decision and decision.due_at else None,
        days=_days(received_at, decision.at) if decision and received_at else None,
        closed=_month(at.get(Kind.CLOSED)),
        refused=_month(at.get(Kind.REFUSED)),
        overdue=overdue,
        overdue_from=overdue_from,
    )


def _month(at: datetime | None) -> Month | None:
    return Month.of(at) if at else None


def _days(start: datetime, end: datetime) -> int:
    return (legal_date(end) - legal_date(start)).days


def _overdue(
    ordered: Sequence[Act], received_at: datetime | None, ended_at: datetime | None
) -> tuple[tuple[Month, ...], Month | None]:
    """The months at whose end the case was overdue, each judged by the due instant then in force.

    So a figure of March stays as it is when an act in April stops the clock.
    """
    if received_at is None:
        return (), None
    passed: list[Month] = []
    working = [act for act in ordered if act.at >= received_at and (ended_at is None or act.at < ended_at)]
    for place, act in enumerate(working):
        until = working[place + 1].at if place + 1 < len(working) else ended_at
        since = max(Month.of(act.due_at), Month.of(act.at)) if act.due_at else None
        if until is None:
            return tuple(passed), since
        if since is not None:
            passed += months(since, Month.of(until))
    return tuple(passed), None
