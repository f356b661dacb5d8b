"""Codes made of names."""

import re
import unicodedata

_NOT_CODE = re.compile(r"[^0-9A-Z]+")
_LONGEST = 50


def slug(name: str) -> str:
    """A code made of a name: `Thẩm định hồ sơ` becomes `THAM_DINH_HO_SO`; nothing of nothing."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    ascii_only = "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()
    return _NOT_CODE.sub("_", ascii_only).strip("_")[:_LONGEST].strip("_")


class Slugs:
    """Codes that are given once: a second of the same name gets a number."""

    def __init__(self, *, lower: bool = False) -> None:
        self._given: set[str] = set()
        self._lower = lower

    def take(self, wanted: str) -> str:
        code, number = wanted.lower() if self._lower else wanted, 1
        base = code
        while code in self._given:
            number += 1
            code = f"{base}_{number}"
        self._given.add(code)
        return code
