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
    "retention": Text("quy định lưu trữ khi hồ sơ", "the retention of cases that are"),
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
    "at": Text("lúc yêu cầu nộp phí", "when the fee is asked for"),
    "step": Text("công việc", "the step"),
    "reminder": Text("thời gian nhắc trước hạn", "how long before it is due people are reminded"),
    "extension": Text("việc gia hạn", "the extension"),
    "longest": Text("mỗi lần gia hạn nhiều nhất", "the longest extension"),
    "times": Text("số lần gia hạn", "how often it may be extended"),
    "supplements": Text("việc bổ sung hồ sơ", "how supplements are asked for"),
    "rounds": Text("số lần yêu cầu bổ sung", "how often supplements may be asked for"),
    "answerWithin": Text("thời hạn bổ sung hồ sơ", "the time to bring what is missing"),
    "consentBySilence": Text("hết hạn không trả lời là chấp thuận", "whether no answer in time is a grant"),
    "result": Text("cách hồ sơ kết thúc", "how a case ends"),
    "years": Text("số năm lưu", "the years of keeping"),
    "from": Text("lưu tính từ", "the day from which years count"),
    "then": Text("việc khi hết hạn lưu", "what follows the years of keeping"),
    "name": Text("tên gọi", "the name"),
    "fields": Text("các mục", "the fields"),
    "options": Text("các lựa chọn", "the options"),
    "value": Text("giá trị", "the value"),
    "document": Text("giấy tờ của mục", "the document that it stands for"),
    "detailOf": Text("mục được giải thích", "the field that it explains"),
    "description": Text("mô tả", "the description"),
    "default": Text("giá trị mặc định", "the default"),
    "const": Text("giá trị cố định", "the fixed value"),
    "items": Text("từng phần tử", "each item"),
    "minItems": Text("số phần tử ít nhất", "the least number of items"),
    "maxItems": Text("số phần tử nhiều nhất", "the greatest number of items"),
    "additionalProperties": Text("việc nhận mục khác", "whether other fields are taken"),
}
"""What a part is called; one that is not here is called by its name in the JSON."""

_WITHIN: Mapping[tuple[str, str], Text] = {
    ("feeDemand", "rule"): Text("quy tắc tính phí", "the rule of the fee"),
    ("feeDemand", "step"): Text("công việc mà phí được yêu cầu", "the step at which the fee is asked for"),
    ("feeDemand", "onExpiry"): Text("việc khi phí không được nộp đúng hạn", "what follows when the fee is not paid in time"),
    ("supplements", "onExpiry"): Text("việc khi hồ sơ không được bổ sung đúng hạn", "what follows when nothing is brought in time"),
}  # fmt: skip
"""What a part is called inside another one, where its name alone would leave open what it is about."""

_LISTS: Mapping[str, Text] = {
    "steps": Text("các công việc", "the steps"),
    "stages": Text("các bước", "the stages"),
    "documents": Text("các giấy tờ", "the documents"),
    "results": Text("các loại kết quả", "the results"),
    "transitions": Text("các hướng đi tiếp", "the ways on"),
    "legalBasis": Text("các căn cứ pháp lý", "the legal bases"),
    "rules": Text("các quy tắc", "the rules"),
    "routing": Text("các việc phân tuyến theo quy tắc", "the routings by rule"),
    "retention": Text("các quy định lưu trữ", "the rules of retention"),
    "mediaTypes": Text("các loại tệp", "the media types"),
}

_ENDS: Mapping[str, Text] = {
    "granted": Text("được chấp thuận", "granted"),
    "rejected": Text("bị từ chối giải quyết", "rejected"),
    "refused": Text("bị từ chối tiếp nhận", "refused"),
    "withdrawn": Text("được rút", "withdrawn"),
    "lapsed": Text("hết hiệu lực", "lapsed"),
}

_VALUES: Mapping[str, Mapping[str, Text]] = {
    "onExpiry": {
        "lapse": Text("hồ sơ hết hiệu lực", "the case lapses"),
        "reject": Text("hồ sơ bị từ chối", "the case is rejected"),
        "continue": Text("hồ sơ được giải quyết tiếp", "the case goes on"),
    },
    "at": {
        "submission": Text("khi nộp hồ sơ", "at the submission"),
        "acceptance": Text("khi tiếp nhận hồ sơ", "at the acceptance"),
        "step": Text("khi hồ sơ đến một công việc", "when the case comes to a step"),
    },
    "from": {
        "submitted": Text("ngày nộp", "the submission"),
        "decided": Text("ngày quyết định", "the decision"),
        "ended": Text("ngày kết thúc", "the end"),
    },
    "then": {
        "destroy": Text("tiêu hủy", "destruction"),
        "transfer": Text("nộp lưu trữ", "transfer to an archive"),
    },
    "result": _ENDS,
    "outcome": _ENDS,
}
"""What the values of a part are called that are one of a few; a way on is named by the outcome that it has."""

_NOTHING: Mapping[str, Text] = {
    "years": Text("vĩnh viễn", "for good"),
    "rounds": Text("không giới hạn", "as often as needed"),
}
"""What it means that a part is not there, where it is more than that."""

_TOLD_WHOLE = ("retention", "routing")
"""Items without a title: what they say is told when they come or go."""

_LONGEST = 200


def member_in_words(member: str, owner: Text, within: str = "") -> Text:
    """A part of something: `the unit of the step “Reception” (TIEP_NHAN)`; `within` is the member that it stands in."""
    by_name = Text(quoted(member), quoted(member))
    name = (
        _WITHIN.get((within, member))
        or _LISTS.get(member)
        or _MEMBERS.get(member)
        or _ITEMS.get(member)
        or by_name
    )
    return Text(vi=f"{name.vi} của {owner.vi}", en=f"{name.en} of {owner.en}")


def named_item(member: str, key: Any, item: Any, owner: Text) -> Text:
    """One of a list, by its title and code."""
    kind = _ITEMS.get(member) or Text(vi=quoted(member), en=quoted(member))
    title = _title(item)
    code = "" if key is None else str(key)
    if member == "retention" and code in _ENDS:
        return Text(vi=f"{kind.vi} {_ENDS[code].vi}", en=f"{kind.en} {_ENDS[code].en}")
    vi = f"{kind.vi} {quoted(title.vi)} ({code})" if title else f"{kind.vi} {quoted(code)}"
    en = f"{kind.en} {quoted(title.en)} ({code})" if title else f"{kind.en} {quoted(code)}"
    if member == "transitions":
        return Text(vi=f"{vi} của {owner.vi}", en=f"{en} of {owner.en}")
    return Text(vi=vi, en=en)


def item_in_words(member: str, key: Any, item: Any, owner: Text) -> Text:
    """One of a list that came or went; of what does not belong to the procedure itself, also whose."""
    words = named_item(member, key, item, owner)
    told = member in _TOLD_WHOLE and isinstance(item, dict)
    parts = parts_in_words({name: part for name, part in item.items() if part != key}) if told else None
    if parts is not None:
        words = Text(vi=f"{words.vi} ({parts.vi})", en=f"{words.en} ({parts.en})")
    if owner == PROCEDURE or member == "transitions":
        return words
    return Text(vi=f"{words.vi} của {owner.vi}", en=f"{words.en} of {owner.en}")


def parts_in_words(value: Any) -> Text | None:
    """Something with parts as a list of them, without those that say nothing; None when it has none to tell."""
    if not isinstance(value, dict):
        return None
    said = [
        (_MEMBERS[member], words)
        for member, part in value.items()
        if part not in (None, False) and member in _MEMBERS and (words := value_in_words(part, member))
    ]
    vi = "; ".join(f"{name.vi}: {words.vi}" for name, words in said)
    en = "; ".join(f"{name.en}: {words.en}" for name, words in said)
    return Text(vi, en) if said and len(max(vi, en, key=len)) <= _LONGEST * 2 else None


def value_in_words(value: Any, member: str = "") -> Text | None:
    """The value of a member in words; None when it is too large for a sentence."""
    if isinstance(value, str) and value in _VALUES.get(member, {}):
        return _VALUES[member][value]
    if value is None and member in _NOTHING:
        return _NOTHING[member]
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
