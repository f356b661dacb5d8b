"""Pydantic's findings as faults with words that say what to do, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import Fault, Text

_WORDS: Mapping[str, Text] = {
    "missing": Text(vi="Thiếu mục bắt buộc này.", en="This is required."),
    "extra_forbidden": Text(vi="Không có mục nào tên như vậy.", en="There is no field of this name."),
    "json_invalid": Text(vi="Nội dung không phải JSON hợp lệ.", en="The body is not valid JSON."),
    "string_type": Text(vi="Phải là chuỗi ký tự.", en="This must be text."),
    "string_too_short": Text(vi="Cần ít nhất {min_length} ký tự.", en="At least {min_length} characters."),
    "string_too_long": Text(vi="Nhiều nhất {max_length} ký tự.", en="At most {max_length} characters."),
    "string_pattern_mismatch": Text(vi="Không đúng mẫu {pattern}.", en="This must match {pattern}."),
    "int_type": Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    "int_parsing": Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    "float_parsing": Text(vi="Phải là số.", en="This must be a number."),
    "bool_parsing": Text(vi="Phải là true hoặc false.", en="This must be true or false."),
    "greater_than_equal": Text(vi="Phải từ {ge} trở lên.", en="This must be at least {ge}."),
    "less_than_equal": Text(vi="Phải không quá {le}.", en="This must be at most {le}."),
    "greater_than": Text(vi="Phải lớn hơn {gt}.", en="This must be more than {gt}."),
    "too_long": Text(vi="Nhiều nhất {max_length} mục.", en="At most {max_length} items."),
    "too_short": Text(vi="Cần ít nhất {min_length} mục.", en="At least {min_length} items."),
    "list_type": Text(vi="Phải là danh sách.", en="This must be a list."),
    "dict_type": Text(vi="Phải là đối tượng JSON.", en="This must be a JSON object."),
    "model_attributes_type": Text(vi="Phải là đối tượng JSON.", en="This must be a JSON object."),
    "uuid_parsing": Text(vi="Phải là mã UUID.", en="This must be a UUID."),
    "enum": Text(vi="Phải là một trong: {expected}.", en="This must be one of: {expected}."),
    "literal_error": Text(vi="Phải là một trong: {expected}.", en="This must be one of: {expected}."),
    "datetime_from_date_parsing": Text(vi="Phải là thời điểm RFC 3339.", en="This must be an RFC 3339 time."),
    "datetime_parsing": Text(vi="Phải là thời điểm RFC 3339.", en="This must be an RFC 3339 time."),
    "timezone_aware": Text(vi="Thời điểm phải kèm múi giờ.", en="The time must have a zone."),
    "date_from_datetime_parsing": Text(
        vi="Phải là ngày dạng YYYY-MM-DD.", en="This must be a date, YYYY-MM-DD."
    ),
    "date_parsing": Text(vi="Phải là ngày dạng YYYY-MM-DD.", en="This must be a date, YYYY-MM-DD."),
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
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
