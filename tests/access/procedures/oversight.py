"""What those who lead an agency see: where its cases wait, for how long, which are late or will be, event logs."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from procedures.backlogs.store import count, last_counted
from procedures.domain.histogram import bucket_of
from procedures.domain.statistics import month_of
from procedures.forecasts.operations import make_forecasts
from procedures.stays.operations import follow_case
from procedures.stays.store import WayCell, add_ways
from procedures.tables import cases, tasks
from shared.db import AnyRow
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt

_SCOPE = "procedures:work:manage"


async def _waiting(world: World) -> AnyRow:
    """A case that the justice section works on: id, code, procedure, submitted_at, step."""
    case = UUID(await world.accepted())
    columns = (cases.c.id, cases.c.code, cases.c.procedure, cases.c.submitted_at, tasks.c.step)
    async with world.database.transaction() as tx:
        await follow_case(tx, case, 2)
        query = select(*columns).join(tasks, tasks.c.case_id == cases.c.id).where(cases.c.id == case)
        return (await tx.execute(query)).one()


def _seen_by_leaders(world: World, path: str, private: str) -> Attempt:
    def official(agency: str | None) -> dict[str, str]:
        return world.bearer(_SCOPE, kind="official", agency=agency, posts=[("LANH_DAO", "KY_DUYET")])

    return Attempt(
        f"{BASE}/{path}",
        rightful=official(AGENCY),
        strangers={
            "a leader of another agency": official(OTHER_AGENCY),
            "a leader of no agency": official(None),
            "a client of another agency": world.bearer(_SCOPE, kind="client", agency=OTHER_AGENCY),
        },
        private=private,
    )


async def _counted(world: World) -> AnyRow:
    row = await _waiting(world)
    async with world.database.transaction() as tx:
        await count(tx, world.clock.now().date(), world.clock.now())
    return row


@recipe("GET /procedures/v1/backlogs")
async def get_backlogs(world: World) -> Attempt:
    row = await _counted(world)
    async with world.database.transaction() as tx:  # another test may have counted a later day
        last = await last_counted(tx)
        assert last is not None
        await count(tx, last.day, world.clock.now())
    return _seen_by_leaders(world, "backlogs", row.procedure)


@recipe("GET /procedures/v1/daily-backlogs")
async def get_daily_backlogs(world: World) -> Attempt:
    row = await _counted(world)
    day = world.clock.now().date() + timedelta(days=1)
    path = f"daily-backlogs?firstDay={day - timedelta(days=3)}&lastDay={day}&procedure={row.procedure}"
    return _seen_by_leaders(world, path, '"waiting":1')


@recipe("GET /procedures/v1/stays")
async def get_stays(world: World) -> Attempt:
    row = await _waiting(world)
    month = f"{month_of(world.clock.now()):%Y-%m}"
    return _seen_by_leaders(world, f"stays?firstMonth={month}&lastMonth={month}", row.procedure)


@recipe("GET /procedures/v1/late-cases")
async def list_late_cases(world: World) -> Attempt:
    row = await _waiting(world)
    world.clock.advance(timedelta(days=60))
    return _seen_by_leaders(world, f"late-cases?procedure={row.procedure}", row.code)


@recipe("GET /procedures/v1/likely-late-cases")
async def list_likely_late_cases(world: World) -> Attempt:
    row = await _waiting(world)
    month, long = month_of(world.clock.now()), bucket_of(timedelta(days=99))
    cell = WayCell(AGENCY, row.procedure, month, row.step, pace=0, stayed=long, bucket=long)
    async with world.database.transaction() as tx:
        await add_ways(tx, {cell: 100})
    assert await make_forecasts(world.database, world.clock.now())
    return _seen_by_leaders(world, f"likely-late-cases?procedure={row.procedure}", row.code)


def _event_log(form: str) -> None:
    @recipe(f"GET /procedures/v1/event-logs/{form}")
    async def get_event_log(world: World) -> Attempt:
        row = await _waiting(world)
        query = f"procedure={row.procedure}&month={month_of(row.submitted_at):%Y-%m}"
        return _seen_by_leaders(world, f"event-logs/{form}?{query}", str(row.id))


for _form in ("xes", "ocel"):
    _event_log(_form)
