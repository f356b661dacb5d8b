"""Bodies of answers about versions: their changes and their forms."""

from typing import Any

from pydantic import Field, RootModel

from procedures.catalogue.examples import DEFINITION
from procedures.domain.changes import Kind
from shared.schema import Schema, Words


class File(RootModel[dict[str, Any]]):
    """A file of JSON, spelled out by its own format."""


class ChangeView(Schema):
    """One difference between two versions."""

    kind: Kind
    pointer: str = Field(
        description="JSON Pointer into the newer version; of something removed, into the older",
        examples=["/steps/1/unit"],
    )
    before: Any = Field(None, description="What the older version says", examples=["PHONG_TU_PHAP"])
    after: Any = Field(None, description="What the newer version says", examples=["LANH_DAO"])
    text: Words


class ChangesView(Schema):
    """What a version says otherwise than an earlier one."""

    code: str = Field(examples=["TP01"])
    version: int
    since: int
    changes: list[ChangeView]


class OptionOfField(Schema):
    """A value to choose, and what it is called."""

    value: Any = Field(examples=["f"])
    label: str = Field(examples=["Nữ"])


class FieldOfForm(Schema):
    """A field, as it is shown."""

    name: str = Field(examples=["fullName"])
    pointer: str = Field(description="Under which faults of its answer are told", examples=["/form/fullName"])
    label: str = Field(examples=["Họ và tên"])
    help: str | None = Field(None, examples=["Viết có dấu, như trong căn cước"])
    widget: str = Field(examples=["text"])
    required: bool
    options: list[OptionOfField]
    visible_when: dict[str, Any] | None = Field(
        None,
        description="Shown only while this holds; see docs/forms.md",
        examples=[{"field": "married", "equals": True}],
    )
    document: str | None = Field(
        None, description="Code of the document that it stands for", examples=["GIAY_TO"]
    )
    detail_of: str | None = Field(
        None, description="Name of the field that it explains", examples=["married"]
    )


class SectionOfForm(Schema):
    """Fields that stand together."""

    title: str | None = Field(None, examples=["Nhân thân"])
    help: str | None = Field(None, examples=["Theo căn cước công dân"])
    visible_when: dict[str, Any] | None = Field(None, examples=[{"field": "married", "equals": True}])
    fields: list[FieldOfForm]


class PageOfForm(Schema):
    """What is filled in at once."""

    title: str | None = Field(None, examples=["Người nộp hồ sơ"])
    sections: list[SectionOfForm]


class DocumentOfForm(Schema):
    """A paper to attach."""

    code: str = Field(examples=["GIAY_CHUNG_SINH"])
    title: str = Field(examples=["Giấy chứng sinh"])
    required: bool
    media_types: list[str] = Field(examples=[["application/pdf"]])
    max_bytes: int | None = None


class FormView(Schema):
    """The form of a version in the caller's language, ready to be rendered."""

    code: str = Field(examples=["TP01"])
    version: int
    language: str = Field(examples=["vi"])
    title: str = Field(examples=["Xác nhận mẫu"])
    schema_: dict[str, Any] = Field(
        alias="schema", description="JSON Schema 2020-12 of the answers", examples=[DEFINITION["form"]]
    )
    pages: list[PageOfForm]
    documents: list[DocumentOfForm]
