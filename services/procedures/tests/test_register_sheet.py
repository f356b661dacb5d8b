"""Register sheets: what is read of them, what is found in them, and that nothing in them can break reading."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from procedures.domain.definition import END, Fee, run_to_end
from procedures.domain.finding import Severity
from procedures.domain.register_sheet import Imported, read_sheet
from procedures.domain.terms import NO_TERM, Term, TermKind

SAMPLE = Path(__file__).parent / "samples" / "library_card_sheet.json"
SHEET: dict[str, Any] = json.loads(SAMPLE.read_bytes())


def changed(value: Any, *path: str | int) -> dict[str, Any]:
    """The sound sheet with the value at a path replaced."""
    sheet = copy.deepcopy(SHEET)
    place: Any = sheet
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return sheet


def read(sheet: object) -> Imported:
    return read_sheet(sheet, agency="THU_VIEN")


def found(sheet: object) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in read(sheet).findings]


def test_a_sound_sheet_is_read_without_findings() -> None:
    imported = read(json.dumps(SHEET).encode())
    assert imported.findings == ()
    assert imported.publishable


def test_every_task_becomes_a_step_at_the_unit_and_role_of_its_sheet_step() -> None:
    definition = read(SHEET).definition
    assert definition is not None
    assert [(step.code, step.unit, step.role, step.stage) for step in definition.steps] == [
        ("TV01::NHAN", "QUAY_THE", "NHAN_DON", "1"),
        ("TV01::CHUP", "QUAY_THE", "NHAN_DON", "1"),
        ("TV01::ANH", "PHONG_ANH", None, "2"),
        ("TV01::IN", "PHONG_ANH", None, "2"),
        ("TV01::TRA", "QUAY_THE", "TRA_THE", "3"),
    ]
    assert definition.first.code == "TV01::NHAN"
    assert definition.steps[4].transitions[0].to is END
    assert [step.code for step in definition.steps if step.pauses_clock] == ["TV01::CHUP"]
    assert [step.code for step in definition.steps if step.resumes_clock] == ["TV01::ANH"]
    assert [step.code for step in definition.steps if step.completes_processing] == ["TV01::TRA"]
    assert run_to_end(definition) == tuple(step.code for step in definition.steps)


def test_stages_keep_the_days_of_the_sheet_and_steps_their_part_of_them() -> None:
    definition = read(SHEET).definition
    assert definition is not None
    half, one, two, three = (Term(TermKind.WORKING_DAYS, Decimal(days)) for days in ("0.5", "1", "2", "3"))
    assert [stage.allowance for stage in definition.stages] == [half, three, half]
    assert [step.allowance for step in definition.steps] == [NO_TERM, half, one, two, half]
    assert definition.term == Term(TermKind.WORKING_DAYS, Decimal(4))


@pytest.mark.parametrize(
    ("written", "fee", "code"),
    [
        ("20000", Fee(20000), None),
        (20000, Fee(20000), None),
        (" 500 ", Fee(500), None),
        ("", None, None),
        ("0", None, None),
        (0, None, None),
        (None, None, None),
        ("20.000", Fee(20000), "fee_format"),
        ("1,250,000", Fee(1250000), "fee_format"),
        ("20 000", Fee(20000), "fee_format"),
        ("20.00", None, "fee_unreadable"),
        ("1.250,000", None, "fee_unreadable"),
        ("hai mươi nghìn", None, "fee_unreadable"),
        ("２００", None, "fee_unreadable"),
        ("9" * 30, None, "fee_unreadable"),
        (-5, None, "fee_unreadable"),
        pytest.param(10**5000, None, "fee_unreadable", id="endless"),
        (True, None, "fee_unreadable"),
        (2.5, None, "fee_unreadable"),
        ([], None, "fee_unreadable"),
    ],
)
def test_a_fee_is_read_as_it_is_written(written: object, fee: Fee | None, code: str | None) -> None:
    imported = read(changed(written, "fee"))
    assert imported.definition is not None
    assert imported.definition.fee == fee
    assert [(finding.code, finding.pointer) for finding in imported.findings] == (
        [(code, "/fee")] if code else []
    )
    assert imported.publishable == (code != "fee_unreadable")


def test_minus_one_days_stand_for_no_fixed_term() -> None:
    imported = read(changed(-1, "total_days"))
    (finding,) = imported.findings
    assert imported.definition is not None
    assert imported.definition.term == NO_TERM
    assert (finding.code, finding.severity, finding.pointer) == (
        "no_fixed_term",
        Severity.WARNING,
        "/total_days",
    )
    assert finding.message.vi.endswith("Các bước cộng lại là 4 ngày làm việc.")
    assert finding.message.en.endswith("Its steps add up to 4 working days.")


@pytest.mark.parametrize(
    "days", [-2, 0.0001, float("nan"), float("inf"), 1e999, 10**400, 3651, "4", True, None, []]
)
def test_days_that_cannot_be_block_publishing(days: object) -> None:
    imported = read(changed(days, "total_days"))
    assert imported.definition is not None
    assert [(finding.code, finding.pointer) for finding in imported.findings] == [
        ("unreadable_days", "/total_days")
    ]
    assert not imported.publishable


NEW_STEP = {"unit": "QUAY_THE", "name": "Lưu trữ", "days": 0, "role": None}
NEW_TASK = {"code": "TV01::LUU", "name": "Lưu trữ", "days": 0, "next": "NULL"}

FAULTY: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "the steps exceed the total": (changed(3, "total_days"), [("sum_mismatch", "/total_days")]),
    "the tasks exceed their step": (
        changed(3, "steps", 1, "tasks", 1, "days"),
        [("stage_sum_mismatch", "/steps/1/days")],
    ),
    "a step has no fixed term": (
        changed(-1, "steps", 2, "days"),
        [("no_fixed_term", "/steps/2/days"), ("sum_mismatch", "/total_days")],
    ),
    "the code is not the name of the sheet": (changed("TV1", "sheet"), [("code_mismatch", "/code")]),
    "a next leads nowhere": (
        changed("TV01::GUI", "steps", 1, "tasks", 1, "next"),
        [
            ("dangling_transition", "/steps/1/tasks/1/next"),
            ("unreachable_step", "/steps/2/tasks/0"),
            ("no_end", "/steps"),
        ],
    ),
    "a next leads back": (
        changed("TV01::NHAN", "steps", 2, "tasks", 0, "next"),
        [("no_end", "/steps")],
    ),
    "a task bears the code of another procedure": (
        changed([*SHEET["steps"][:2], {**SHEET["steps"][2], "tasks": [{**NEW_TASK, "code": "TV02::TRA"}]}], "steps"),
        [
            ("foreign_task", "/steps/2/tasks/0/code"),
            ("dangling_transition", "/steps/1/tasks/1/next"),
            ("unreachable_step", "/steps/2/tasks/0"),
            ("no_end", "/steps"),
        ],
    ),
    "a step is never reached": (
        changed([*SHEET["steps"], {**NEW_STEP, "tasks": [NEW_TASK]}], "steps"),
        [("unreachable_step", "/steps/3/tasks/0")],
    ),
    "a step has no task": (
        changed([*SHEET["steps"], {**NEW_STEP, "tasks": []}], "steps"),
        [("empty_stage", "/steps/3")],
    ),
    "two tasks bear one code": (
        changed("TV01::ANH", "steps", 1, "tasks", 1, "code"),
        [
            ("duplicate_code", "/steps/1/tasks/1/code"),
            ("dangling_transition", "/steps/1/tasks/0/next"),
            ("unreachable_step", "/steps/2/tasks/0"),
            ("no_end", "/steps"),
            ("stage_sum_mismatch", "/steps/1/days"),
        ],
    ),
    "the clock is never resumed": (
        changed(False, "steps", 1, "tasks", 0, "resumes_clock"),
        [("clock_never_resumes", "/steps/2/tasks/0")],
    ),
    "the clock is resumed though it runs": (
        changed(False, "steps", 0, "tasks", 1, "pauses_clock"),
        [("clock_not_paused", "/steps/1/tasks/0/resumes_clock")],
    ),
    "the title is empty": (changed(" ", "title"), [("missing_title", "/title")]),
    "a task has no name": (changed("", "steps", 1, "tasks", 0, "name"), [("missing_title", "/steps/1/tasks/0/name")]),
    "a sheet step has no name": (changed("", "steps", 1, "name"), [("missing_title", "/steps/1/name")]),
    "there is more than sheets have": (changed("?", "steps", 0, "note"), [("unknown_key", "/steps/0/note")]),
    "two fields have one id": (changed("thu", "form", 3, "id"), [("duplicate_field", "/form/3/id")]),
    "a field has no label": (changed(None, "form", 3, "label"), [("unlabelled_field", "/form/3/label")]),
    "a field is of no known type": (changed("Slider", "form", 3, "type"), [("unknown_widget", "/form/3/type")]),
    "a field has no known rule": (changed("roman", "form", 3, "validate"), [("unknown_rule", "/form/3/validate")]),
    "a date is checked as text": (changed("text", "form", 5, "validate"), [("rule_mismatch", "/form/5/validate")]),
    "a name must be an e-mail address": (
        changed("email", "form", 0, "validate"),
        [("rule_mismatch", "/form/0/validate")],
    ),
    "the form has a button": (changed("Button", "form", 3, "type"), [("not_a_field", "/form/3")]),
    "a field has no id": (changed("", "form", 3, "id"), [("empty", "/form/3/id")]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_each_fault_is_found_where_it_stands_in_the_sheet(fault: str) -> None:
    sheet, expected = FAULTY[fault]
    assert found(sheet) == expected
    assert read(sheet).definition is not None


def test_unknown_units_are_found_once_at_the_sheet_step() -> None:
    imported = read_sheet(SHEET, agency="THU_VIEN", known_units={"QUAY_THE"})
    assert [(finding.code, finding.pointer) for finding in imported.findings] == [
        ("unknown_unit", "/steps/1/unit")
    ]
