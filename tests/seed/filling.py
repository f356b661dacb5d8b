"""A period of cases at a time goes into the database, whole or not at all; what is there is not made again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from procedures.calendars.operations import national_calendar
from procedures.domain.case_code import SERIES_DIGITS, series_prefix
from procedures.domain.definition import Definition
from procedures.keys.keyring import Keyring, hand_over
from procedures.tables import cases
from shared.db import Database
from tests.seed.courses import Course, Plot
from tests.seed.offices import AGENCIES, SIZES, definitions, filer
from tests.seed.rows import COLUMNS, Filing, Row, Rows, id_at

YEARS = 3
DAYS = YEARS * 365
CASES_AT_ONCE = 14_000
MOST_COURSES = 700
"""Of a period: so few that playing them costs little, so many that a page is not full of twins."""
_DEFINITIONS: dict[str, list[Definition]] = {
    agency: [one for one in definitions() if one.agency == agency] for agency in AGENCIES
}
_NAMES = ("Nguyễn Thị Mẫu", "Trần Văn Mẫu", "Lê Thị Mẫu", "Phạm Văn Mẫu", "Bùi Thị Mẫu")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many cases were filed in the three years from `begin`, midnight of a day in Vietnam."""

    begin: datetime
    count: int
    at_once: int = CASES_AT_ONCE

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(days=DAYS)

    @property
    def periods(self) -> list[range]:
        """The days that are filled at once, counted from the first."""
        parts = min(DAYS, -(-self.count // self.at_once))
        bounds = [DAYS * part // parts for part in range(parts + 1)]
        return [range(first, last) for first, last in pairwise(bounds)]

    def cases_in(self, period: range) -> int:
        """How many were filed in a period."""
        return self.count * period.stop // DAYS - self.count * period.start // DAYS

    def instant(self, period: range, dice: Random) -> datetime:
        """When somebody files in the period: mostly while offices are open."""
        day = dice.choice(period)
        hours = dice.uniform(8, 17) if dice.random() < 0.8 else dice.uniform(0, 23.99)
        return self.begin + timedelta(days=day, hours=hours)


@asynccontextmanager
async def opened(url: str, master_key: str) -> AsyncIterator[Database]:
    """The database as a process of the service has it."""
    database = Database(url, pool_size=1)
    hand_over(Keyring(master_key), database)
    try:
        yield database
    finally:
        await database.close()


async def missing(database: Database, plan: Plan) -> list[range]:
    """The periods that are still to be filled."""
    async with database.reading() as tx:
        return [
            period for period in plan.periods if not (await tx.execute(_any_in(plan, period))).scalar_one()
        ]


def _any_in(plan: Plan, period: range) -> Any:
    bounds = [plan.begin + timedelta(days=day) for day in (period.start, period.stop)]
    first, last = (UUID(int=int(bound.timestamp() * 1000) << 80) for bound in bounds)
    return select(select(cases.c.id).where(cases.c.id >= first, cases.c.id < last).exists())


def fill(url: str, master_key: str, plan: Plan, period: range) -> tuple[int, int]:
    """Fill a period, in a process of its own; how many cases and log entries that were."""
    return asyncio.run(fill_part(url, master_key, plan, period))


async def fill_part(url: str, master_key: str, plan: Plan, period: range) -> tuple[int, int]:
    """The same, in this process.

    Raises:
        asyncpg.UniqueViolationError: it is filled already.
    """
    rows, series = _rows(plan, period, Keyring(master_key))
    async with opened(url, master_key) as database, database.transaction() as tx:
        await tx.execute(text("SET LOCAL synchronous_commit = off"))
        driver: Any = (await tx.get_raw_connection()).driver_connection
        for table, columns in COLUMNS.items():
            await driver.copy_records_to_table(table, records=rows[table], columns=columns)
        await driver.copy_records_to_table("case_series", records=series, columns=["agency", "day", "last"])
    return len(rows["cases"]), len(rows["case_log"])


def _rows(plan: Plan, period: range, keyring: Keyring) -> tuple[Mapping[str, list[Row]], list[Row]]:
    """The rows of all tables, and those of the series of numbers."""
    rows, series = Rows(keyring, Random(f"{plan.count} rows {period}")), Counter[tuple[str, date]]()
    for course, how_many in _courses(plan, period):
        for _ in range(how_many):
            rows.add(course, _filing(course, series, rows.dice))
    rows.tables["case_log"].sort(key=itemgetter(2))  # as it would have been written; see `case_log_at_idx`
    return rows.tables, [(agency, day, last) for (agency, day), last in series.items()]


def _courses(plan: Plan, period: range) -> Iterator[tuple[Course, int]]:
    """The courses of a period in the order of filing, and how many cases went that way."""
    dice, count = Random(f"{plan.count} courses {period}"), plan.cases_in(period)
    courses = min(count, MOST_COURSES)
    for number, at in enumerate(sorted(plan.instant(period, dice) for _ in range(courses))):
        (agency,) = dice.choices(AGENCIES, SIZES)
        course = Course(dice.choice(_DEFINITIONS[agency]), national_calendar(), Plot.by(dice), dice)
        course.play(at, plan.end)
        yield course, count * (number + 1) // courses - count * number // courses


def _filing(course: Course, series: Counter[tuple[str, date]], dice: Random) -> Filing:
    agency, at = course.case.agency, course.case.submitted_at
    day = course.calendar.local_date(at)
    series[agency, day] += 1
    return Filing(
        case_id=id_at(at, dice),
        code=f"{series_prefix(agency, day)}{series[agency, day]:0{SERIES_DIGITS}}",
        applicant=filer(dice),
        form={"fullName": dice.choice(_NAMES), "address": f"{dice.randrange(1, 400)} phố Mẫu, Quận Mẫu"},
    )
