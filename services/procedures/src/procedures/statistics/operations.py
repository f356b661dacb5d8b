"""What can be told to and asked of the statistics."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.store import entry_of, kept_cases, logs_of
from procedures.domain.case import opened
from procedures.domain.fee_acts import FeeDemanded, FeeExempted, FeePaid
from procedures.domain.linked_cases import LinkKind
from procedures.domain.log import Link
from procedures.domain.quality import Basis, Indicator, Measure, Ratio, basis_of, measures, together
from procedures.domain.reports import ProcedureReport, freezes_at, key_of, report
from procedures.domain.statistics import Fact, Figure, Month, contribution, difference, month_after
from procedures.statistics import store
from shared import outbox
from shared.db import AnyRow, Database, gathered
from shared.events.procedures import MonthFrozen, ProcedureFigures, QualityMeasure
from shared.ids import new_id

_AT_ONCE = 500


class Counted:
    """What the events of a transaction add to the figures."""

    def __init__(self) -> None:
        self.figures: Counter[store.Cell] = Counter()

    async def add(self, tx: AsyncConnection) -> None:
        """Add it to the cells."""
        await store.add(tx, self.figures)


async def count_fact(
    tx: AsyncConnection, case_id: UUID, *, agency: str, procedure: str, sequence: int, fact: Fact
) -> None:
    """Take note of an act of a case; the same one again, or an earlier one late, is counted once and right."""
    history = await store.merge_fact(tx, case_id, agency, procedure, sequence, fact)
    if history is None:
        return
    before = {number: known for number, known in history.items() if number != sequence}
    changes = difference(contribution(before), contribution(history))
    figures = gathered(tx, Counted).figures
    for (month, figure), number in changes.items():
        figures[agency, procedure, month, figure] += number


async def count_rating(tx: AsyncConnection, *, agency: str, month: Month, number: int, score: int) -> None:
    """Take note of a rating, by its number in the agency's month."""
    await store.add_rating(tx, agency, month, number, score)


async def recount(database: Database) -> tuple[int, list[str]]:
    """Count everything anew from the logs of the cases.

    Returns how many acts there were, and the codes of cases whose log cannot be read, which are left out.
    Whoever counts events meanwhile waits, and finds them counted.
    """
    acts, after = 0, None
    unreadable: list[str] = []
    sums: Counter[store.Cell] = Counter()
    async with database.transaction() as tx:
        await store.clear(tx)
        while rows := await kept_cases(tx, after=after, limit=_AT_ONCE, code=None):
            logs = await logs_of(tx, [row.id for row in rows])
            histories = []
            for row in rows:
                try:
                    facts = facts_of(row.id, logs[row.id])
                    if facts:
                        histories.append((row.id, row.agency, row.procedure, facts))
                except (KeyError, ValueError):
                    unreadable.append(row.code)
            await store.keep_histories(tx, histories)
            for _, agency, procedure, history in histories:
                acts += len(history)
                for (month, figure), number in contribution(history).items():
                    sums[agency, procedure, month, figure] += number
            after = rows[-1].id
        await store.add(tx, sums)
    return acts, unreadable


def facts_of(case_id: UUID, links: Sequence[Link]) -> dict[int, Fact]:
    """The facts of a case as its log tells them: what its events told. None of a part of another case."""
    first, *rest = map(entry_of, links)
    case = opened(case_id, first)
    if case.link is not None and case.link.kind is LinkKind.CHILD:
        return {}
    facts = {first.sequence: Fact("submitted", first.at, case.due_at)}
    for entry in rest:
        case = case.after(entry)
        outcome = case.outcome.value if entry.act.kind == "decided" and case.outcome else None
        act = entry.act
        fee = act.number if isinstance(act, FeeDemanded | FeeExempted | FeePaid) else None
        facts[entry.sequence] = Fact(entry.act.kind, entry.at, case.due_at, outcome, fee)
    return facts


async def freeze_months(database: Database, now: datetime) -> int:
    """Report every month of every agency whose time has come; returns how many were reported."""
    done = 0
    async with database.reading() as tx:
        agencies = await store.agencies(tx)
    for agency in agencies:
        async with database.transaction() as tx:
            done += await _freeze_agency(tx, agency, now)
    return done


async def _freeze_agency(tx: AsyncConnection, agency: str, now: datetime) -> int:
    month = await store.month_to_report(tx, agency)
    calendar = await calendar_of(tx, agency)
    if month is None or freezes_at(month, calendar) > now:
        return 0
    past = await store.frozen(tx, agency)
    done = 0
    while freezes_at(month, calendar) <= now:
        rows = []
        for procedure in sorted({*past, *await store.procedures_of(tx, agency)}):
            # Read one by one: between two procedures others are served.
            counters = await store.counters_of(tx, agency, procedure)
            rows.append(report(procedure, counters, month, past[procedure]))
        key = new_id()
        measured = measures(await _basis(tx, agency, month, month))
        if not await store.freeze(tx, agency, month, key, now, rows, measured):
            return done
        told = _announcement(agency, month, rows, measured)
        await outbox.add(tx, told.envelope(subject=key, sequence=1, at=now))
        for row in rows:
            past[row.procedure].append((month, row))
        month = month_after(month)
        done += 1
    return done


def _announcement(
    agency: str, month: Month, rows: Sequence[ProcedureReport], measured: Sequence[Measure]
) -> MonthFrozen:
    told = tuple(
        ProcedureFigures(
            procedure=row.procedure,
            figures=dict(row.figures),
            corrections={earlier: dict(changes) for earlier, changes in row.corrections.items()},
        )
        for row in rows
    )
    quality = tuple(
        QualityMeasure(
            indicator=one.indicator.value,
            group=one.group.value,
            part=None if one.points is None else one.part,
            whole=None if one.points is None else one.whole,
            points=None if one.points is None else str(one.points),
            most=one.most,
        )
        for one in measured
    )
    return MonthFrozen(agency=agency, month=key_of(month), procedures=told, quality=quality)


async def list_reports(
    tx: AsyncConnection, agency: str, *, after: tuple[Month] | None, limit: int
) -> Sequence[AnyRow]:
    """The months that were reported, newest first."""
    return await store.reports(tx, agency, after=after, limit=limit)


async def figures(
    tx: AsyncConnection, agency: str, first: Month, last: Month, procedure: str | None
) -> dict[Figure, int]:
    """The figures of an agency over months, as they are known now."""
    return await store.totals(tx, agency, first, last, procedure)


@dataclass(frozen=True, slots=True)
class Quality:
    """What the index of an agency over months is made of; `frozen_at` where it is a month as it was reported."""

    measures: tuple[Measure, ...]
    frozen_at: datetime | None = None


async def quality_of(tx: AsyncConnection, agency: str, first: Month, last: Month) -> Quality:
    """The quality index of an agency over months.

    A month that was reported stands as it was then, and several add up; the others are as they are known now.
    """
    reported = await store.frozen_measures(tx, agency, first, last)
    if first == last and last in reported:
        frozen_at, measured = reported[last]
        return Quality(measured, frozen_at)
    past = [_basis_from(measured) for _, (_, measured) in sorted(reported.items())]
    running = await _basis(tx, agency, first, last, reported)
    bases = [running, *past] if last in reported else [*past, running]
    return Quality(measures(together(bases)))


async def _basis(
    tx: AsyncConnection, agency: str, first: Month, last: Month, without: Collection[Month] = ()
) -> Basis:
    """What is known now of the months that are not left out."""
    figures = await store.totals(tx, agency, first, last, without=without)
    ratings = await store.ratings(tx, agency, first, last, without)
    return basis_of(figures, Ratio(*await store.procedures_in_force(tx, agency)), ratings)


def _basis_from(measured: Sequence[Measure]) -> Basis:
    nothing = {indicator: Ratio(0, 0) for indicator in Indicator}
    told = [one for one in measured if one.points is not None]  # what was not told then is in no sum either
    return {**nothing, **{one.indicator: Ratio(one.part, one.whole) for one in told}}
