"""What is wrong with an answer, in sentences that name its field and say what to do.

Nothing of what was filled in is repeated: it belongs to a person, and answers are logged.
"""

from collections.abc import Callable, Mapping
from typing import Any

from procedures.domain.form_layout import Option, label_of
from procedures.domain.json_input import quoted
from shared.errors import Text

_TYPES: Mapping[str, Text] = {
    "string": Text("chữ", "text"),
    "integer": Text("một số nguyên", "a whole number"),
    "number": Text("một con số", "a number"),
    "boolean": Text("đánh dấu hoặc bỏ trống (true hoặc false)", "a tick or none (true or false)"),
    "array": Text("một danh sách", "a list"),
    "object": Text("các mục con", "fields of its own"),
    "null": Text("để trống (null)", "nothing (null)"),
}

_FORMATS: Mapping[str, Text] = {
    "date": Text("ngày dạng 2026-03-31", "a date such as 2026-03-31"),
    "time": Text("giờ dạng 07:30:00Z", "a time such as 07:30:00Z"),
    "date-time": Text("thời điểm dạng 2026-03-31T07:30:00Z", "an instant such as 2026-03-31T07:30:00Z"),
    "email": Text("địa chỉ thư điện tử như ten@vidu.vn", "an e-mail address such as name@example.vn"),
    "uri": Text("địa chỉ như https://vidu.vn", "an address such as https://example.vn"),
    "uuid": Text("mã UUID", "a UUID"),
}

_MOST_SHOWN = 10
_LONGEST_PATTERN = 60

_Say = Callable[[Any], Text]


def answer_fault_in_words(code: str, limit: Any, label: Text | None, options: tuple[Option, ...]) -> Text:
    """A sentence about the field called `label`, None for the form as a whole.

    `code` is the keyword of JSON Schema that the answer breaks, and `limit` what the form says under it.
    """
    if code == "enum" and options:
        return _about(label, _choose([option.label for option in options]))
    say = _WORDS.get(code)
    advice = say(limit) if say else Text("hãy sửa theo hướng dẫn của mục này", "correct it as the field asks")
    return _about(label, advice)


def label_at(form: Mapping[str, Any] | None, path: list[str | int]) -> Text | None:
    """What the field at a path into the answers is called, with the number of its row in a list; None for
    the form itself.
    """
    schema: Any = form or {}
    label: Text | None = None
    for part in path:
        inside = schema if isinstance(schema, Mapping) else {}
        if isinstance(part, int):
            schema = inside.get("items")
            number = part + 1
            label = label and Text(f"{label.vi}, dòng {number}", f"{label.en}, row {number}")
        else:
            properties = inside.get("properties")
            schema = properties.get(part) if isinstance(properties, Mapping) else None
            own = label_of(schema, part)
            label = own if label is None else Text(f"{label.vi}: {own.vi}", f"{label.en}: {own.en}")
    return label


def _about(label: Text | None, advice: Text) -> Text:
    if label is None:
        return Text(vi=f"Biểu mẫu: {advice.vi}.", en=f"The form: {advice.en}.")
    return Text(vi=f"{quoted(label.vi)}: {advice.vi}.", en=f"{quoted(label.en)}: {advice.en}.")


def _choose(choices: list[Text]) -> Text:
    shown, more = choices[:_MOST_SHOWN], "…" if len(choices) > _MOST_SHOWN else ""
    vi, en = ", ".join(quoted(each.vi) for each in shown), ", ".join(quoted(each.en) for each in shown)
    return Text(f"hãy chọn một trong: {vi}{more}", f"choose one of: {en}{more}")


def _types(said: Any) -> Text:
    names = [said] if isinstance(said, str) else list(said)
    known = [_TYPES[name] for name in names if name in _TYPES]
    if not known:
        return Text("hãy nhập đúng kiểu dữ liệu", "give it the right type")
    vi, en = " hoặc ".join(each.vi for each in known), " or ".join(each.en for each in known)
    return Text(f"cần {vi}", f"{en} is needed")


def _format(said: Any) -> Text:
    known = _FORMATS.get(str(said), Text(f"đúng định dạng {said}", f"the format {said}"))
    return Text(f"cần {known.vi}", f"{known.en} is needed")


def _pattern(said: Any) -> Text:
    if len(str(said)) > _LONGEST_PATTERN:
        return Text("không đúng mẫu; hãy xem hướng dẫn của mục này", "not as the field asks; see its help")
    return Text(f"phải đúng mẫu {said}", f"it must match {said}")


def _constant(said: Any) -> Text:
    if said is True:
        return Text("cần được đánh dấu", "this must be ticked")
    return Text(f"phải là {quoted(said)}", f"it must be {quoted(said)}")


_WORDS: Mapping[str, _Say] = {
    "required": lambda _: Text("còn trống; hãy điền mục này", "this is missing; fill it in"),
    "type": _types,
    "format": _format,
    "pattern": _pattern,
    "enum": lambda said: _choose([Text(str(value), str(value)) for value in said]),
    "const": _constant,
    "minLength": lambda n: (
        Text("còn trống; hãy điền mục này", "this is empty; fill it in")
        if n == 1
        else Text(f"cần ít nhất {n} ký tự", f"at least {n} characters are needed")
    ),
    "maxLength": lambda n: Text(f"nhiều nhất {n} ký tự; hãy viết ngắn lại", f"at most {n} characters; shorten it"),
    "minimum": lambda n: Text(f"phải từ {n} trở lên", f"it must be {n} or more"),
    "maximum": lambda n: Text(f"phải không quá {n}", f"it must be {n} or less"),
    "exclusiveMinimum": lambda n: Text(f"phải lớn hơn {n}", f"it must be more than {n}"),
    "exclusiveMaximum": lambda n: Text(f"phải nhỏ hơn {n}", f"it must be less than {n}"),
    "multipleOf": lambda n: Text(f"phải là bội số của {n}", f"it must be a multiple of {n}"),
    "minItems": lambda n: Text(f"cần ít nhất {n} dòng", f"at least {n} rows are needed"),
    "maxItems": lambda n: Text(f"nhiều nhất {n} dòng", f"at most {n} rows are taken"),
    "uniqueItems": lambda _: Text("có dòng bị lặp; hãy bỏ bớt", "rows are repeated; remove the copies"),
    "additionalProperties": lambda _: Text("biểu mẫu không có mục này; hãy bỏ đi", "the form has no such field; leave it out"),
    "falseSchema": lambda _: Text("không được điền mục này; hãy bỏ đi", "this may not be filled in; leave it out"),
}  # fmt: skip
