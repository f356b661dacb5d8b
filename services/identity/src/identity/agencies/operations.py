"""What can be asked and told about agencies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.agencies import store
from identity.domain.agency import (
    Agency,
    AgencyCodeTaken,
    InvalidAgency,
    NoSuchAgency,
    OutsideOwnTree,
    Unit,
    UnitInUse,
    check_agency,
)
from shared import outbox
from shared.errors import Fault, Text
from shared.events import identity as events


async def require_within(tx: AsyncConnection, agency: str | None, own: str | None) -> None:
    """Refuse callers bound to an agency (`own`) anything outside its tree; others are the platform's.

    Raises:
        OutsideOwnTree
    """
    if own is not None and (agency is None or not await store.is_within(tx, agency, own)):
        raise OutsideOwnTree


async def register_agency(tx: AsyncConnection, agency: Agency, *, own: str | None, now: datetime) -> None:
    """Register an agency below another, or at the top.

    Raises:
        InvalidAgency, AgencyCodeTaken, OutsideOwnTree
    """
    check_agency(agency)
    await _require_parent(tx, agency)
    await require_within(tx, agency.parent, own)
    if not await store.add_agency(tx, agency, now):
        raise AgencyCodeTaken
    event = events.AgencyRegistered(**_state(agency))
    await outbox.add(tx, event.envelope(subject=agency.id, sequence=agency.version, at=now))


async def change_agency(
    tx: AsyncConnection,
    code: str,
    meant: Callable[[int], None],
    *,
    parent: str | None,
    name: Text,
    units: tuple[Unit, ...],
    own: str | None,
    now: datetime,
) -> Agency:
    """Change an agency's place, names and units.

    Raises:
        NoSuchAgency, OutsideOwnTree, InvalidAgency, UnitInUse, PreconditionRequired, PreconditionFailed
    """
    await store.lock_tree(tx)
    before = await store.agency_by_code(tx, code, lock=True)
    if before is None:
        raise NoSuchAgency
    await require_within(tx, code, own)
    meant(before.version)
    agency = replace(before, parent=parent, name=name, units=units, version=before.version + 1)
    check_agency(agency)
    if parent != before.parent:
        await _require_parent(tx, agency)
        await require_within(tx, parent, own)
    dropped = frozenset(unit.code for unit in before.units) - {unit.code for unit in units}
    if await store.units_in_use(tx, code, dropped):
        raise UnitInUse
    await store.save_agency(tx, agency)
    event = events.AgencyChanged(**_state(agency))
    await outbox.add(tx, event.envelope(subject=agency.id, sequence=agency.version, at=now))
    return agency


async def get_agency(tx: AsyncConnection, code: str) -> Agency:
    """An agency by its code.

    Raises:
        NoSuchAgency
    """
    agency = await store.agency_by_code(tx, code)
    if agency is None:
        raise NoSuchAgency
    return agency


async def _require_parent(tx: AsyncConnection, agency: Agency) -> None:
    if agency.parent is None:
        return
    if await store.agency_by_code(tx, agency.parent) is None:
        text = Text(vi="Chưa có cơ quan cấp trên này.", en="There is no such agency above.")
        raise InvalidAgency(faults=[Fault("/parent", "unknown", text)])
    if await store.is_within(tx, agency.parent, agency.code):
        text = Text(vi="Cơ quan này đang ở phía dưới.", en="That agency lies below this one.")
        raise InvalidAgency(faults=[Fault("/parent", "circular", text)])


def _state(agency: Agency) -> dict[str, Any]:
    return {
        "code": agency.code,
        "parent": agency.parent,
        "name_vi": agency.name.vi,
        "name_en": agency.name.en,
        "units": tuple(
            events.Unit(code=unit.code, name_vi=unit.name.vi, name_en=unit.name.en) for unit in agency.units
        ),
    }
