"""What can be told about organisations."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.organisation import InvalidOrganisation, Organisation, TaxCodeTaken, check_tax_code
from identity.domain.person import normal_account_name
from identity.organisations import store
from identity.people.store import person_id_of
from shared.errors import Fault, Text
from shared.ids import new_id


async def register_organisation(
    tx: AsyncConnection, *, tax_code: str, name: Text, representative: str, now: datetime
) -> Organisation:
    """Enter an organisation that a person (by account name) represents.

    Raises:
        InvalidOrganisation, TaxCodeTaken
    """
    check_tax_code(tax_code)
    person_id = await person_id_of(tx, normal_account_name(representative))
    if person_id is None:
        text = Text(vi="Chưa có ai đăng ký tên này.", en="Nobody has registered under this name.")
        raise InvalidOrganisation(faults=[Fault("/representative", "unknown", text)])
    organisation = Organisation(new_id(), tax_code, name, person_id)
    if not await store.add_organisation(tx, organisation, now):
        raise TaxCodeTaken
    return organisation
