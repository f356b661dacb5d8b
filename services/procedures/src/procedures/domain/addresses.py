"""Codes that stand in addresses: of a procedure, and of the step that is completed."""

import re

from procedures.domain.definition import Definition
from shared.errors import Fault, Text

_ADDRESSABLE = re.compile(r"(?!\.{1,2}$)[^\s/?#%]+")
_NOT_ADDRESSABLE = Text(
    vi="Mã này đứng trong địa chỉ, nên không được có khoảng trắng hay các ký tự / ? # %.",
    en="This code stands in addresses, so it has no white space and none of / ? # %.",
)


def address_faults(definition: Definition) -> list[Fault]:
    """The codes that cannot stand in an address; pointers lead into the definition's JSON."""
    codes = {"/code": definition.code}
    codes.update({f"/steps/{at}/code": step.code for at, step in enumerate(definition.steps)})
    return [
        Fault(pointer, "code_not_addressable", _NOT_ADDRESSABLE)
        for pointer, code in codes.items()
        if not _ADDRESSABLE.fullmatch(code)
    ]
