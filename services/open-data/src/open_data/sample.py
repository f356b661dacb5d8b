"""Invented cases and ratings of a quarter, so that there is something to read before the first real case.

Ids and numbers are fixed, so loading them again changes nothing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from open_data import operations
from open_data.domain.case_fact import Act, Kind
from open_data.domain.month import Month

_DESKS = (("000.00.01.H99", "TP01", 26), ("000.00.01.H99", "TN01", 14), ("000.00.02.H99", "TH01", 9))
"""Agency, procedure, cases a month."""
_MONTHS = (Month(2026, 1), Month(2026, 2), Month(2026, 3))
_SCORES = (5, 4, 5, 3, 5, 4, 2, 5, 4, 1)
_TERM = timedelta(days=10)
_UNTIL = Month(2026, 4).start


async def load_sample(tx: AsyncConnection) -> int:
    """Take note of the invented cases and their ratings; returns how many cases there are."""
    cases, ratings = 0, Counter[tuple[str, Month]]()
    for agency, procedure, month, number in _cases():
        code = f"{agency}/{procedure}/{month}/{number}"
        acts = _acts(agency, procedure, month, number)
        for sequence, act in enumerate(acts, start=1):
            await operations.record_act(tx, _id(code), sequence, act)
        last = acts[-1]
        if last.kind is Kind.CLOSED:
            cell = agency, Month.of(last.at)
            ratings[cell] += 1
            await operations.record_rating(
                tx,
                agency=agency,
                month=Month.of(last.at),
                number=ratings[cell],
                score=_SCORES[number % len(_SCORES)],
                at=last.at + timedelta(hours=3),
            )
        cases += 1
    return cases


def _cases() -> Iterator[tuple[str, str, Month, int]]:
    for agency, procedure, cases in _DESKS:
        for month in _MONTHS:
            for number in range(cases):
                yield agency, procedure, month, number


def _acts(agency: str, procedure: str, month: Month, number: int) -> list[Act]:
    """A case's life: most are decided in time, some late, a few refused, withdrawn or still open."""
    turn = number + 5 * month.number
    received = month.start + timedelta(days=turn * 7 % 28, hours=2, minutes=number)
    if turn % 13 == 0:
        return [Act(Kind.REFUSED, received, agency, procedure)]
    due = received + _TERM
    accepted = Act(Kind.ACCEPTED, received, agency, procedure, due)
    if turn % 11 == 0:
        return [accepted, Act(Kind.WITHDRAWN, received + timedelta(days=4), agency, procedure)]
    decided = received + timedelta(days=1 + turn * turn % 9 + (20 if turn % 6 == 0 else 0))
    if decided >= _UNTIL:
        return [accepted]
    return [
        accepted,
        Act(Kind.DECIDED, decided, agency, procedure, due),
        Act(Kind.CLOSED, decided + timedelta(days=1), agency, procedure),
    ]


def _id(code: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:motcua:sample:case:{code}")
