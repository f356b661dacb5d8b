"""Organisations on the wire."""

from typing import Self
from uuid import UUID

from pydantic import Field

from identity.domain.organisation import Organisation
from shared.schema import Schema, Words


class NewOrganisation(Schema):
    """An organisation to be entered, with the account name of the person who represents it."""

    tax_code: str = Field(max_length=14, examples=["0100000000"])
    name: Words = Field(examples=[{"vi": "Hợp tác xã Mẫu", "en": "Mau Cooperative"}])
    representative: str = Field(max_length=100, examples=["nguoi.dan@example.com"])


class OrganisationView(Schema):
    """An organisation as its representative sees it."""

    id: UUID
    tax_code: str = Field(examples=["0100000000"])
    name: Words
    representative_id: UUID

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        return cls(
            id=organisation.id,
            tax_code=organisation.tax_code,
            name=Words(vi=organisation.name.vi, en=organisation.name.en),
            representative_id=organisation.representative_id,
        )
