"""What people send and are told about themselves."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from identity.domain.person import AddressKind, ContactAddress, Person
from shared.schema import Schema

Language = Literal["vi", "en"]


class ContactAddressBody(Schema):
    """Where a person can be reached."""

    kind: AddressKind = Field(examples=["email"])
    value: str = Field(max_length=254, examples=["nguoi.dan@example.com"])

    def address(self) -> ContactAddress:
        return ContactAddress(self.kind, self.value)


class Registration(Schema):
    """A new account."""

    account_name: str = Field(max_length=100, examples=["nguoi.dan@example.com"])
    password: str = Field(max_length=1000, description="12 to 128 characters", examples=["a long enough one"])
    full_name: str = Field(max_length=200, examples=["Người Dân Mẫu"])
    language: Language = Field("vi", description="In which we write to the person")
    contact_addresses: list[ContactAddressBody] = Field([], max_length=5)


class PersonDetails(Schema):
    """What a person may change about themselves."""

    full_name: str = Field(max_length=200, examples=["Người Dân Mẫu"])
    language: Language = "vi"


class ContactAddresses(Schema):
    """All contact addresses; the first of a kind is the one that is used."""

    contact_addresses: list[ContactAddressBody] = Field(max_length=5)


class NewPassword(Schema):
    """A change of password, proved by the present one."""

    current: str = Field(max_length=1000, examples=["a long enough one"])
    password: str = Field(max_length=1000, description="12 to 128 characters", examples=["another long one"])


class PersonView(Schema):
    """A person, as only they see themselves."""

    id: UUID
    account_name: str = Field(examples=["nguoi.dan@example.com"])
    full_name: str = Field(examples=["Người Dân Mẫu"])
    language: Language
    contact_addresses: list[ContactAddressBody]

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls.model_validate(
            {
                "id": person.id,
                "account_name": person.account_name,
                "full_name": person.full_name,
                "language": person.language,
                "contact_addresses": [
                    {"kind": address.kind, "value": address.value} for address in person.addresses
                ],
            }
        )
