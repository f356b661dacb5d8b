"""What the cases of an agency come to, by procedure and month: counters that add up.

The acts of a case are kept by their sequence number; two sets of acts are merged by union, so it does not
matter in which order they arrive nor how often. A case contributes, to each month in which something was
done to it, a number to some counters; the figures of an agency are the sums. So the projection changes by the
difference of two contributions, and recomputing all of it gives the same.

Stocks follow from counters that begin and end: what is in progress at the end of a month is all that was
received until then, less all that was ended. The figures balance: carried over + received = ended + in
progress.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Legal dates are dates in Viet Nam."""


class Figure(StrEnum):
    """What is counted."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    RECEIVED = "received"
    SUPPLEMENT_REQUESTS = "supplement_requests"
    GRANTED = "granted"
    REJECTED = "rejected"
    EARLY = "early"
    """Decided before the day on which it was due."""
    ON_TIME = "on_time"
    """Decided on that day, in time."""
    LATE = "late"
    UNTERMED = "untermed"
    """Decided, where the procedure has no term."""
    WITHDRAWN = "withdrawn"
    """After it was received; before, it counts as neither received nor ended."""
    LAPSED = "lapsed"
    """Ended because what was asked for did not come."""
    CLOSED = "closed"
    WITH_ELECTRONIC_RESULT = "with_electronic_result"
    ENDED = "ended"
    """The agency's work is done: decided, withdrawn or lapsed."""
    WITH_FEE = "with_fee"
    """Decided, and the applicant was asked for a fee and not exempted from it."""
    FEE_PAID_ONLINE = "fee_paid_online"
    """Of these, every fee was paid through a provider."""
    APPEALS_IN_TIME = "appeals_in_time"
    """Appeals that were ruled on by the instant at which they were due."""
    APPEALS_LATE = "appeals_late"
    OVERDUE_BEGUN = "overdue_begun"
    OVERDUE_ENDED = "overdue_ended"


Month = date
"""The first day of a month."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of a case, reduced to what is counted; codes only, nothing of the applicant."""

    kind: str
    """Past participle of the event: `accepted`, `decided`, …"""
    at: datetime
    due_at: datetime | None = None
    """When the answer is due after it (of a decision: when it was due); None while the clock stands still."""
    outcome: str | None = None
    fee: int | None = None
    """Number of the fee that was asked for, waived or paid."""


History = Mapping[int, Fact]
"""The facts of a case by sequence number, as far as they are known."""

Contribution = Counter[tuple[Month, Figure]]

_ENDS = {"withdrawn": Figure.WITHDRAWN, "lapsed": Figure.LAPSED}
_COUNTED = {
    "submitted": Figure.SUBMITTED,
    "supplement_requested": Figure.SUPPLEMENT_REQUESTS,
    "closed": Figure.CLOSED,
}


def month_of(instant: datetime) -> Month:
    """The month in which an instant falls."""
    return instant.astimezone(ZONE).date().replace(day=1)


def month_after(month: Month, by: int = 1) -> Month:
    """The month that is `by` months later."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def contribution(history: History) -> Contribution:
    """What a case adds to the counters, by what is known of it."""
    found: Contribution = Counter()
    ordered = [history[number] for number in sorted(history)]
    for fact in ordered:
        if fact.kind in _COUNTED:
            found[month_of(fact.at), _COUNTED[fact.kind]] += 1
    if refused := _first(ordered, "refused"):  # again, when it was taken up on appeal, it is still one case
        found[month_of(refused.at), Figure.REFUSED] += 1
    received = _first(ordered, "accepted")
    if received is None:
        return found
    found[month_of(received.at), Figure.RECEIVED] += 1
    ended = _first(ordered, "decided", *_ENDS)
    if ended is not None:
        found[month_of(ended.at), Figure.ENDED] += 1
        for figure in _of_the_end(ended):
            found[month_of(ended.at), figure] += 1
        if ended.kind == "decided":
            found.update((month_of(ended.at), figure) for figure in _of_the_decision(ordered, ended))
    for begins, ends in _overdue(ordered, received.at, ended.at if ended else None):
        found[month_of(begins), Figure.OVERDUE_BEGUN] += 1
        if ends is not None:
            found[month_of(ends), Figure.OVERDUE_ENDED] += 1
    return found


def difference(before: Contribution, after: Contribution) -> dict[tuple[Month, Figure], int]:
    """What is to be added to the counters when a contribution changes; nothing that is nought."""
    keys = before.keys() | after.keys()
    return {key: after[key] - before[key] for key in keys if after[key] != before[key]}


def _first(ordered: Iterable[Fact], *kinds: str) -> Fact | None:
    return next((fact for fact in ordered if fact.kind in kinds), None)


def _of_the_decision(ordered: list[Fact], decided: Fact) -> Iterable[Figure]:
    """What belongs to a decision besides how it is and when; it counts in its month though it comes later."""
    if _first(ordered, "result_recorded", "result_issued"):
        yield Figure.WITH_ELECTRONIC_RESULT
    owed = _fees(ordered, "fee_demanded") - _fees(ordered, "fee_exempted")
    if owed:
        yield Figure.WITH_FEE
    if owed and owed <= _fees(ordered, "fee_paid"):
        yield Figure.FEE_PAID_ONLINE
    if _first(ordered, "ruled") and decided.due_at is not None:
        yield Figure.APPEALS_LATE if decided.at > decided.due_at else Figure.APPEALS_IN_TIME


def _fees(ordered: Iterable[Fact], kind: str) -> set[int]:
    return {fact.fee for fact in ordered if fact.kind == kind and fact.fee is not None}


def _of_the_end(ended: Fact) -> tuple[Figure, ...]:
    if ended.kind != "decided":
        return (_ENDS[ended.kind],)
    outcome = Figure.REJECTED if ended.outcome == "rejected" else Figure.GRANTED
    if ended.due_at is None:
        return outcome, Figure.UNTERMED
    if ended.at > ended.due_at:
        return outcome, Figure.LATE
    days = [instant.astimezone(ZONE).date() for instant in (ended.at, ended.due_at)]
    return outcome, Figure.EARLY if days[0] < days[1] else Figure.ON_TIME


def _overdue(
    ordered: list[Fact], received_at: datetime, ended_at: datetime | None
) -> Iterable[tuple[datetime, datetime | None]]:
    """From when to when the answer was due and not given, each stretch by the due instant then in force.

    The last may go on, and may lie ahead: a case that nobody touches becomes overdue by itself.
    """
    working = [
        fact for fact in ordered if fact.at >= received_at and (ended_at is None or fact.at < ended_at)
    ]
    for place, fact in enumerate(working):
        until = working[place + 1].at if place + 1 < len(working) else ended_at
        if fact.due_at is not None and (until is None or fact.due_at < until):
            yield max(fact.due_at, fact.at), until
