"""Agencies on the wire."""

from typing import Self
from uuid import UUID

from pydantic import Field

from identity.domain.agency import Agency, Unit
from shared.schema import Schema, Words


class UnitBody(Schema):
    """A unit inside an agency."""

    code: str = Field(max_length=40, examples=["BP_MOT_CUA"])
    name: Words = Field(examples=[{"vi": "Bộ phận Một cửa", "en": "One-stop desk"}])


class AgencyDetails(Schema):
    """What may change about an agency: always sent whole."""

    parent: str | None = Field(
        None, max_length=40, description="Code of the agency above", examples=["000.00.01.H99"]
    )
    name: Words = Field(examples=[{"vi": "Ủy ban nhân dân Quận Mẫu", "en": "People's Committee of Mau"}])
    units: list[UnitBody] = Field([], max_length=200)

    def domain_units(self) -> tuple[Unit, ...]:
        return tuple(Unit(unit.code, unit.name.text()) for unit in self.units)


class NewAgency(AgencyDetails):
    """An agency to be registered."""

    code: str = Field(max_length=40, description="Of the national list", examples=["000.00.01.H99"])


class AgencyView(Schema):
    """An agency as everyone may see it."""

    id: UUID
    code: str = Field(examples=["000.00.01.H99"])
    parent: str | None = Field(examples=["000.00.01.H99"])
    name: Words
    units: list[UnitBody]

    @classmethod
    def of(cls, agency: Agency) -> Self:
        return cls(
            id=agency.id,
            code=agency.code,
            parent=agency.parent,
            name=Words(vi=agency.name.vi, en=agency.name.en),
            units=[
                UnitBody(code=unit.code, name=Words(vi=unit.name.vi, en=unit.name.en))
                for unit in agency.units
            ],
        )
