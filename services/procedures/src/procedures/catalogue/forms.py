"""Forms: what an applicant filled in against the JSON Schema 2020-12 of the procedure's version."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import jsonschema_rs
import orjson

from procedures.domain.json_input import Node, note_unstorable
from shared.errors import Fault, Text

_WORDS: Mapping[str, Text] = {
    "required": Text(vi="Thiếu mục bắt buộc.", en="A required field is missing."),
    "type": Text(vi="Sai kiểu dữ liệu.", en="This is of the wrong type."),
    "format": Text(vi="Không đúng định dạng.", en="This is not in the right format."),
    "enum": Text(vi="Phải chọn một giá trị trong danh sách.", en="Choose one of the listed values."),
    "pattern": Text(vi="Không đúng mẫu.", en="This does not match the pattern."),
    "minLength": Text(vi="Quá ngắn.", en="This is too short."),
    "maxLength": Text(vi="Quá dài.", en="This is too long."),
    "additionalProperties": Text(vi="Biểu mẫu không có mục này.", en="The form has no such field."),
    "falseSchema": Text(vi="Biểu mẫu không có mục này.", en="The form has no such field."),
}


_SUSPICIOUS = (b"null", b"\\u00", b"\x7f", b"-0.0")
"""What stands in JSON for NaN, for control characters, and for a zero that loses its sign."""

_NOTHING = {"type": "object", "additionalProperties": False}


class Form:
    """The compiled form of a version."""

    def __init__(self, schema: Mapping[str, Any] | None) -> None:
        """`schema`: None for a procedure that asks nothing."""
        self._validator = jsonschema_rs.Draft202012Validator(
            _NOTHING if schema is None else dict(schema), validate_formats=True, offline=True
        )

    def faults(self, filled_in: Mapping[str, Any]) -> list[Fault]:
        """All faults of what was filled in, each with the pointer to its field under `/form`."""
        if unstorable := _unstorable(filled_in):
            return unstorable
        if self._validator.is_valid(filled_in):
            return []
        return [_fault(error) for error in self._validator.iter_errors(filled_in)]


def _unstorable(filled_in: Mapping[str, Any]) -> list[Fault]:
    """What of it is no plain JSON, so that it could not be stored, or not be read back as it was sent.

    Looking at each value takes longer than checking the form; mostly a glance at the whole is enough.
    """
    with suppress(TypeError):
        glance = orjson.dumps(filled_in, option=orjson.OPT_STRICT_INTEGER)
        if not any(sign in glance for sign in _SUSPICIOUS):
            return []
    faults: list[Fault] = []
    note_unstorable(Node(filled_in, "/form", faults))
    return faults


def _fault(error: Any) -> Fault:
    code = str(error.kind.name)
    parts = [str(part) for part in error.instance_path]
    if code == "required":
        parts.append(error.kind.property)
    pointer = "/form" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    words = _WORDS.get(code)
    detail = words or Text(vi=f"Không hợp lệ ({code}).", en=f"Not valid ({code}).")
    return Fault(pointer, code, Text(vi=detail.vi, en=f"{detail.en} {error.message}".strip()))
