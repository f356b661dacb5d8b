"""The layout of a form: as it is read, what is found wrong with it, and as it is served in each language."""

import copy
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.definition import END, Definition, RequiredDocument, Step, Transition
from procedures.domain.findings import findings
from procedures.domain.form_document import form_document
from procedures.domain.form_layout import read_layout
from procedures.domain.terms import NO_TERM
from shared.errors import Text

NAME = Text("Tên", "Name")


def words(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {
            "type": "string",
            "x-motcua": {"label": words("Họ tên", "Full name"), "help": words("Viết có dấu", "With accents")},
        },
        "born": {"type": "string", "format": "date", "title": "Ngày sinh"},
        "sex": {
            "enum": ["f", "m", None],
            "x-motcua": {
                "label": words("Giới tính", "Sex"),
                "widget": "radio",
                "options": [{"value": "m", "label": words("Nam", "Male")}],
            },
        },
        "married": {"type": "boolean", "x-motcua": {"label": words("Đã kết hôn", "Married")}},
        "spouse": {
            "type": "object",
            "title": "Vợ hoặc chồng",
            "properties": {"name": {"type": "string", "x-motcua": {"label": words("Họ tên", "Full name")}}},
            "x-motcua": {"visibleWhen": {"all": [{"field": "married", "equals": True}, {"not": {"field": "sex", "oneOf": [None]}}]}},
        },
        "photo": {"type": "boolean", "title": "Ảnh", "x-motcua": {"document": "PHOTO"}},
    },
    "required": ["name"],
    "x-motcua": {
        "pages": [
            {
                "title": words("Người xin", "Applicant"),
                "sections": [
                    {"title": words("Nhân thân", "Person"), "help": words("Theo căn cước", "As on the card"), "fields": ["born", "name", "sex"]},
                    {"title": None, "fields": ["married", "spouse"], "visibleWhen": {"field": "born", "filled": True}},
                ],
            },
            {"title": words("Giấy tờ", "Papers"), "sections": [{"fields": ["photo"]}]},
        ]
    },
}  # fmt: skip


def procedure(form: dict[str, Any] | None = None) -> Definition:
    return Definition(
        code="P",
        title=Text("Cấp thẻ", "Library card"),
        agency="A",
        term=NO_TERM,
        first_step="a",
        steps=(Step("a", NAME, "U", (Transition(END),)),),
        documents=(RequiredDocument("PHOTO", Text("Ảnh", "Photo"), media_types=("image/png",)),),
        form=FORM if form is None else form,
    )


def changed(value: Any, *path: str | int) -> dict[str, Any]:
    """The sound form with the value at a path replaced, or left out for `...`."""
    form = copy.deepcopy(FORM)
    place: Any = form
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return form


def found(form: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in findings(procedure(form)) if each.code != "no_fixed_term"]


def test_a_sound_layout_has_no_findings() -> None:
    assert found(FORM) == []


SECTION = ("x-motcua", "pages", 0, "sections", 0)
FAULTY: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a section names a field that there is not": (
        changed(["born", "name", "sex", "shoe"], *SECTION, "fields"),
        [("unknown_field", "/form/x-motcua/pages/0/sections/0/fields/3")],
    ),
    "a field is left out": (
        changed(["born", "name"], *SECTION, "fields"),
        [("field_left_out", "/form/properties/sex")],
    ),
    "a field is laid out twice": (
        changed(["born", "name", "sex", "born"], *SECTION, "fields"),
        [("field_repeated", "/form/x-motcua/pages/0/sections/0/fields/3")],
    ),
    "a condition asks a field that there is not": (
        changed({"field": "shoe", "filled": True}, "properties", "spouse", "x-motcua", "visibleWhen"),
        [("unknown_field", "/form/properties/spouse/x-motcua/visibleWhen/field")],
    ),
    "a condition asks nothing": (
        changed({"field": "born"}, "properties", "spouse", "x-motcua", "visibleWhen"),
        [("unreadable_condition", "/form/properties/spouse/x-motcua/visibleWhen")],
    ),
    "a condition asks two things": (
        changed({"field": "born", "filled": True, "equals": 1}, "properties", "spouse", "x-motcua", "visibleWhen"),
        [("unreadable_condition", "/form/properties/spouse/x-motcua/visibleWhen")],
    ),
    "a condition is text": (
        changed("born", "properties", "spouse", "x-motcua", "visibleWhen"),
        [("unreadable_condition", "/form/properties/spouse/x-motcua/visibleWhen")],
    ),
    "what is required is hidden at times": (
        changed(["name", "spouse", "married"], "required"),
        [("hidden_required", "/form/properties/married"), ("hidden_required", "/form/properties/spouse")],
    ),
    "a widget is not known": (
        changed("slider", "properties", "sex", "x-motcua", "widget"),
        [("unknown_widget", "/form/properties/sex/x-motcua/widget")],
    ),
    "a field has no label though others do": (
        changed(..., "properties", "born", "title"),
        [("unlabelled_field", "/form/properties/born")],
    ),
    "an option is not taken": (
        changed([{"value": "x", "label": words("Khác", "Other")}], "properties", "sex", "x-motcua", "options"),
        [("option_mismatch", "/form/properties/sex/x-motcua/options")],
    ),
    "a label is in one language only": (
        changed(words("Họ tên", ""), "properties", "name", "x-motcua", "label"),
        [("missing_title", "/form/properties/name/x-motcua/label")],
    ),
    "pages are no list": (
        changed({}, "x-motcua", "pages"),
        [("layout_malformed", "/form/x-motcua/pages")],
    ),
    "a section has something that sections have not": (
        changed("wide", *SECTION, "style"),
        [("layout_malformed", "/form/x-motcua/pages/0/sections/0/style")],
    ),
    "a layout of a field is text": (
        changed("x", "properties", "born", "x-motcua"),
        [("layout_malformed", "/form/properties/born/x-motcua")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_each_fault_is_found_alone_and_where_it_is(fault: str) -> None:
    form, expected = FAULTY[fault]
    assert found(form) == expected


def test_what_no_section_names_is_shown_last() -> None:
    layout = read_layout(changed(["born"], *SECTION, "fields"))
    assert [section.fields for section in layout.pages[-1].sections] == [("photo",), ("name", "sex")]


def test_a_form_without_a_layout_is_one_page_in_its_order() -> None:
    (page,) = read_layout(changed(..., "x-motcua")).pages
    (section,) = page.sections
    assert list(section.fields) == list(FORM["properties"])
    assert read_layout(None).pages == ()


@pytest.mark.parametrize(
    ("language", "title", "label", "help_", "option"),
    [("vi", "Cấp thẻ", "Họ tên", "Viết có dấu", "Nam"), ("en", "Library card", "Full name", "With accents", "Male")],
)  # fmt: skip
def test_the_form_is_served_whole_in_one_language(
    language: str, title: str, label: str, help_: str, option: str
) -> None:
    document = form_document(procedure(), language)
    assert document["title"] == title
    first, second = document["pages"][0]["sections"]
    assert [field["name"] for field in first["fields"]] == ["born", "name", "sex"]
    assert second["visibleWhen"] == {"field": "born", "filled": True}
    name = first["fields"][1]
    assert (name["label"], name["help"], name["required"], name["widget"]) == (label, help_, True, "text")
    assert name["pointer"] == "/form/name"
    options = first["fields"][2]["options"]
    assert [(each["value"], each["label"]) for each in options] == [("f", "f"), ("m", option), (None, "null")]
    assert first["fields"][0]["widget"] == "date"
    schema = document["schema"]
    assert "x-motcua" not in str(schema)
    assert schema["properties"]["name"]["title"] == label
    assert schema["properties"]["spouse"]["properties"]["name"]["title"] == label
    assert document["documents"][0]["code"] == "PHOTO"


def test_the_served_schema_takes_the_same_answers() -> None:
    served = jsonschema_rs.Draft202012Validator(form_document(procedure(), "en")["schema"])
    own = jsonschema_rs.Draft202012Validator(FORM)
    for answer in (
        {},
        {"name": "x"},
        {"name": 1},
        {"name": "x", "sex": "q"},
        {"name": "x", "spouse": {"name": 1}},
    ):
        assert served.is_valid(answer) == own.is_valid(answer)


KEYS = ["x-motcua", "properties", "pages", "sections", "fields", "title", "label", "options", "visibleWhen", "field",
        "all", "not", "equals", "enum", "value", "vi", "en", "type", "required", "a", "widget", "help"]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["a", "object", "string", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=4))
def test_whatever_a_form_says_it_can_be_read_and_shown(form: dict[str, Any]) -> None:
    definition = replace(procedure(), form=form)
    for finding in findings(definition):
        assert finding.message.vi
        assert finding.message.en
    shown = form_document(definition, "vi")
    properties = form.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    fields = [
        field["name"] for page in shown["pages"] for each in page["sections"] for field in each["fields"]
    ]
    assert sorted(fields) == sorted(names)
