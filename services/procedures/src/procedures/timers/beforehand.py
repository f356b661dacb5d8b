"""What has run out happens before the command that comes after it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.ran_out import RanOutError
from procedures.dependencies import Desk
from procedures.timers.operations import fire_case

T = TypeVar("T")

Command = Callable[[bool], Awaitable[T]]
"""Carried out in the transaction at hand; told whether what has run out before has happened."""


async def after_what_ran_out(desk: Desk, tx: AsyncConnection, now: datetime, command: Command[T]) -> T:
    """Carry a command out; where something had run out before, that is done and committed first.

    Whoever read the case before that is then told by 412 what came since. It is tried once: what one of the clocks
    denies, or what cannot fire, keeps nobody from a case.

    Everyday commands have nothing of it: that nothing has run out is told by the case that they lock anyway.
    """
    try:
        return await command(False)
    except RanOutError as found:
        await tx.rollback()
        await fire_case(tx, desk.versions, found.case_id, now, desk.witness)
        await desk.database.commit(tx)
        return await command(True)
