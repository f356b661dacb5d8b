"""The linter: each finding on a small procedure that has just this fault, and none on a sound one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from procedures.domain.definition import END, Definition, RequiredDocument, Stage, Step, Transition
from procedures.domain.finding import Severity
from procedures.domain.findings import findings
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Text


def days(amount: str) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def named(vi: str, en: str) -> Text:
    return Text(vi=vi, en=en)


def step(code: str, *to: str | None, **more: Any) -> Step:
    """A step of the desk; several ways on get their numbers as outcomes."""
    ways = tuple(Transition(way, outcome=str(at) if len(to) > 1 else None) for at, way in enumerate(to))
    return replace(Step(code, named(f"Việc {code}", f"Task {code}"), "DESK", ways), **more)


SOUND = Definition(
    code="LIBRARY-CARD",
    title=named("Cấp thẻ thư viện", "Library card"),
    agency="LIBRARY",
    term=days("3"),
    first_step="receive",
    stages=(Stage("check", named("Kiểm tra", "Checking"), days("2")),),
    steps=(
        step("receive", "photo", allowance=days("0.5")),
        step("photo", "verify", stage="check", pauses_clock=True, allowance=days("0.5")),
        step("verify", "print", "photo", stage="check", resumes_clock=True, allowance=days("1.5")),
        step("print", END, allowance=Term(TermKind.WORKING_HOURS, Decimal(4)), completes_processing=True),
    ),
    documents=(RequiredDocument("PORTRAIT", named("Ảnh chân dung", "Portrait")),),
    form={
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "portrait": {"type": "boolean", "x-motcua": {"document": "PORTRAIT"}},
        },
    },
)


def with_step(at: int, **changes: Any) -> Definition:
    """The sound procedure with one of its steps changed."""
    steps = list(SOUND.steps)
    steps[at] = replace(steps[at], **changes)
    return replace(SOUND, steps=tuple(steps))


def found(definition: Definition, units: set[str] | None = None) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in findings(definition, units)]


def test_a_sound_procedure_has_no_findings() -> None:
    assert findings(SOUND, {"DESK"}) == ()


FAULTY: dict[str, tuple[Definition, list[tuple[str, str]]]] = {
    "a step leads nowhere": (
        with_step(2, transitions=(Transition("print", "0"), Transition("appeal", "1"))),
        [("dangling_transition", "/steps/2/transitions/1/to")],
    ),
    "the first step does not exist": (
        replace(SOUND, first_step="begin"),
        [("dangling_transition", "/first")],
    ),
    "a step is never reached": (
        replace(SOUND, steps=(*SOUND.steps, step("archive", END))),
        [("unreachable_step", "/steps/4")],
    ),
    "no way leads to the end": (
        with_step(3, transitions=(Transition("receive"),)),
        [("no_end", "/steps")],
    ),
    "a step without a way on is a dead end": (
        replace(
            SOUND,
            steps=(
                *SOUND.steps[:2],
                replace(SOUND.steps[2], transitions=(Transition("print", "0"), Transition("wait", "1"))),
                SOUND.steps[3],
                step("wait"),
            ),
        ),
        [("no_end", "/steps/4")],
    ),
    "two ways on have the same outcome": (
        with_step(2, transitions=(Transition("print", "done"), Transition("photo", "done"))),
        [("ambiguous_transition", "/steps/2/transitions/1/outcome")],
    ),
    "one of two ways on has no outcome": (
        with_step(2, transitions=(Transition("print"), Transition("photo", "again"))),
        [("ambiguous_transition", "/steps/2/transitions/0/outcome")],
    ),
    "the first step branches": (
        with_step(0, transitions=(Transition("photo", "0"), Transition(END, "1"))),
        [("first_step_branches", "/first")],
    ),
    "the clock is paused and resumed at once": (
        with_step(3, pauses_clock=True, resumes_clock=True),
        [("clock_contradiction", "/steps/3"), ("clock_never_resumes", "/steps/3")],
    ),
    "a case can end while its clock is paused": (
        with_step(2, resumes_clock=False),
        [("clock_never_resumes", "/steps/3")],
    ),
    "a clock is resumed that runs": (
        with_step(1, pauses_clock=False),
        [("clock_not_paused", "/steps/2/resumesClock")],
    ),
    "the parts exceed the term": (replace(SOUND, term=days("2.5")), [("sum_mismatch", "/term")]),
    "the parts do not fill the term": (with_step(3, allowance=NO_TERM), [("sum_mismatch", "/term")]),
    "the steps of a stage do not fill it": (
        with_step(1, allowance=days("0.25")),
        [("stage_sum_mismatch", "/stages/0/allowance")],
    ),
    "there is no term": (replace(SOUND, term=NO_TERM), [("no_fixed_term", "/term")]),
    "two steps bear one code": (
        replace(SOUND, steps=(*SOUND.steps, SOUND.steps[3])),
        [("duplicate_code", "/steps/4/code")],
    ),
    "two documents bear one code": (
        replace(SOUND, documents=SOUND.documents * 2),
        [("duplicate_code", "/documents/1/code")],
    ),
    "a step belongs to no known stage": (
        with_step(3, stage="printing"),
        [("unknown_stage", "/steps/3/stage")],
    ),
    "a stage has no step": (
        replace(SOUND, stages=(*SOUND.stages, Stage("appeal", named("Khiếu nại", "Appeal"), days("1")))),
        [("empty_stage", "/stages/1")],
    ),
    "a title is in one language only": (
        replace(SOUND, title=named("Cấp thẻ thư viện", " ")),
        [("missing_title", "/title")],
    ),
    "a step has no title": (with_step(1, title=named("", "")), [("missing_title", "/steps/1/title")]),
    "the form asks for what is no object": (
        replace(SOUND, form={"type": "string"}),
        [("form_invalid", "/form")],
    ),
    "the form has a type that does not exist": (
        replace(SOUND, form={"type": "object", "properties": {"name": {"type": "words"}}}),
        [("form_invalid", "/form")],
    ),
    "the form refers to a schema elsewhere": (
        replace(SOUND, form={"type": "object", "properties": {"name": {"$ref": "https://example.org/name"}}}),
        [("form_invalid", "/form")],
    ),
    "the form ticks off an unknown document": (
        replace(SOUND, documents=()),
        [("unknown_document", "/form/properties/portrait/x-motcua/document")],
    ),
    "the form ticks off documents, but not all": (
        replace(SOUND, documents=(*SOUND.documents, RequiredDocument("LEASE", named("Hợp đồng", "Lease")))),
        [("document_without_form_field", "/documents/1")],
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_each_fault_is_found_alone_and_where_it_is(fault: str) -> None:
    definition, expected = FAULTY[fault]
    assert found(definition, {"DESK"}) == expected


def test_only_units_of_the_responsible_agency_are_looked_up() -> None:
    definition = with_step(1, unit="LAB", agency="PHOTOGRAPHERS")
    assert found(definition, {"DESK"}) == []
    assert found(definition, set()) == [("unknown_unit", f"/steps/{at}/unit") for at in (0, 2, 3)]
    assert found(definition) == []


def test_a_form_may_leave_the_documents_to_be_attached_beside_it() -> None:
    assert found(replace(SOUND, form={"type": "object"})) == []


def test_allowances_in_calendar_days_are_not_added_to_working_days() -> None:
    assert found(replace(SOUND, term=Term(TermKind.CALENDAR_DAYS, Decimal(30)))) == []


def test_a_procedure_that_does_not_divide_its_term_is_sound() -> None:
    steps = tuple(replace(each, allowance=NO_TERM, stage=None) for each in SOUND.steps)
    assert found(replace(SOUND, steps=steps, stages=())) == []


def test_the_message_names_the_numbers_in_both_languages() -> None:
    (finding,) = findings(replace(SOUND, term=days("2.5")))
    assert finding.severity is Severity.WARNING
    assert finding.message == named(
        "Thời gian của các bước cộng lại là 3 ngày làm việc, nhưng thời hạn của thủ tục là 2,5 ngày làm việc.",
        "The allowances add up to 3 working days, but the term of the procedure is 2.5 working days.",
    )


def test_a_dangling_transition_blocks_and_names_both_steps() -> None:
    (finding,) = findings(FAULTY["a step leads nowhere"][0])
    assert finding.severity is Severity.ERROR
    assert (
        finding.message.vi
        == "Công việc “Việc verify” (verify) chuyển tiếp đến “appeal”, nhưng không có công việc nào mang mã đó."
    )
    assert (
        finding.message.en
        == "The step “Task verify” (verify) leads on to “appeal”, but no step has that code."
    )
