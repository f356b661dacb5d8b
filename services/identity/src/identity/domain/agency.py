"""Agencies in their tree, and the units inside them."""

import re
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Text

_AGENCY_CODE = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}")
_UNIT_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit inside an agency: `BP_MOT_CUA`, the one-stop desk."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency under its national code (`000.00.01.H99`), below `parent` in the tree."""

    id: UUID
    code: str
    parent: str | None
    name: Text
    units: tuple[Unit, ...]
    version: int = 1


class InvalidAgency(Invalid):
    slug = "invalid-agency"
    title = Text(vi="Thông tin cơ quan chưa đúng.", en="The agency is not valid.")


class AgencyCodeTaken(Conflict):
    slug = "agency-code-taken"
    title = Text(vi="Mã cơ quan này đã được đăng ký.", en="This agency code is registered already.")


class NoSuchAgency(NotFound):
    slug = "no-such-agency"
    title = Text(vi="Không có cơ quan này.", en="There is no such agency.")


class OutsideOwnTree(Forbidden):
    slug = "outside-own-agency"
    title = Text(
        vi="Bạn chỉ quản trị được cơ quan của mình và các cơ quan trực thuộc.",
        en="You may administer your own agency and those below it only.",
    )


class UnitInUse(Conflict):
    slug = "unit-in-use"
    title = Text(
        vi="Đơn vị còn cán bộ đang giữ vị trí. Hãy điều chuyển trước khi bỏ đơn vị.",
        en="Officials still hold posts in this unit. Move them before it is removed.",
    )


def check_agency(agency: Agency) -> None:
    """Refuse an agency with malformed codes or a unit named twice.

    Raises:
        InvalidAgency: naming every fault at once.
    """
    faults = []
    if not _AGENCY_CODE.fullmatch(agency.code):
        text = Text(
            vi="Mã định danh có dạng 000.00.01.H99.",
            en="A code of the national list looks like 000.00.01.H99.",
        )
        faults.append(Fault("/code", "malformed", text))
    if agency.parent == agency.code:
        text = Text(vi="Cơ quan không thể trực thuộc chính mình.", en="An agency cannot be its own parent.")
        faults.append(Fault("/parent", "circular", text))
    times = Counter(unit.code for unit in agency.units)
    for index, unit in enumerate(agency.units):
        if not _UNIT_CODE.fullmatch(unit.code):
            text = Text(
                vi="Mã đơn vị gồm chữ hoa, số và gạch dưới, như BP_MOT_CUA.",
                en="A unit code is capitals, digits and underscores, as in BP_MOT_CUA.",
            )
            faults.append(Fault(f"/units/{index}/code", "malformed", text))
        elif times[unit.code] > 1:
            text = Text(vi="Mã đơn vị bị lặp lại.", en="This unit code is repeated.")
            faults.append(Fault(f"/units/{index}/code", "repeated", text))
    if faults:
        raise InvalidAgency(faults=faults)
