"""What can be asked and told about officials."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.agencies.operations import get_agency, require_within
from identity.agencies.store import agency_by_code, is_within
from identity.domain.agency import NoSuchAgency
from identity.domain.official import (
    AlreadyAppointed,
    InvalidAppointment,
    NoSuchOfficial,
    Official,
    Post,
    check_posts,
)
from identity.domain.person import normal_account_name
from identity.officials import store
from identity.people.store import person_id_of
from shared import outbox
from shared.errors import Fault, Text
from shared.events import identity as events
from shared.ids import new_id


async def appoint_official(
    tx: AsyncConnection,
    *,
    account_name: str,
    agency: str,
    posts: tuple[Post, ...],
    own: str | None,
    now: datetime,
) -> Official:
    """Appoint a person to an agency.

    Raises:
        OutsideOwnTree, InvalidAppointment, AlreadyAppointed
    """
    await require_within(tx, agency, own)
    # The lock keeps a unit from being dropped while someone is appointed to it.
    found = await agency_by_code(tx, agency, lock=True)
    if found is None:
        text = Text(vi="Không có cơ quan này.", en="There is no such agency.")
        raise InvalidAppointment(faults=[Fault("/agency", "unknown", text)])
    check_posts(posts, frozenset(unit.code for unit in found.units))
    person_id = await person_id_of(tx, normal_account_name(account_name))
    if person_id is None:
        text = Text(vi="Chưa có ai đăng ký tên này.", en="Nobody has registered under this name.")
        raise InvalidAppointment(faults=[Fault("/accountName", "unknown", text)])
    official = Official(new_id(), person_id, agency, posts)
    if not await store.add_official(tx, official, now):
        raise AlreadyAppointed
    event = events.OfficialAppointed(agency=agency, posts=_posts(official))
    await outbox.add(tx, event.envelope(subject=official.id, sequence=official.version, at=now))
    return official


async def change_posts(
    tx: AsyncConnection,
    official_id: UUID,
    meant: Callable[[int], None],
    *,
    posts: tuple[Post, ...],
    own: str | None,
    now: datetime,
) -> Official:
    """Put these posts in place of all that an official holds.

    Raises:
        NoSuchOfficial, InvalidAppointment, PreconditionRequired, PreconditionFailed
    """
    before = await _locked(tx, official_id, meant, own)
    agency = await agency_by_code(tx, before.agency, lock=True)
    assert agency is not None
    check_posts(posts, frozenset(unit.code for unit in agency.units))
    official = replace(before, posts=posts, version=before.version + 1)
    await store.save_official(tx, official)
    event = events.OfficialPostsChanged(agency=official.agency, posts=_posts(official))
    await outbox.add(tx, event.envelope(subject=official.id, sequence=official.version, at=now))
    return official


async def remove_official(
    tx: AsyncConnection,
    official_id: UUID,
    meant: Callable[[int], None],
    *,
    own: str | None,
    now: datetime,
) -> None:
    """End an appointment; the person keeps the account, and tokens run out within minutes.

    Raises:
        NoSuchOfficial, PreconditionRequired, PreconditionFailed
    """
    before = await _locked(tx, official_id, meant, own)
    official = replace(before, posts=(), version=before.version + 1)
    await store.save_official(tx, official, removed_at=now)
    event = events.OfficialRemoved(agency=official.agency)
    await outbox.add(tx, event.envelope(subject=official.id, sequence=official.version, at=now))


async def get_official(tx: AsyncConnection, official_id: UUID, *, own: str | None) -> Official:
    """An official of the caller's tree; any other looks absent.

    Raises:
        NoSuchOfficial
    """
    official = await store.official_by_id(tx, official_id)
    if official is None or not await _is_visible(tx, official, own):
        raise NoSuchOfficial
    return official


async def officials_of(
    tx: AsyncConnection, agency: str, *, own: str | None, after: UUID | None, limit: int
) -> list[Official]:
    """The officials of an agency in the caller's tree; any other looks absent.

    Raises:
        NoSuchAgency
    """
    await get_agency(tx, agency)
    if own is not None and not await is_within(tx, agency, own):
        raise NoSuchAgency
    return await store.list_officials(tx, agency, after=after, limit=limit)


async def _locked(
    tx: AsyncConnection, official_id: UUID, meant: Callable[[int], None], own: str | None
) -> Official:
    official = await store.official_by_id(tx, official_id, lock=True)
    if official is None or not await _is_visible(tx, official, own):
        raise NoSuchOfficial
    meant(official.version)
    return official


async def _is_visible(tx: AsyncConnection, official: Official, own: str | None) -> bool:
    return own is None or await is_within(tx, official.agency, own)


def _posts(official: Official) -> tuple[events.Post, ...]:
    return tuple(events.Post(unit=post.unit, role=post.role) for post in official.posts)
