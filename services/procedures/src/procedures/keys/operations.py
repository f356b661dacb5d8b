"""Rotation of the master key: what is sealed under older versions is sealed under the newest.

The keys of cases stay, and with them all that is sealed under those: a case takes one short update. It may be
interrupted anywhere and begun again, and run while cases are handled.
"""

from dataclasses import dataclass
from uuid import UUID

from procedures.keys import store
from procedures.keys.keyring import keyring_of
from shared.db import Database

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows were sealed anew, and how many are still to be: those that others were at work on."""

    done: int
    left: int


async def rotate_keys(database: Database, *, at_once: int = AT_ONCE) -> Rotated:
    """Seal everything under the newest version of the master key.

    Raises:
        Unreadable: something cannot be opened with the versions at hand; what was done before it stays done.
    """
    done = left = 0
    for table, column, bound_to in store.SEALED:
        after: UUID | None = UUID(int=0)
        while after is not None:
            async with database.transaction() as tx:
                keyring = keyring_of(tx)
                rows = await store.older(tx, table, column, keyring.newest_mark, after=after, limit=at_once)
                anew = [
                    (row.id, keyring.resealed(row.sealed, bound_to=bound_to.format(row.id))) for row in rows
                ]
                if anew:
                    await store.put_sealed(tx, table, column, anew)
            done += len(rows)
            after = rows[-1].id if rows else None
        async with database.reading() as tx:
            left += await store.count_older(tx, table, column, keyring.newest_mark)
    return Rotated(done, left)
