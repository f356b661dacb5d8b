"""What is told of two versions: every part that differs, once, where it stands, in words."""

import copy
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.appeal_rule import AppealRule
from procedures.domain.automation import NO_AUTOMATION, Approval, Automation, Routing
from procedures.domain.changes import changes
from procedures.domain.decision_table import graph
from procedures.domain.definition import (
    END,
    Definition,
    Fee,
    Join,
    RequiredDocument,
    Stage,
    Step,
    Transition,
)
from procedures.domain.external_work import ExternalWork
from procedures.domain.fee_demand import DemandedAt, FeeDemand
from procedures.domain.linked_cases import CaseToOpen
from procedures.domain.result import ResultType
from procedures.domain.retention import CountedFrom, Disposal, RetentionRule
from procedures.domain.rules import Rule
from procedures.domain.terms import Term, TermKind
from procedures.domain.time_rules import Expiry, Extension, SupplementRule, TimeRules
from procedures.domain.time_to_pay import Unpaid
from shared.errors import Text


def days(amount: int) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def named(vi: str, en: str) -> Text:
    return Text(vi=vi, en=en)


BEFORE = Definition(
    code="THE",
    title=named("Cấp thẻ", "Library card"),
    agency="LIBRARY",
    term=days(3),
    first_step="RECEIVE",
    stages=(Stage("S", named("Kiểm tra", "Checking"), days(2)),),
    steps=(
        Step("RECEIVE", named("Nhận", "Receive"), "DESK", (Transition("ASK", beside=("CHECK",)),)),
        Step("ASK", named("Hỏi", "Ask"), "DESK", (Transition("PRINT"),), agency="POLICE", exempt=True, allowance=days(1), external=ExternalWork(2), opens_case=CaseToOpen("RECORD", (("who", "name"),), (("PROOF", "PASSPORT"),))),
        Step("CHECK", named("Kiểm", "Check"), "LAB", (Transition("PRINT", "ok", named("Đạt", "Fine")), Transition(END, "no")), role="R", stage="S"),
        Step("PRINT", named("In", "Print"), "DESK", (Transition(END),), join=Join(2), completes_processing=True),
    ),
    legal_basis=("Luật Thư viện 2019, điều 12", "Nghị định 93"),
    documents=(
        RequiredDocument("PHOTO", named("Ảnh", "Photo"), media_types=("image/png",), max_bytes=1000),
    ),
    form={
        "type": "object",
        "properties": {"name": {"type": "string", "title": "Họ tên"}, "born": {"type": "string", "format": "date"}},
        "required": ["name"],
        "x-motcua": {"sections": [{"title": "Người xin", "fields": ["name", "born"]}]},
    },
    fee=Fee(5000),
    time_rules=TimeRules(days(1), Extension(days(5), 2), SupplementRule(3, days(10), Expiry.CONTINUE)),
    fee_demand=FeeDemand(DemandedAt.STEP, "PRINT", "KNOWN", True, days(9), Unpaid.CONTINUE),
    retention=(RetentionRule("granted", 10, CountedFrom.DECIDED, Disposal.DESTROY),),
    results=(ResultType("CARD", named("Thẻ", "Card"), "THE", "Cấp cho …", "granted", "Khiếu nại …"),),
    automation=Automation("KNOWN", Approval("KNOWN", "PRINT"), (Routing("CHECK", "KNOWN"),)),
    rules=(Rule.of("KNOWN", graph({"outputs": [{"id": "o", "field": "ok"}], "rules": [{"o": "true"}], "inputs": []})),),
    appeal=AppealRule("COMPLAINT"),
)  # fmt: skip


def step(at: int, **parts: Any) -> Definition:
    steps = list(BEFORE.steps)
    steps[at] = replace(steps[at], **parts)
    return replace(BEFORE, steps=tuple(steps))


def told(after: Definition, before: Definition = BEFORE) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.pointer, each.text.vi, each.text.en) for each in changes(before, after)]


SAID: dict[str, tuple[Definition, tuple[str, str, str, str]]] = {
    "the term": (
        replace(BEFORE, term=days(5)),
        (
            "changed",
            "/term",
            "Thời hạn của thủ tục: đổi từ 3 ngày làm việc thành 5 ngày làm việc.",
            "The term of the procedure: from 3 working days to 5 working days.",
        ),
    ),
    "the unit of a step": (
        step(2, unit="OFFICE"),
        (
            "changed",
            "/steps/2/unit",
            "Bộ phận của công việc “Kiểm” (CHECK): đổi từ “LAB” thành “OFFICE”.",
            "The unit of the step “Check” (CHECK): from “LAB” to “OFFICE”.",
        ),
    ),
    "a rule": (
        replace(BEFORE, rules=(Rule.of("KNOWN", {}),)),
        (
            "changed",
            "/rules/0/table",
            "Bảng quyết định của quy tắc “KNOWN”: thay đổi.",
            "The decision table of the rule “KNOWN”: changed.",
        ),
    ),
    "where a rule leads to": (
        replace(BEFORE, automation=replace(BEFORE.automation, approval=Approval("KNOWN", None))),
        (
            "changed",
            "/automation/approval",
            "Việc chấp thuận ngay theo quy tắc của thủ tục: "
            "đổi từ “KNOWN”, rồi trả ở “PRINT” thành “KNOWN”, rồi kết thúc.",
            "The approval by rule of the procedure: "
            "from “KNOWN”, then handed over at “PRINT” to “KNOWN”, then closed.",
        ),
    ),
    "a join": (
        step(3, join=None),
        (
            "removed",
            "/steps/3/join",
            "Việc chờ các nhánh của công việc “In” (PRINT): đổi từ chờ 2 nhánh thành không có.",
            "Which branches it waits for of the step “Print” (PRINT): from 2 of the branches to nothing.",
        ),
    ),
    "what is left to systems": (
        step(1, external=ExternalWork(5)),
        (
            "changed",
            "/steps/1/external",
            "Việc giao cho hệ thống của công việc “Hỏi” (ASK): đổi từ thử nhiều nhất 2 lần thành thử nhiều nhất 5 lần.",
            "What is left to systems of the step “Ask” (ASK): from 2 attempts at most to 5 attempts at most.",
        ),
    ),
    "the time to pay": (
        replace(BEFORE, fee_demand=replace(BEFORE.fee_demand, pay_within=days(2))),
        (
            "changed",
            "/feeDemand/payWithin",
            "Thời hạn nộp phí của thủ tục: đổi từ 9 ngày làm việc thành 2 ngày làm việc.",
            "The time to pay of the procedure: from 9 working days to 2 working days.",
        ),
    ),
    "a step that is new": (
        replace(BEFORE, steps=(*BEFORE.steps, Step("FILE", named("Lưu", "File"), "DESK", ()))),
        ("added", "/steps/4", "Thêm công việc “Lưu” (FILE).", "Added: the step “File” (FILE)."),
    ),
    "a step that is gone": (
        replace(BEFORE, steps=BEFORE.steps[:3]),
        ("removed", "/steps/3", "Bỏ công việc “In” (PRINT).", "Removed: the step “Print” (PRINT)."),
    ),
    "the order of steps": (
        replace(BEFORE, steps=BEFORE.steps[::-1]),
        (
            "moved",
            "/steps",
            "Đổi thứ tự các công việc của thủ tục.",
            "The order of the steps of the procedure has changed.",
        ),
    ),
    "a legal basis": (
        replace(BEFORE, legal_basis=BEFORE.legal_basis[:1]),
        (
            "removed",
            "/legalBasis/1",
            "Bỏ căn cứ pháp lý “Nghị định 93”.",
            "Removed: the legal basis “Nghị định 93”.",
        ),
    ),
    "what a step opens": (
        step(1, opens_case=CaseToOpen("RECORD", (("who", "name"),), (("PROOF", "PHOTO"),))),
        (
            "changed",
            "/steps/1/opensCase/documents/PROOF",
            "“PROOF” của công việc “Hỏi” (ASK): đổi từ “PASSPORT” thành “PHOTO”.",
            "“PROOF” of the step “Ask” (ASK): from “PASSPORT” to “PHOTO”.",
        ),
    ),
    "where to appeal": (
        replace(BEFORE, appeal=None),
        (
            "removed",
            "/appeal",
            "Nơi nhận khiếu nại của thủ tục: đổi từ thủ tục “COMPLAINT”, 90 ngày thành không có.",
            "Where to appeal of the procedure: from the procedure “COMPLAINT”, 90 calendar days to nothing.",
        ),
    ),
    "the fee": (
        replace(BEFORE, fee=None),
        (
            "removed",
            "/fee",
            "Phí của thủ tục: đổi từ 5000 VND thành không có.",
            "The fee of the procedure: from 5000 VND to nothing.",
        ),
    ),
}


@pytest.mark.parametrize("part", SAID)
def test_a_difference_is_told_in_a_sentence_of_each_language(part: str) -> None:
    after, expected = SAID[part]
    assert told(after) == [expected]


def test_a_way_on_is_known_again_by_its_outcome() -> None:
    ways = BEFORE.steps[2].transitions
    (change,) = changes(BEFORE, step(2, transitions=(replace(ways[0], to="ASK"), ways[1])))
    assert (change.pointer, change.before, change.after) == ("/steps/2/transitions/0/to", "PRINT", "ASK")
    assert "“Đạt” (ok)" in change.text.vi
    assert "(CHECK)" in change.text.vi


def test_a_field_is_known_again_by_its_name() -> None:
    form = copy.deepcopy(dict(BEFORE.form or {}))
    form["properties"]["phone"] = {"type": "string", "title": "Điện thoại"}
    form["properties"]["name"]["maxLength"] = 50
    form["required"] = []
    said = told(replace(BEFORE, form=form))
    assert [(kind, pointer) for kind, pointer, *_ in said] == [
        ("added", "/form/properties/phone"),
        ("added", "/form/properties/name/maxLength"),
        ("removed", "/form/required/0"),
    ]
    assert said[0][2] == "Thêm mục biểu mẫu “Điện thoại” (phone)."


def other(value: object) -> Any:
    """A value of the same kind that is not this one."""
    match value:
        case bool():
            return not value
        case Automation():
            return NO_AUTOMATION
        case TimeRules():
            return replace(value, consent_by_silence=not value.consent_by_silence)
        case int():
            return value + 1
        case Text():
            return named("Khác", "Other")
        case Term():
            return days(9)
        case str():
            return "OTHER"
        case tuple():
            return ()
        case _:
            return None


def place(at: int, part: object) -> Definition:
    """The procedure with another first stage, step, way on or document."""
    match part:
        case Definition():
            return part
        case Stage():
            return replace(BEFORE, stages=(part,))
        case Step():
            return replace(BEFORE, steps=(*BEFORE.steps[:at], part, *BEFORE.steps[at + 1 :]))
        case Transition():
            return step(at, transitions=(part, *BEFORE.steps[at].transitions[1:]))
        case ResultType():
            return replace(BEFORE, results=(part,))
        case _:
            return replace(BEFORE, documents=(part,))  # type: ignore[arg-type]


PARTS = [
    (at, part, field.name)
    for at, part in [
        (0, BEFORE),
        (0, BEFORE.stages[0]),
        *enumerate(BEFORE.steps),
        (0, BEFORE.steps[0].transitions[0]),
        (2, BEFORE.steps[2].transitions[0]),
        (0, BEFORE.documents[0]),
        (0, BEFORE.results[0]),
    ]
    for field in fields(part)
    if other(getattr(part, field.name)) != getattr(part, field.name)
]


def test_every_part_that_there_can_be_is_tried() -> None:
    every = {
        (kind, field.name)
        for kind in (Definition, Stage, Step, Transition, RequiredDocument, ResultType)
        for field in fields(kind)
    }
    assert {(type(part), name) for _, part, name in PARTS} == every


@pytest.mark.parametrize(("at", "part", "name"), PARTS, ids=[f"{type(p).__name__}.{n}" for _, p, n in PARTS])
def test_no_part_of_a_definition_is_changed_in_silence(at: int, part: Any, name: str) -> None:
    after = place(at, replace(part, **{name: other(getattr(part, name))}))
    found = changes(BEFORE, after)
    assert found
    for change in found:
        assert change.text.vi
        assert change.text.en
        assert change.before != change.after


forms = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "kind", "amount", "properties", "transitions", "vi", "en", "needed"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
).map(lambda value: {"x": value})


@settings(deadline=None)
@given(forms, forms)
def test_nothing_is_told_exactly_when_nothing_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = changes(replace(BEFORE, form=one), replace(BEFORE, form=other))
    assert bool(found) == (one != other)
    for change in found:
        assert change.text.vi
        assert change.text.en
