"""Reading parsed JSON that somebody else wrote: every fault is noted, none is raised.

A `Node` is a value and where it stands. Taking something out of it always answers; when what stands there
is missing or of another type, the answer is empty and a fault is noted in the list that all nodes share.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from shared.errors import Fault, Text

MISSING = object()
"""The value of a node that is not there."""

DEEPEST = 32
"""Levels of nesting that are read; a form that people fill in has a handful."""

LARGEST_WHOLE = 2**53 - 1
"""The largest whole number, and with a minus the smallest, that every JSON reader understands."""

MOST_VALUES = 20_000
"""Values that are looked at in one free-form object."""


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value, its JSON Pointer (RFC 6901), and the list that its faults go to."""

    value: object
    pointer: str
    faults: list[Fault]

    def get(self, key: str) -> "Node":
        """The member `key` of an object; a missing node when it is absent.

        What is no object is itself the fault, as `object` notes, and its members are not missed besides.
        """
        pointer = f"{self.pointer}/{escaped(key)}"
        if isinstance(self.value, dict):
            return Node(self.value.get(key, MISSING), pointer, self.faults)
        return Node(MISSING, pointer, [])

    @property
    def given(self) -> bool:
        """Whether something stands here: neither absent nor `null`."""
        return self.value is not MISSING and self.value is not None

    def object(self) -> bool:
        """Whether this is an object; noted when not."""
        return self._expect(dict, Text(vi="một đối tượng {…}", en="an object {…}"))

    def only(self, *keys: str) -> None:
        """Notes every member of the object that is not one of `keys`."""
        members = self.value if isinstance(self.value, dict) else {}
        for key in members:
            if key not in keys:
                node = self.get(key) if isinstance(key, str) else self
                node.fault(
                    "unknown_key",
                    vi=f"Không có mục nào tên là {quoted(key)}; hãy bỏ hoặc sửa tên.",
                    en=f"There is no member called {quoted(key)}; remove it or correct its name.",
                )

    def items(self) -> tuple["Node", ...]:
        """The values of an array, in order; none and a fault for anything else."""
        if not self._expect(list, Text(vi="một danh sách […]", en="a list […]")):
            return ()
        assert isinstance(self.value, list)
        return tuple(
            Node(value, f"{self.pointer}/{index}", self.faults) for index, value in enumerate(self.value)
        )

    def text(self) -> str:
        """A text without white space around it; empty and a fault when it is none, or cannot be stored."""
        if not self._expect(str, Text(vi="một chuỗi chữ", en="a text")):
            return ""
        readable = storable(str(self.value))
        if readable != self.value:
            self.fault(
                "unreadable_text",
                vi=f"Có ký tự không đọc được trong {quoted(readable)}; hãy gõ lại.",
                en=f"There are unreadable characters in {quoted(readable)}; type it again.",
            )
        return readable.strip()

    def code(self, longest: int = 100) -> str:
        """A text that names something, so it may not be empty, nor longer than `longest` characters."""
        before = len(self.faults)
        code = self.text()
        if not code and len(self.faults) == before:
            self.fault("empty", vi="Mục này không được để trống.", en="This may not be empty.")
        if len(code) > longest:
            self.fault("too_long", vi=f"Dài quá {longest} ký tự.", en=f"Longer than {longest} characters.")
        return code[:longest].strip()

    def flag(self) -> bool:
        """True or false; false when absent."""
        return (
            self.value is not MISSING
            and self._expect(bool, Text(vi="true hoặc false", en="true or false"))
            and self.value is True
        )

    def whole(self, *, least: int, most: int) -> int:
        """A whole number within bounds; `least` and a fault for anything else."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        self.fault(
            "missing" if self.value is MISSING else "wrong_number",
            vi=f"Cần một số nguyên từ {least} đến {most}.",
            en=f"A whole number from {least} to {most} is needed.",
        )
        return least

    def fault(self, code: str, *, vi: str, en: str) -> None:
        """Notes a fault of this value."""
        self.faults.append(Fault(self.pointer, code, Text(vi=vi, en=en)))

    def _expect(self, kind: type, words: Text) -> bool:
        if isinstance(self.value, kind):
            return True
        if self.value is MISSING:
            self.fault(
                "missing", vi=f"Thiếu mục này; cần {words.vi}.", en=f"This is missing; {words.en} is needed."
            )
        else:
            found = kind_of(self.value)
            self.fault(
                "wrong_type",
                vi=f"Cần {words.vi}, nhưng ở đây là {found.vi}.",
                en=f"Needs {words.en}, but here is {found.en}.",
            )
        return False


def escaped(key: str) -> str:
    """A member's name as one step of a JSON Pointer."""
    return storable(key).replace("~", "~0").replace("/", "~1")


def storable(text: str) -> str:
    """The text with what no database or wire can hold replaced: lone surrogates and control characters."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if "\ud800" <= character <= "\udfff"
        or (character < " " and character not in "\t\n\r")
        or character == "\x7f"
        else character
        for character in text
    )


def quoted(value: object, longest: int = 80) -> str:
    """A value as it can be named in a sentence, whatever it is; never long, never raises."""
    if isinstance(value, str):
        shown = storable(value[: longest + 1]).replace("\n", " ").strip()
        return f"“{shown[:longest]}…”" if len(value) > longest else f"“{shown}”"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and not -(10**18) < value < 10**18:
        return "…"
    if isinstance(value, int | float):
        return str(value)
    if value is None:
        return "null"
    return "[…]" if isinstance(value, list) else "{…}" if isinstance(value, dict) else "…"


def kind_of(value: object) -> Text:
    """What a JSON value is, in words."""
    if value is None:
        return Text(vi="null (không có gì)", en="null (nothing)")
    if isinstance(value, bool):
        return Text(vi="true/false", en="true/false")
    if isinstance(value, int | float):
        return Text(vi="một con số", en="a number")
    if isinstance(value, str):
        return Text(vi="một chuỗi chữ", en="a text")
    if isinstance(value, list):
        return Text(vi="một danh sách", en="a list")
    return (
        Text(vi="một đối tượng", en="an object")
        if isinstance(value, dict)
        else Text(vi="dữ liệu lạ", en="something else")
    )


def note_unstorable(node: Node) -> None:
    """Notes what in a free-form value is not plain JSON: alien types, NaN, unreadable text, excessive size."""
    pending, seen = [(node, 0)], 0
    while pending:
        here, depth = pending.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_VALUES:
            here.fault(
                "too_large",
                vi=f"Quá lớn: tối đa {DEEPEST} cấp lồng nhau và {MOST_VALUES} giá trị.",
                en=f"Too large: at most {DEEPEST} levels and {MOST_VALUES} values.",
            )
            return
        if isinstance(here.value, dict):
            for key in here.value:
                Node(key, here.pointer, here.faults).text()
                if isinstance(key, str):
                    pending.append((here.get(key), depth + 1))
        elif isinstance(here.value, list):
            pending.extend((item, depth + 1) for item in here.items())
        elif isinstance(here.value, str):
            here.text()
        elif not _is_plain(here.value):
            here.fault("wrong_type", vi="Giá trị này không phải là JSON.", en="This value is not JSON.")


def _is_plain(value: object) -> bool:
    """Whether every JSON reader understands the value the same way (RFC 8259, section 6)."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST_WHOLE
    return isinstance(value, float) and isfinite(value) and repr(value) != "-0.0"


def as_written(value: Any) -> Any:
    """Plain JSON as it was before a store wrote its numbers out: 1e16 comes back as a whole number, and no
    whole number that large was ever plain.
    """
    if isinstance(value, dict):
        return {name: as_written(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_written(part) for part in value]
    return float(value) if type(value) is int and abs(value) > LARGEST_WHOLE else value
