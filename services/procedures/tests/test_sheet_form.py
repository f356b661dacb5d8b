"""The form of a register sheet: what it asks, how it is laid out, and which answers it takes."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from procedures.domain.definition import Definition
from procedures.domain.register_sheet import read_sheet

SAMPLE = Path(__file__).parent / "samples" / "library_card_sheet.json"
SHEET: dict[str, Any] = json.loads(SAMPLE.read_bytes())


def draft_of(fields: list[dict[str, Any]]) -> tuple[Definition, dict[str, Any]]:
    """The draft that a sheet with these form fields becomes, and its form."""
    definition = read_sheet({**SHEET, "form": fields}, agency="THU_VIEN").definition
    assert definition is not None
    assert definition.form is not None
    return definition, dict(definition.form)


def test_a_sheet_becomes_a_form_with_layout_and_papers() -> None:
    definition, form = draft_of(SHEET["form"])
    jsonschema_rs.meta.validate(form)
    assert form["required"] == ["hoTen", "thu", "sinh", "phuong", "anh"]
    assert form["properties"]["hoTen"] == {
        "title": "Họ tên",
        "type": "string",
        "minLength": 1,
        "x-motcua": {"widget": "name"},
    }
    assert form["properties"]["khacLa"] == {
        "title": "Giấy tờ khác",
        "type": "string",
        "x-motcua": {"widget": "text_area", "detailOf": "khac"},
    }
    assert form["x-motcua"]["sections"] == [
        {"title": None, "fields": ["hoTen"]},
        {"title": "Liên hệ", "fields": ["thu", "dt", "cmnd", "cao", "sinh", "phuong", "the"]},
        {"title": "Giấy tờ kèm theo", "fields": ["anh", "khac", "khacLa"]},
    ]
    assert [(paper.code, paper.title.vi, paper.required) for paper in definition.documents] == [
        ("anh", "Ảnh 3×4", True),
        ("khac", "Giấy tờ khác", False),
    ]


ANSWERS = {
    "hoTen": "Lê Thị Mẫu",
    "thu": "doc.gia@example.org",
    "dt": "+84 29 3851 000",
    "cmnd": "0151234567",
    "cao": 1.62,
    "sinh": "1990-02-28",
    "phuong": "Phường mẫu",
    "the": 50000,
    "anh": True,
    "khac": False,
    "khacLa": "",
}


def test_the_form_takes_good_answers() -> None:
    assert accepted(ANSWERS)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("hoTen", ""),
        ("thu", "không có"),
        ("dt", "gọi sau"),
        ("cmnd", "12-34"),
        ("cao", -1),
        ("cao", "1,62"),
        ("sinh", "1990-02-30"),
        ("sinh", "28/02/1990"),
        ("phuong", None),
        ("the", 0.5),
        ("anh", False),
        ("khac", "có"),
        ("biệtHiệu", "Mẫu"),
    ],
)
def test_the_form_refuses_bad_answers(name: str, answer: object) -> None:
    assert not accepted({**ANSWERS, name: answer})


def accepted(answers: dict[str, Any]) -> bool:
    _, form = draft_of(SHEET["form"])
    return jsonschema_rs.Draft202012Validator(form, validate_formats=True).is_valid(answers)


def test_of_two_fields_with_one_id_both_are_kept() -> None:
    fields = copy.deepcopy(SHEET["form"])
    fields[3]["id"] = "thu"
    _, form = draft_of(fields)
    assert form["x-motcua"]["sections"][1]["fields"][:3] == ["thu", "dt", "thu_2"]
    assert form["properties"]["thu_2"]["title"] == "Số CMND"
