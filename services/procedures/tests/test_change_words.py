"""Every part that a definition can have, and every value of a few, is told in words of both languages."""

import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

import pytest

from procedures.domain.change_words import PROCEDURE, member_in_words, value_in_words
from procedures.domain.changes import changes
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.fee_demand import DemandedAt, FeeDemand
from procedures.domain.json_input import quoted
from procedures.domain.retention import RESULTS, CountedFrom, Disposal, RetentionRule
from procedures.domain.terms import Term, TermKind
from procedures.domain.time_rules import NO_RULES, Expiry, Extension, SupplementRule, TimeRules
from procedures.domain.time_to_pay import Unpaid

ADD = "say in domain/change_words.py"


def days(amount: int) -> Term:
    return Term.from_json({"kind": "working_days", "amount": amount})


FULL = definition_from_json(
    {
        "code": "THE",
        "title": {"vi": "Cấp thẻ", "en": "A card"},
        "legalBasis": ["Luật"],
        "agency": "H99.01",
        "documents": [
            {"code": "ANH", "title": {"vi": "Ảnh", "en": "Photo"}, "mediaTypes": ["image/png"], "maxBytes": 9}
        ],
        "form": {"type": "object"},
        "fee": {"amount": 5000, "currency": "VND"},
        "term": {"kind": "working_days", "amount": 5},
        "reminder": {"kind": "working_days", "amount": 1},
        "extension": {"longest": {"kind": "working_days", "amount": 5}, "times": 2},
        "supplements": {"rounds": 1, "answerWithin": {"kind": "calendar_days", "amount": 30}},
        "first": "NHAN",
        "stages": [{"code": "S", "title": {"vi": "S", "en": "S"}, "allowance": {"kind": "none"}}],
        "steps": [
            {
                "code": "NHAN",
                "title": {"vi": "Nhận", "en": "Receive"},
                "unit": "BP",
                "role": "R",
                "agency": "H99.02",
                "stage": "S",
                "join": {"needed": 2},
                "external": {"attempts": 3},
                "opensCase": {"procedure": "DD", "form": {"a": "b"}, "documents": {"A": "B"}},
                "transitions": [{"to": "NHAN", "outcome": "ok", "title": {"vi": "Đạt", "en": "Fine"}}],
            }
        ],
        "results": [
            {
                "code": "THE", "title": {"vi": "Thẻ", "en": "Card"}, "symbol": "T", "template": "…",
                "outcome": "granted", "remedies": "…",
            }
        ],
        "retention": [{"result": "granted", "years": 10, "from": "decided", "then": "destroy"}],
        "rules": [{"name": "R", "table": {"nodes": []}}],
        "automation": {
            "completeness": "R", "approval": {"rule": "R", "to": "NHAN"}, "routing": [{"step": "NHAN", "rule": "R"}],
        },
        "feeDemand": {"at": "step", "step": "NHAN", "rule": "R", "payWithin": {"kind": "none"}},
        "appeal": {"procedure": "KN", "within": {"kind": "calendar_days", "amount": 90}},
    }
)  # fmt: skip
"""A procedure that has every part there can be."""

OTHERS_NAMES = ("/form", "/rules/*/table", "/steps/*/opensCase/form", "/steps/*/opensCase/documents")
"""What is inside bears names that procedures give themselves."""


def parts(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each member of an object as far as it is not told as a whole, by where it stands."""
    if isinstance(value, list):
        for item in value:
            yield from parts(item, f"{place}/*")
    elif isinstance(value, dict) and place not in OTHERS_NAMES and value_in_words(value) is None:
        for member, part in value.items():
            yield f"{place}/{member}", part
            yield from parts(part, f"{place}/{member}")


PARTS = dict(parts(definition_to_json(FULL)))


def enumerations(kind: Any, seen: set[Any]) -> Iterator[type[StrEnum]]:
    if kind in seen:
        return
    seen.add(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        yield kind
    for inner in typing.get_args(kind):
        yield from enumerations(inner, seen)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for field in fields(kind):
            yield from enumerations(hints[field.name], seen)


def test_the_procedure_here_has_every_part_that_there_can_be() -> None:
    absent = [place for place, part in PARTS.items() if part in (None, [], {})]
    assert not absent, f"give FULL a value at {absent}, so that what is inside is tried too"


@pytest.mark.parametrize("place", PARTS)
def test_every_part_has_a_name_in_both_languages(place: str) -> None:
    *_, within, member = f"/{place}".split("/")
    words = member_in_words(member, PROCEDURE, within)
    for said in (words.vi, words.en):
        assert quoted(member) not in said, (
            f"{ADD} what {place} is called: _MEMBERS, or of a list _LISTS, and _ITEMS for one of it"
        )


def test_every_value_of_a_few_has_words_in_both_languages() -> None:
    members = {place.rpartition("/")[2] for place in PARTS}
    for kind in enumerations(Definition, {TermKind}):
        for value in kind:
            words = [value_in_words(str(value), member) for member in members]
            assert any(said and quoted(value) not in (said.vi, said.en) for said in words), (
                f"{ADD} what {value} of {kind.__name__} means: _VALUES"
            )
    for result in RESULTS:
        assert value_in_words(result, "result") != value_in_words(result)


DEMAND = FeeDemand(DemandedAt.SUBMISSION, pay_within=days(3))
RULE = RetentionRule("granted", 10, CountedFrom.DECIDED, Disposal.DESTROY)
BARE = replace(
    FULL, time_rules=NO_RULES, fee_demand=None, retention=(), automation=replace(FULL.automation, routing=())
)

SAID: dict[str, tuple[Definition, Definition, str, str]] = {
    "silence": (
        BARE,
        replace(BARE, time_rules=TimeRules(consent_by_silence=True)),
        "Hết hạn không trả lời là chấp thuận của thủ tục: đổi từ không thành có.",
        "Whether no answer in time is a grant of the procedure: from no to yes.",
    ),
    "an extension that is new": (
        BARE,
        replace(BARE, time_rules=TimeRules(extension=Extension(days(5), 2))),
        "Việc gia hạn của thủ tục: đổi từ không có thành mỗi lần gia hạn nhiều nhất: 5 ngày làm việc; số lần gia hạn: 2.",
        "The extension of the procedure: from nothing to the longest extension: 5 working days; how often it may be extended: 2.",
    ),
    "what follows when nothing is brought": (
        BARE,
        replace(BARE, time_rules=TimeRules(supplements=SupplementRule(on_expiry=Expiry.REJECT))),
        "Việc khi hồ sơ không được bổ sung đúng hạn của thủ tục: đổi từ hồ sơ hết hiệu lực thành hồ sơ bị từ chối.",
        "What follows when nothing is brought in time of the procedure: from the case lapses to the case is rejected.",
    ),
    "how often may be asked": (
        BARE,
        replace(BARE, time_rules=TimeRules(supplements=SupplementRule(rounds=1))),
        "Số lần yêu cầu bổ sung của thủ tục: đổi từ không giới hạn thành 1.",
        "How often supplements may be asked for of the procedure: from as often as needed to 1.",
    ),
    "a demand that is new": (
        BARE,
        replace(BARE, fee_demand=DEMAND),
        "Việc thu phí của thủ tục: đổi từ không có thành lúc yêu cầu nộp phí: khi nộp hồ sơ; "
        "thời hạn nộp phí: 3 ngày làm việc; việc khi hết hạn: hồ sơ hết hiệu lực.",
        "How the fee is asked for of the procedure: from nothing to when the fee is asked for: at the submission; "
        "the time to pay: 3 working days; what follows when the time is over: the case lapses.",
    ),
    "what follows when a fee is not paid": (
        replace(BARE, fee_demand=DEMAND),
        replace(BARE, fee_demand=replace(DEMAND, on_expiry=Unpaid.CONTINUE)),
        "Việc khi phí không được nộp đúng hạn của thủ tục: đổi từ hồ sơ hết hiệu lực thành hồ sơ được giải quyết tiếp.",
        "What follows when the fee is not paid in time of the procedure: from the case lapses to the case goes on.",
    ),
    "a rule of retention that is new": (
        BARE,
        replace(BARE, retention=(RULE,)),
        "Thêm quy định lưu trữ khi hồ sơ được chấp thuận (số năm lưu: 10; lưu tính từ: ngày quyết định; "
        "việc khi hết hạn lưu: tiêu hủy).",
        "Added: the retention of cases that are granted (the years of keeping: 10; the day from which years count: the "
        "decision; what follows the years of keeping: destruction).",
    ),
    "how long is kept": (
        replace(BARE, retention=(RULE,)),
        replace(BARE, retention=(replace(RULE, years=None),)),
        "Số năm lưu của quy định lưu trữ khi hồ sơ được chấp thuận: đổi từ 10 thành vĩnh viễn.",
        "The years of keeping of the retention of cases that are granted: from 10 to for good.",
    ),
    "a form that is new": (
        replace(BARE, form=None),
        BARE,
        "Biểu mẫu của thủ tục: thêm mới.",
        "The form of the procedure: added.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_what_a_procedure_says_of_time_fees_and_keeping_is_told_in_sentences(what: str) -> None:
    before, after, vi, en = SAID[what]
    assert [(change.text.vi, change.text.en) for change in changes(before, after)] == [(vi, en)]
