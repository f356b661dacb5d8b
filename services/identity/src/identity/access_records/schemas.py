"""Access records on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from identity.access_records.store import AccessRecord
from identity.domain.access_record import purpose_in_words
from shared.errors import Text
from shared.schema import Schema, Words


class Named(Schema):
    """An agency or a unit, by code and name."""

    code: str = Field(examples=["H99.01"])
    name: Words | None = Field(None, description="Absent of one that identity does not know")


class PurposeOfAccess(Schema):
    """What was shown, and so what for."""

    code: str = Field(examples=["case"])
    text: Words


class AccessRecordView(Schema):
    """A look at your data: who, when, at which case, what for."""

    id: UUID = Field(description="Of the look; a look at a list may have shown several of your cases")
    at: datetime
    reader_kind: Literal["official", "client"] = Field(
        description="An official of the agency, or its computer system"
    )
    agency: Named
    units: list[Named] = Field(description="Where the official holds a post")
    case_id: UUID
    case_code: str = Field(examples=["H99.01-260105-0001"])
    purpose: PurposeOfAccess

    @classmethod
    def of(cls, record: AccessRecord, names: Mapping[str, Text]) -> Self:
        words = purpose_in_words(record.purpose)
        return cls.model_validate(
            {
                "id": record.event_id,
                "at": record.at,
                "reader_kind": record.reader_kind,
                "agency": _named(record.agency, names.get(record.agency)),
                "units": [_named(unit, names.get(f"{record.agency}/{unit}")) for unit in record.units],
                "case_id": record.case_id,
                "case_code": record.case_code,
                "purpose": PurposeOfAccess(code=record.purpose, text=Words(vi=words.vi, en=words.en)),
            }
        )


def _named(code: str, name: Text | None) -> Named:
    return Named(code=code, name=name and Words(vi=name.vi, en=name.en))
