"""What Pydantic and PostgreSQL find as faults, with words that say what to do, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from pydantic.alias_generators import to_camel
from sqlalchemy.exc import DBAPIError

from shared.errors import Fault, Text

_TIME = Text(vi="Phải là thời điểm RFC 3339.", en="This must be an RFC 3339 time.")
_DATE = Text(vi="Phải là ngày dạng YYYY-MM-DD.", en="This must be a date, YYYY-MM-DD.")
_WORDS: Mapping[str, Text] = {
    "missing": Text(vi="Thiếu mục bắt buộc này.", en="This is required."),
    "extra_forbidden": Text(vi="Không có mục nào tên như vậy.", en="There is no field of this name."),
    "json_invalid": Text(vi="Nội dung không phải JSON hợp lệ.", en="The body is not valid JSON."),
    "string_type": Text(vi="Phải là chuỗi ký tự.", en="This must be text."),
    "string_unicode": Text(vi="Có ký tự không hợp lệ.", en="This has characters that are not valid Unicode."),
    "string_too_short": Text(vi="Cần ít nhất {min_length} ký tự.", en="At least {min_length} characters."),
    "string_too_long": Text(vi="Nhiều nhất {max_length} ký tự.", en="At most {max_length} characters."),
    "string_pattern_mismatch": Text(vi="Không đúng mẫu {pattern}.", en="This must match {pattern}."),
    "int_type": Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    "int_parsing": Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    "int_from_float": Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    "int_parsing_size": Text(vi="Số quá lớn.", en="This number is too large."),
    "float_type": Text(vi="Phải là số.", en="This must be a number."),
    "finite_number": Text(vi="Phải là số hữu hạn.", en="This must be a finite number."),
    "float_parsing": Text(vi="Phải là số.", en="This must be a number."),
    "bool_type": Text(vi="Phải là true hoặc false.", en="This must be true or false."),
    "bool_parsing": Text(vi="Phải là true hoặc false.", en="This must be true or false."),
    "greater_than_equal": Text(vi="Phải từ {ge} trở lên.", en="This must be at least {ge}."),
    "less_than_equal": Text(vi="Phải không quá {le}.", en="This must be at most {le}."),
    "greater_than": Text(vi="Phải lớn hơn {gt}.", en="This must be more than {gt}."),
    "too_long": Text(vi="Nhiều nhất {max_length} mục.", en="At most {max_length} items."),
    "too_short": Text(vi="Cần ít nhất {min_length} mục.", en="At least {min_length} items."),
    "list_type": Text(vi="Phải là danh sách.", en="This must be a list."),
    "dict_type": Text(vi="Phải là đối tượng JSON.", en="This must be a JSON object."),
    "model_attributes_type": Text(vi="Phải là đối tượng JSON.", en="This must be a JSON object."),
    "uuid_type": Text(vi="Phải là mã UUID.", en="This must be a UUID."),
    "uuid_parsing": Text(vi="Phải là mã UUID.", en="This must be a UUID."),
    "enum": Text(vi="Phải là một trong: {expected}.", en="This must be one of: {expected}."),
    "literal_error": Text(vi="Phải là một trong: {expected}.", en="This must be one of: {expected}."),
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": Text(vi="Thời điểm phải kèm múi giờ.", en="The time must have a zone."),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
}


def faults_of(found: Sequence[Any]) -> list[Fault]:
    """One fault for each of Pydantic's errors, with the pointer to where it is."""
    return [_fault(error) for error in found]


def _fault(error: Mapping[str, Any]) -> Fault:
    code = str(error["type"])
    known = _WORDS.get(code)
    if known is None:
        detail = Text(vi=f"Giá trị không hợp lệ ({code}).", en=f"{error['msg']}.")
    else:
        values = error.get("ctx", {})
        detail = Text(vi=known.vi.format_map(values), en=known.en.format_map(values))
    return Fault(_pointer(error["loc"]), code, detail)


def _pointer(loc: Sequence[str | int]) -> str:
    """`("body", "form", 0)` -> `/form/0`; other places keep their first word: `/query/limit`."""
    parts = loc[1:] if loc and loc[0] == "body" else loc
    if loc and loc[0] == "path":  # the contract names them in camelCase
        parts = [to_camel(str(part)) for part in parts]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


_UNSTORABLE_TEXT = Text(
    vi="Có ký tự không lưu được, như ký tự NUL. Hãy bỏ ký tự đó.",
    en="This has a character that cannot be stored, such as NUL. Leave it out.",
)
_OUT_OF_RANGE = Text(
    vi="Có số hoặc thời điểm vượt quá giới hạn lưu được.", en="A number or time is beyond what can be stored."
)
# SQLSTATEs of values that are well formed to us and not to PostgreSQL (appendix A of its manual).
_STATES: Mapping[str, tuple[str, Text]] = {
    "22021": ("unstorable-text", _UNSTORABLE_TEXT),  # character_not_in_repertoire: NUL in text
    "22P05": ("unstorable-text", _UNSTORABLE_TEXT),  # untranslatable_character: NUL in JSON
    "22003": ("out-of-range", _OUT_OF_RANGE),  # numeric_value_out_of_range
    "22008": ("out-of-range", _OUT_OF_RANGE),  # datetime_field_overflow
}
# What the driver refuses itself, before anything is sent, all under 22000.
_CAUSES: Mapping[type[BaseException], tuple[str, Text]] = {
    UnicodeEncodeError: ("unstorable-text", _UNSTORABLE_TEXT),
    OverflowError: ("out-of-range", _OUT_OF_RANGE),
}


def unstorable_fault(error: Exception) -> Fault | None:
    """The fault of the input that made a statement fail, or None when the failure is no fault of the input.

    The database does not tell which of the values it was, so the pointer is the whole input.
    """
    raised = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    if not isinstance(raised, asyncpg.PostgresError):
        return None
    found = _STATES.get(raised.sqlstate) or _CAUSES.get(type(raised.__cause__))
    return Fault("", *found) if found else None
