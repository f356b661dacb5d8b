"""What is learnt and asked of agencies."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.agencies import store
from shared.events.identity import AgencyEvent


async def learn_agency(tx: AsyncConnection, sequence: int, event: AgencyEvent) -> None:
    """Take over what identity says of an agency; an older word does not undo a newer one."""
    await store.put_agency(
        tx,
        code=event.code,
        name_vi=event.name_vi,
        name_en=event.name_en,
        units=[unit.model_dump(by_alias=True) for unit in event.units],
        sequence=sequence,
    )


async def known_units(tx: AsyncConnection, agency: str) -> frozenset[str] | None:
    """Codes of the agency's units, for the linter; None when the agency is not known here."""
    return await store.unit_codes(tx, agency)


async def units_of(tx: AsyncConnection, agencies: Collection[str]) -> dict[str, frozenset[str]]:
    """Codes of the units of those of the agencies that are known here."""
    return await store.units_by_agency(tx, agencies) if agencies else {}
