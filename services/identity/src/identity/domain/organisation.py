"""Organisations, entered by a registry and represented by a person."""

import re
from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, Fault, Invalid, Text

_TAX_CODE = re.compile(r"[0-9]{10}(?:-[0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A business or association under its tax code."""

    id: UUID
    tax_code: str
    name: Text
    representative_id: UUID


class InvalidOrganisation(Invalid):
    slug = "invalid-organisation"
    title = Text(vi="Thông tin tổ chức chưa đúng.", en="The organisation is not valid.")


class TaxCodeTaken(Conflict):
    slug = "tax-code-taken"
    title = Text(vi="Mã số thuế này đã được đăng ký.", en="This tax code is registered already.")


def check_tax_code(tax_code: str) -> None:
    """Refuse what is not a tax code: ten digits, and three more for a dependent unit.

    Raises:
        InvalidOrganisation
    """
    if not _TAX_CODE.fullmatch(tax_code):
        text = Text(
            vi="Mã số thuế gồm 10 chữ số, hoặc 10 và 3 chữ số cách nhau bằng dấu gạch ngang.",
            en="A tax code has 10 digits, or 10 and 3 digits with a hyphen between.",
        )
        raise InvalidOrganisation(faults=[Fault("/taxCode", "malformed", text)])
