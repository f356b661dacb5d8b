"""Texts about people: marked where they are declared, so that they are sealed wherever they are stored.

A field of an act or of a case that holds what somebody wrote about a person is a `PersonalText`. Nothing else
need be done for it: what goes into the log and into the state is sealed text by text, and what comes out of
them is opened again. The fold moves a text from act to state as it is, so it works on sealed acts as well,
and whoever has no key can still check that the state follows from the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar, get_args, get_type_hints

from shared.errors import Conflict, Text

PERSONAL: Final = "personal"
"""The mark."""

PersonalText = Annotated[str, PERSONAL]
"""What somebody wrote, which may tell of a person."""

Change = Callable[[str, str], str]
"""From the place of a text inside its whole (`items/0/reason`) and the text to what stands there instead."""

ERASED = "[đã hủy theo thời hạn lưu trữ / erased on its legal schedule]"
"""What is read in place of a text whose key was destroyed."""

UNREADABLE = "[không đọc được: nội dung đã bị sửa hoặc thiếu khóa / cannot be read: it was changed, or its key is missing]"
"""What is read in place of a sealed text that was tampered with, or whose key cannot be opened."""

Whole = TypeVar("Whole")


class CaseErased(Conflict):
    """Nothing can be added to a case whose personal data is erased."""

    slug = "case-erased"
    title = Text(
        vi="Dữ liệu cá nhân của hồ sơ đã bị hủy theo thời hạn lưu trữ.",
        en="The personal data of the case was erased on its legal schedule.",
    )


def with_personal_texts(whole: Whole, change: Change) -> Whole:
    """The same act or case with each personal text in it changed."""
    changed: Whole = _changed(whole, "", change)
    return changed


def commitment(salt: bytes, content: bytes) -> str:
    """What the log says of a form, hexadecimal: it fits this content alone, and nobody without the salt, which
    is sealed with the form, can try out what the content may have been."""
    return sha256(salt + content).hexdigest()


def _changed(part: Any, place: str, change: Change) -> Any:
    """`part` stands in a field that is personal, or that holds something with such fields."""
    if isinstance(part, str):
        return change(place, part)
    if isinstance(part, tuple):
        return tuple(_changed(one, f"{place}/{index}", change) for index, one in enumerate(part))
    if isinstance(part, Mapping):
        return {name: _changed(one, f"{place}/{name}", change) for name, one in part.items()}
    if not is_dataclass(part) or isinstance(part, type):
        return part
    held = {name: getattr(part, name) for name in _personal_fields(type(part))}
    changed = {
        name: _changed(value, f"{place}/{name}" if place else name, change)
        for name, value in held.items()
        if value is not None and value != ()
    }
    return replace(part, **changed) if changed else part


@cache
def _personal_fields(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass in which a personal text stands, be it deep inside."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(field.name for field in fields(kind) if _is_personal(hints[field.name], (kind,)))


def _is_personal(hint: Any, within: tuple[type, ...]) -> bool:
    if PERSONAL in getattr(hint, "__metadata__", ()):
        return True
    if isinstance(hint, type) and is_dataclass(hint) and hint not in within:
        hints = get_type_hints(hint, include_extras=True)
        return any(_is_personal(hints[field.name], (*within, hint)) for field in fields(hint))
    return any(_is_personal(part, within) for part in get_args(hint))
