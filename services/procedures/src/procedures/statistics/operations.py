"""What can be told to and asked of the statistics."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.store import entry_of, kept_cases, logs_of
from procedures.domain.case import opened
from procedures.domain.linked_cases import LinkKind
from procedures.domain.log import Link
from procedures.domain.quality import Basis, Score, scores
from procedures.domain.reports import ProcedureReport, freezes_at, key_of, report
from procedures.domain.statistics import Fact, Figure, Month, contribution, difference, month_after
from procedures.statistics import store
from shared import outbox
from shared.db import AnyRow, Database
from shared.events.procedures import MonthFrozen, ProcedureFigures
from shared.ids import new_id

_AT_ONCE = 500


async def count_fact(
    tx: AsyncConnection, case_id: UUID, *, agency: str, procedure: str, sequence: int, fact: Fact
) -> None:
    """Take note of an act of a case; the same one again, or an earlier one late, is counted once and right."""
    history = await store.merge_fact(tx, case_id, agency, procedure, sequence, fact)
    if history is None:
        return
    before = {number: known for number, known in history.items() if number != sequence}
    changes = difference(contribution(before), contribution(history))
    await store.add(
        tx, [(agency, procedure, month, figure, number) for (month, figure), number in changes.items()]
    )


async def count_rating(tx: AsyncConnection, *, agency: str, month: Month, score: int) -> None:
    """Take note of a rating."""
    await store.add_rating(tx, agency, month, score)


async def recount(database: Database) -> tuple[int, list[str]]:
    """Count everything anew from the logs of the cases.

    Returns how many acts there were, and the codes of cases whose log cannot be read, which are left out.
    Whoever counts events meanwhile waits, and finds them counted.
    """
    acts, after = 0, None
    unreadable: list[str] = []
    sums: Counter[tuple[str, str, Month, Figure]] = Counter()
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
        await store.add(tx, [(*key, number) for key, number in sums.items()])
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
        facts[entry.sequence] = Fact(entry.act.kind, entry.at, case.due_at, outcome)
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
    month = await store.first_month(tx, agency)
    if month is None:
        return 0
    past = await store.frozen(tx, agency)
    month = month_after(past[-1][0]) if past else month
    calendar = await calendar_of(tx, agency)
    done = 0
    while freezes_at(month, calendar) <= now:
        rows = [
            report(procedure, counters, month, _reported(past, procedure))
            for procedure, counters in sorted((await store.counters_of(tx, agency)).items())
        ]
        key = new_id()
        if not await store.freeze(tx, agency, month, key, now, rows):
            return done
        await outbox.add(tx, _announcement(agency, month, rows).envelope(subject=key, sequence=1, at=now))
        past.append((month, rows))
        month = month_after(month)
        done += 1
    return done


def _reported(
    past: Sequence[tuple[Month, Sequence[ProcedureReport]]], procedure: str
) -> list[tuple[Month, ProcedureReport]]:
    return [(month, row) for month, rows in past for row in rows if row.procedure == procedure]


def _announcement(agency: str, month: Month, rows: Sequence[ProcedureReport]) -> MonthFrozen:
    told = tuple(
        ProcedureFigures(
            procedure=row.procedure,
            figures=dict(row.figures),
            corrections={earlier: dict(changes) for earlier, changes in row.corrections.items()},
        )
        for row in rows
    )
    return MonthFrozen(agency=agency, month=key_of(month), procedures=told)


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
    """The index of an agency over months, and what it is made of."""

    scores: tuple[Score, ...]
    basis: Basis


async def quality_of(tx: AsyncConnection, agency: str, first: Month, last: Month) -> Quality:
    """The quality index of an agency over months."""
    in_force, complete = await store.procedures_in_force(tx, agency)
    ratings = await store.ratings(tx, agency, first, last)
    basis = Basis(
        figures=await store.totals(tx, agency, first, last),
        procedures=in_force,
        complete_procedures=complete,
        ratings=sum(ratings.values()),
        satisfied=sum(number for score, number in ratings.items() if score >= 4),
    )
    return Quality(scores(basis), basis)
