"""The parts of a definition and their values in words, for changes to be told in sentences."""

from collections.abc import Mapping
from typing import Any

from procedures.domain.allowances import in_words
from procedures.domain.json_input import Node, quoted
from procedures.domain.terms import Term
from shared.errors import Text

PROCEDURE = Text(vi="thủ tục", en="the procedure")

_ITEMS: Mapping[str, Text] = {
    "steps": Text("công việc", "the step"),
    "stages": Text("bước", "the stage"),
    "documents": Text("giấy tờ", "the document"),
    "transitions": Text("hướng đi tiếp", "the way on"),
    "properties": Text("mục biểu mẫu", "the field"),
    "legalBasis": Text("căn cứ pháp lý", "the legal basis"),
    "required": Text("mục bắt buộc", "the required field"),
    "mediaTypes": Text("loại tệp", "the media type"),
    "enum": Text("lựa chọn", "the choice"),
    "results": Text("loại kết quả", "the result"),
    "pages": Text("trang", "the page"),
    "sections": Text("phần", "the section"),
    "rules": Text("quy tắc", "the rule"),
    "routing": Text("việc phân tuyến theo quy tắc", "the routing by rule"),
}
"""What an item of a list is called."""

_MEMBERS: Mapping[str, Text] = {
    "code": Text("mã", "the code"),
    "title": Text("tên", "the title"),
    "agency": Text("cơ quan", "the agency"),
    "unit": Text("bộ phận", "the unit"),
    "role": Text("vai trò", "the role"),
    "stage": Text("bước chứa việc này", "the stage"),
    "term": Text("thời hạn", "the term"),
    "allowance": Text("thời gian được dùng", "the allowance"),
    "fee": Text("phí", "the fee"),
    "feeDemand": Text("việc thu phí", "how the fee is asked for"),
    "form": Text("biểu mẫu", "the form"),
    "first": Text("công việc đầu tiên", "the first step"),
    "to": Text("nơi chuyển đến", "where it leads"),
    "outcome": Text("kết quả", "the outcome"),
    "symbol": Text("ký hiệu", "the symbol"),
    "template": Text("mẫu lời văn", "the template"),
    "remedies": Text("quyền khiếu nại", "the remedies"),
    "pausesClock": Text("tạm dừng thời hạn", "whether it pauses the clock"),
    "resumesClock": Text("tính tiếp thời hạn", "whether it resumes the clock"),
    "completesProcessing": Text("kết thúc phần giải quyết", "whether it completes the processing"),
    "decides": Text("bước ra quyết định", "whether the matter is decided there"),
    "join": Text("việc chờ các nhánh", "which branches it waits for"),
    "stopsClock": Text("chờ nộp thì tạm dừng thời hạn", "whether the clock waits for it"),
    "exempt": Text("không tính vào thời hạn", "whether it is exempt from the term"),
    "silenceConsents": Text("im lặng là đồng ý", "whether silence is consent"),
    "external": Text("việc giao cho hệ thống", "what is left to systems"),
    "opensCase": Text("hồ sơ liên thông", "the case that it opens"),
    "appeal": Text("nơi nhận khiếu nại", "where to appeal"),
    "procedure": Text("thủ tục được dùng", "the procedure"),
    "within": Text("thời hạn nộp", "the time to file"),
    "required": Text("bắt buộc", "whether it is required"),
    "maxBytes": Text("cỡ tệp lớn nhất", "the largest size"),
    "label": Text("nhãn", "the label"),
    "help": Text("hướng dẫn", "the help"),
    "widget": Text("cách nhập", "the widget"),
    "visibleWhen": Text("điều kiện hiển thị", "when it is shown"),
    "x-motcua": Text("bố cục", "the layout"),
    "type": Text("kiểu dữ liệu", "the type"),
    "format": Text("định dạng", "the format"),
    "pattern": Text("mẫu", "the pattern"),
    "minLength": Text("độ dài ít nhất", "the least length"),
    "maxLength": Text("độ dài nhiều nhất", "the greatest length"),
    "minimum": Text("giá trị nhỏ nhất", "the least value"),
    "maximum": Text("giá trị lớn nhất", "the greatest value"),
    "table": Text("bảng quyết định", "the decision table"),
    "automation": Text("việc tự động", "the automation"),
    "completeness": Text("quy tắc về giấy tờ cần có", "the rule of completeness"),
    "approval": Text("việc chấp thuận ngay theo quy tắc", "the approval by rule"),
    "rule": Text("quy tắc được dùng", "the rule that is used"),
    "payWithin": Text("thời hạn nộp phí", "the time to pay"),
    "onExpiry": Text("việc khi hết hạn", "what follows when the time is over"),
}
"""What a part is called; one that is not here is called by its name in the JSON."""

_LISTS: Mapping[str, Text] = {
    "steps": Text("các công việc", "the steps"),
    "stages": Text("các bước", "the stages"),
    "documents": Text("các giấy tờ", "the documents"),
    "results": Text("các loại kết quả", "the results"),
    "transitions": Text("các hướng đi tiếp", "the ways on"),
    "legalBasis": Text("các căn cứ pháp lý", "the legal bases"),
    "rules": Text("các quy tắc", "the rules"),
}

_LONGEST = 200


def member_in_words(member: str, owner: Text) -> Text:
    """A part of something: `the unit of the step “Reception” (TIEP_NHAN)`."""
    by_name = Text(quoted(member), quoted(member))
    name = _LISTS.get(member) or _MEMBERS.get(member) or _ITEMS.get(member) or by_name
    return Text(vi=f"{name.vi} của {owner.vi}", en=f"{name.en} of {owner.en}")


def named_item(member: str, key: Any, item: Any, owner: Text) -> Text:
    """One of a list, by its title and code."""
    kind = _ITEMS.get(member) or Text(vi=quoted(member), en=quoted(member))
    title = _title(item)
    code = "" if key is None else str(key)
    vi = f"{kind.vi} {quoted(title.vi)} ({code})" if title else f"{kind.vi} {quoted(code)}"
    en = f"{kind.en} {quoted(title.en)} ({code})" if title else f"{kind.en} {quoted(code)}"
    if member == "transitions":
        return Text(vi=f"{vi} của {owner.vi}", en=f"{en} of {owner.en}")
    return Text(vi=vi, en=en)


def item_in_words(member: str, key: Any, item: Any, owner: Text) -> Text:
    """One of a list that came or went; of what does not belong to the procedure itself, also whose."""
    words = named_item(member, key, item, owner)
    if owner == PROCEDURE or member == "transitions":
        return words
    return Text(vi=f"{words.vi} của {owner.vi}", en=f"{words.en} of {owner.en}")


def value_in_words(value: Any) -> Text | None:
    """A value in words; None when it is too large for a sentence."""
    if value is None:
        return Text("không có", "nothing")
    if isinstance(value, bool):
        return Text("có", "yes") if value else Text("không", "no")
    if isinstance(value, int | float):
        return Text(str(value), str(value))
    if isinstance(value, str):
        return Text(quoted(value, _LONGEST), quoted(value, _LONGEST))
    if isinstance(value, list):
        return _all(value)
    return _of_object(value) if isinstance(value, dict) else None


def _all(values: list[Any]) -> Text | None:
    if not values or not all(isinstance(value, str) for value in values):
        return None
    words = ", ".join(quoted(value) for value in values)
    return Text(words, words) if len(words) <= _LONGEST else None


def _of_object(value: Mapping[str, Any]) -> Text | None:
    """Words in two languages, a term, money, an approval by rule, the branches of a join, where to appeal."""
    if set(value) == {"vi", "en"}:
        return Text(quoted(value["vi"], _LONGEST), quoted(value["en"], _LONGEST))
    if set(value) == {"amount", "currency"}:
        return Text(f"{value['amount']} {value['currency']}", f"{value['amount']} {value['currency']}")
    if set(value) == {"rule", "to"}:
        rule, to = quoted(value["rule"]), value["to"]
        if to is None:
            return Text(f"{rule}, rồi kết thúc", f"{rule}, then closed")
        return Text(f"{rule}, rồi trả ở {quoted(to)}", f"{rule}, then handed over at {quoted(to)}")
    if set(value) == {"needed"}:
        needed = value["needed"]
        if needed is None:
            return Text("chờ tất cả các nhánh", "all branches")
        return Text(f"chờ {needed} nhánh", f"{needed} of the branches")
    if set(value) == {"attempts"}:
        attempts = value["attempts"]
        return Text(f"thử nhiều nhất {attempts} lần", f"{attempts} attempts at most")
    if set(value) == {"procedure", "within"}:
        code, within = quoted(value["procedure"]), value_in_words(value["within"])
        return within and Text(f"thủ tục {code}, {within.vi}", f"the procedure {code}, {within.en}")
    term = Node(value, "", [])
    read = Term.read(term)
    return None if term.faults else in_words(read)


def _title(item: Any) -> Text | None:
    title = item.get("title") if isinstance(item, dict) else None
    if isinstance(title, dict) and {"vi", "en"} <= set(title):
        return Text(str(title["vi"]), str(title["en"]))
    return Text(title, title) if isinstance(title, str) and title else None
