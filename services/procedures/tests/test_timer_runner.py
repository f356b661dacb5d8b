"""Who fires the timers: by two clocks, once, in several processes, and after one is killed."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from procedures.domain.firing import fire
from procedures.tables import case_log, cases, timers
from procedures.timers.operations import database_clock, fire_timers
from shared.testing import eventually

TICK = timedelta(microseconds=1)
pytestmark = pytest.mark.usefixtures("nothing_left_over")

_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from procedures.catalogue.operations import Versions
from procedures.keys.keyring import Keyring, hand_over
from procedures.timers.operations import fire_timers
from shared.db import Database

NOW = datetime.fromisoformat(sys.argv[3])

async def witness(_):
    return NOW

async def work():
    database = Database(sys.argv[1])
    hand_over(Keyring(sys.argv[2]), database)
    while await fire_timers(database, Versions(), NOW, witness, at_once=2):
        print("some", flush=True)

asyncio.run(work())
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await world.acts(case)]


async def status(world: Any, case: str) -> str:
    return str((await world.read(case)).json()["status"])


class TestTheRunner:
    async def test_nothing_fires_while_one_of_the_two_clocks_has_not_come_to_the_instant(
        self, world: Any
    ) -> None:
        case = await world.accepted(consentBySilence=True)
        early, late = local("2026-01-08 08:29"), local("2026-01-08 08:31")
        versions = world.app.state.desk.versions
        for now, other in ((late, early), (early, late), (local("2036-01-01 00:00"), early)):

            async def witness(_: Any, said: datetime = other) -> datetime:
                return said

            assert await fire_timers(world.database, versions, now, witness) in (0, 1)
            assert await status(world, case) == "accepted"

    async def test_a_clock_that_jumps_ahead_and_back_fires_nothing_early_and_nothing_twice(
        self, world: Any
    ) -> None:
        case = await world.accepted()
        true, versions = local("2026-01-07 08:31"), world.app.state.desk.versions

        async def witness(_: Any) -> datetime:
            return true

        for jumped in (true + timedelta(days=30), true, true - timedelta(days=3), true + timedelta(days=1)):
            while await fire_timers(world.database, versions, jumped, witness):
                pass
        overdue = [act for act in await world.acts(case) if act["kind"] == "became_overdue"]
        assert [act["timer"]["subject"] for act in overdue] == ["THU_LY"]
        async with world.database.reading() as tx:
            newest = select(func.max(case_log.c.at)).where(case_log.c.case_id == case)
            assert (await tx.execute(newest)).scalar_one() <= true

    async def test_the_database_is_the_witness_where_time_is_real(
        self, world: Any, database_url: str
    ) -> None:
        case = await world.accepted()
        async with world.database.transaction() as tx:
            real = await database_clock(tx)
            await tx.execute(
                update(timers).where(timers.c.case_id == case).values(fires_at=real + timedelta(hours=1))
            )
        ahead = real + timedelta(days=365)
        assert await fire_timers(world.database, world.app.state.desk.versions, ahead, database_clock) == 0

    async def test_processes_side_by_side_fire_each_timer_once(self, world: Any, other_process: Any) -> None:
        procedure = await world.publish()
        filed = [str((await world.submit(procedure))["id"]) for _ in range(20)]
        for case in filed:
            await world.act(case, "acceptance", world.official("desk"))
        world.clock.set(local("2026-01-08 09:00"))
        others = [other_process() for _ in range(3)]
        await asyncio.gather(*(world.fire(other, at_once=2) for other in [world.database, *others]))
        await world.fire()
        for case in filed:
            assert Counter(await kinds(world, case))["became_overdue"] == 2

    async def test_a_process_that_is_killed_in_the_middle_loses_and_doubles_nothing(
        self, world: Any, database_url: str, master_key: str
    ) -> None:
        procedure = await world.publish()
        filed = [str((await world.submit(procedure))["id"]) for _ in range(20)]
        for case in filed:
            await world.act(case, "acceptance", world.official("desk"))
        world.clock.set(local("2026-01-08 09:00"))
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _WORKER,
            database_url,
            master_key,
            world.clock.now().isoformat(),
            stdout=asyncio.subprocess.PIPE,
        )
        assert worker.stdout is not None
        for _ in range(2):
            await worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)
        await worker.wait()

        async def all_fired() -> bool:
            await world.fire()
            counts = [Counter(await kinds(world, case))["became_overdue"] for case in filed]
            return all(count == 2 for count in counts)

        await eventually(all_fired, what="every timer")

    async def test_a_timer_that_cannot_fire_keeps_no_other_from_it_and_tries_again_later(
        self, world: Any
    ) -> None:
        broken, sound = await world.accepted(), await world.accepted()
        async with world.database.transaction() as tx:
            state = (await tx.execute(select(cases.c.state).where(cases.c.id == broken))).scalar_one()
            lost = {**state, "procedure": "NOWHERE"}
            await tx.execute(update(cases).where(cases.c.id == broken).values(state=lost))
        world.clock.set(local("2026-01-07 08:31"))
        await world.fire()
        assert (await kinds(world, sound))[-1] == "became_overdue"
        async with world.database.transaction() as tx:
            await tx.execute(update(cases).where(cases.c.id == broken).values(state=state))
        world.clock.advance(timedelta(minutes=2))
        await world.fire()
        assert (await kinds(world, broken))[-1] == "became_overdue"

    async def test_whatever_goes_wrong_over_a_case_keeps_no_other_from_firing(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, sound = await world.accepted(), await world.accepted()

        def unlucky(case: Any, *known: Any) -> Any:
            if str(case.id) == broken:
                raise Exception("of no kind that anybody thought of")
            return fire(case, *known)

        monkeypatch.setattr("procedures.timers.operations.fire", unlucky)
        world.clock.set(local("2026-01-07 08:31"))
        await world.fire()
        assert [(await kinds(world, case))[-1] for case in (broken, sound)] == ["accepted", "became_overdue"]

    async def test_while_the_database_is_away_no_timer_is_put_off(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-07 08:31"))

        def gone(*_: Any) -> Any:
            raise ConnectionResetError

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr("procedures.timers.operations.fire", gone)
            with pytest.raises(ConnectionResetError):
                await world.fire()
        await world.fire()
        assert (await kinds(world, case))[-1] == "became_overdue"

    async def test_rows_that_do_not_follow_from_the_state_are_put_right(self, world: Any) -> None:
        case = await world.accepted()
        async with world.database.transaction() as tx:
            early = world.clock.now() - timedelta(days=1)
            await tx.execute(update(timers).where(timers.c.case_id == case).values(at=early, fires_at=early))
        await world.fire()
        assert (await kinds(world, case))[-1] == "accepted"
        world.clock.set(local("2026-01-07 08:31"))
        await world.fire()
        assert (await kinds(world, case))[-1] == "became_overdue"

    async def test_the_application_fires_as_long_as_it_runs(self, world: Any) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-07 08:31"))

        async def fired() -> bool:
            return (await kinds(world, case))[-1] == "became_overdue"

        async with world.app.router.lifespan_context(world.app):
            await eventually(fired, what="the timer")
