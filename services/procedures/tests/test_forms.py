"""What an applicant fills in: held against the procedure's form, and stored as it was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.catalogue.forms import Form

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[^0-9]*$"},
        "born": {"type": "string", "format": "date"},
        "sex": {"enum": ["nam", "nữ"]},
        "children": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "a/b~c": {"type": "integer"},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("filled_in", "pointer", "code"),
    [
        ({}, "/form/name", "required"),
        ({"name": 1}, "/form/name", "type"),
        ({"name": ""}, "/form/name", "minLength"),
        ({"name": "too long"}, "/form/name", "maxLength"),
        ({"name": "a1"}, "/form/name", "pattern"),
        ({"name": "x", "born": "31/01/1990"}, "/form/born", "format"),
        ({"name": "x", "sex": "?"}, "/form/sex", "enum"),
        ({"name": "x", "shoe": 43}, "/form/shoe", "additionalProperties"),
        ({"name": "x", "children": [{"name": "y"}, {}]}, "/form/children/1/name", "required"),
        ({"name": "x", "a/b~c": "y"}, "/form/a~1b~0c", "type"),
        ({"name": "x", "born": None}, "/form/born", "type"),
    ],
)
def test_each_fault_says_where_and_what_in_both_languages(
    filled_in: dict[str, Any], pointer: str, code: str
) -> None:
    (fault,) = Form(SCHEMA).faults(filled_in)
    assert (fault.pointer, fault.code) == (pointer, code)
    assert fault.detail.vi
    assert fault.detail.en


def test_a_procedure_that_asks_nothing_takes_no_answer() -> None:
    assert Form(None).faults({}) == []
    (fault,) = Form(None).faults({"name": "x"})
    assert fault.detail.vi == "“name”: biểu mẫu không có mục này; hãy bỏ đi."


LABELLED = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "x-motcua": {"label": {"vi": "Họ tên", "en": "Full name"}}},
        "born": {"type": "string", "format": "date", "title": "Ngày sinh"},
        "sex": {
            "enum": ["m", "f"],
            "title": "Giới tính",
            "x-motcua": {
                "options": [
                    {"value": "f", "label": {"vi": "Nữ", "en": "Female"}},
                    {"value": "m", "label": {"vi": "Nam", "en": "Male"}},
                ]
            },
        },
        "sworn": {"type": "boolean", "const": True, "title": "Cam đoan"},
        "children": {
            "type": "array",
            "title": "Con",
            "maxItems": 2,
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"title": "Tên"}}},
        },
        "share": {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1},
    },
    "required": ["name"],
}  # fmt: skip

SAID: dict[str, tuple[dict[str, Any], str, str]] = {
    "a field is missing": (
        {},
        "“Họ tên”: còn trống; hãy điền mục này.",
        "“Full name”: this is missing; fill it in.",
    ),
    "a field is empty": (
        {"name": ""},
        "“Họ tên”: còn trống; hãy điền mục này.",
        "“Full name”: this is empty; fill it in.",
    ),
    "a date is written otherwise": (
        {"name": "x", "born": "5/1/1990"},
        "“Ngày sinh”: cần ngày dạng 2026-03-31.",
        "“Ngày sinh”: a date such as 2026-03-31 is needed.",
    ),
    "a choice is none of those": (
        {"name": "x", "sex": "?"},
        "“Giới tính”: hãy chọn một trong: “Nam”, “Nữ”.",
        "“Giới tính”: choose one of: “Male”, “Female”.",
    ),
    "a box is not ticked": (
        {"name": "x", "sworn": False},
        "“Cam đoan”: cần được đánh dấu.",
        "“Cam đoan”: this must be ticked.",
    ),
    "a field in a row of a list": (
        {"name": "x", "children": [{"name": "y"}, {}]},
        "“Con, dòng 2: Tên”: còn trống; hãy điền mục này.",
        "“Con, row 2: Tên”: this is missing; fill it in.",
    ),
    "too many rows": (
        {"name": "x", "children": [{"name": "y"}] * 3},
        "“Con”: nhiều nhất 2 dòng.",
        "“Con”: at most 2 rows are taken.",
    ),
    "a number out of range": (
        {"name": "x", "share": 1},
        "“share”: phải nhỏ hơn 1.",
        "“share”: it must be less than 1.",
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_a_fault_names_its_field_and_says_what_to_do(what: str) -> None:
    filled_in, vi, en = SAID[what]
    (fault,) = Form(LABELLED).faults(filled_in)
    assert (fault.detail.vi, fault.detail.en) == (vi, en)


def test_what_a_person_filled_in_is_not_repeated() -> None:
    secret = "Nguyễn Thị Bí Mật"
    wrong = {"name": 5, "born": secret, "sex": secret, "children": secret, "share": secret, "sworn": secret}
    for fault in Form(LABELLED).faults(wrong):
        assert secret not in fault.detail.vi + fault.detail.en


UNSTORABLE = {
    '{"name": "\\ud800"}': "/form/name",
    '{"\\udfff": 1}': "/form",
    '{"name": "a\\u0000b"}': "/form/name",
    '{"name": "\\u0007"}': "/form/name",
    '{"name": "\x7f"}': "/form/name",
    '{"name": NaN}': "/form/name",
    '{"name": [1, {"x": -Infinity}]}': "/form/name/1/x",
    '{"name": 1e999}': "/form/name",
    '{"name": -0.0}': "/form/name",
    '{"name": 9007199254740992}': "/form/name",
    '{"name": 1' + "0" * 400 + "}": "/form/name",
    '{"name": ' + "[" * 300 + "]" * 300 + "}": "/form/name" + "/0" * 32,
}


@pytest.mark.parametrize(("form", "pointer"), UNSTORABLE.items(), ids=lambda text: ascii(text)[:30])
async def test_what_could_not_be_stored_as_it_was_sent_is_a_fault(
    world: Any, form: str, pointer: str
) -> None:
    procedure = await world.publish(form={"type": "object"})
    answer = await world.http.post(
        "/procedures/v1/cases",
        content=f'{{"procedure": "{procedure}", "form": {form}}}',
        headers={**world.citizen(), "content-type": "application/json"},
    )
    assert answer.status_code == 400, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


FILED = {
    "zero": 0,
    "half": 0.5,
    "one": 1.0,
    "tenth": 0.1,
    "large": 1e16,
    "larger": 1.7976931348623157e308,
    "small": 5e-324,
    "whole": 2**53 - 1,
    "below": -(2**53) + 1,
    "list": [1e22, [1e100, {"deep": -1e21}]],
    "nothing": None,
    "words": 'đơn\n“½” 🙂\t\\"/',
    "": {},
}


async def test_the_form_of_a_case_comes_back_as_it_was_filed(world: Any) -> None:
    procedure = await world.publish(form={"type": "object"})
    case = (await world.submit(procedure, form=FILED))["id"]
    read = json.loads((await world.read(case)).text, parse_int=float)["form"]
    assert read == json.loads(json.dumps(FILED), parse_int=float)
    log = await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())
    assert log.json()["sound"] is True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_what_is_taken_is_json_that_reads_back_the_same(filled_in: dict[str, Any]) -> None:
    if Form({"type": "object"}).faults(filled_in):
        return
    written = json.dumps(filled_in, ensure_ascii=False, allow_nan=False)
    assert "\x00" not in written
    assert json.loads(written.encode()) == filled_in
