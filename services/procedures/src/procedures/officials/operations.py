"""What is learnt and asked of officials."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.handling import Official
from procedures.officials import store
from procedures.work_list.claims import give_back_beyond
from shared.events.identity import OfficialEvent


async def learn_official(
    tx: AsyncConnection, subject: str, sequence: int, event: OfficialEvent, at: datetime
) -> None:
    """Take over what identity says of an official since an instant. Whatever they claimed for a post that they left goes back.

    An older word does not undo a newer one.
    """
    posts = [[post.unit, post.role] for post in event.posts]
    if await store.put_official(tx, subject=subject, agency=event.agency, posts=posts, sequence=sequence):
        holds = frozenset((post.unit, post.role) for post in event.posts)
        await give_back_beyond(tx, subject, Official(event.agency, holds), at)


async def known_officials(tx: AsyncConnection, subjects: Collection[str]) -> dict[str, Official]:
    """The agencies and posts of those of these officials who are known here, by subject."""
    return {
        subject: Official(row.agency, frozenset((unit, role) for unit, role in row.posts))
        for subject, row in (await store.officials_of(tx, subjects)).items()
    }
