"""What is wrong with the layout of a form: something that is shown and not asked, or asked and not shown.

| code                 | severity | what it says                                                               |
|----------------------|----------|----------------------------------------------------------------------------|
| layout_malformed     | error    | a part of the layout cannot be read                                        |
| unreadable_condition | error    | a condition cannot be read                                                 |
| unknown_field        | error    | a section, a condition or `detailOf` names a field that the form lacks     |
| field_repeated       | warning  | a field is laid out twice; it is shown where it comes first                |
| field_left_out       | warning  | no section names the field; it is shown last                               |
| hidden_required      | error    | a field is always required, but is not always shown                        |
| option_mismatch      | error    | an option is offered that the form does not take                           |
"""

from collections.abc import Iterator

from procedures.domain.definition import Definition
from procedures.domain.finding import Finding, Severity, error, warning
from procedures.domain.form_layout import KEY, Layout, read_layout
from procedures.domain.json_input import escaped, quoted

_OWN = ("missing_title", "unreadable_condition", "option_mismatch")
"""Faults of a layout that are findings of their own; the others are of its form."""


def layout_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the layout of the form; none where there is no form."""
    if definition.form is None:
        return
    layout = read_layout(definition.form)
    for fault in layout.faults:
        code = fault.code if fault.code in _OWN else "layout_malformed"
        yield Finding(code, Severity.ERROR, fault.pointer, fault.detail)
    yield from _named(layout)
    yield from _left_out(layout)
    yield from _hidden(layout)
    yield from _of_fields(layout)


def _named(layout: Layout) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, pointer in (*layout.named, *layout.conditions):
        if name not in layout.fields:
            yield error(
                "unknown_field",
                pointer,
                vi=f"Biểu mẫu không có trường {quoted(name)}.",
                en=f"The form has no field {quoted(name)}.",
            )
    for name, pointer in layout.named:
        if name in seen:
            yield warning(
                "field_repeated",
                pointer,
                vi=f"Trường {quoted(name)} đã được xếp ở trên; nó chỉ hiện một lần.",
                en=f"The field {quoted(name)} is laid out above; it is shown once.",
            )
        seen.add(name)


def _left_out(layout: Layout) -> Iterator[Finding]:
    named = {name for name, _ in layout.named}
    for name, field in layout.fields.items() if layout.laid_out else ():
        if name not in named:
            yield warning(
                "field_left_out",
                f"/form/properties/{escaped(name)}",
                vi=f"Trường {quoted(field.label.vi)} không nằm trong phần nào; nó hiện ở cuối biểu mẫu.",
                en=f"The field {quoted(field.label.en)} stands in no section; it is shown last.",
            )


def _hidden(layout: Layout) -> Iterator[Finding]:
    """What is required though it is hidden at times could never be filled in then."""
    sections = [section for page in layout.pages for section in page.sections]
    hidden = {name for section in sections if section.visible_when for name in section.fields}
    for name, field in layout.fields.items():
        if field.required and (field.visible_when is not None or name in hidden):
            yield error(
                "hidden_required",
                f"/form/properties/{escaped(name)}",
                vi=f"Trường {quoted(field.label.vi)} luôn bắt buộc nhưng có lúc bị ẩn; hãy để điều kiện vào"
                " “if”, “then” của biểu mẫu.",
                en=f"The field {quoted(field.label.en)} is always required but hidden at times; require it with"
                " “if” and “then”.",
            )


def _of_fields(layout: Layout) -> Iterator[Finding]:
    """Widgets that nobody knows, and fields without a label where others have one."""
    labelled = any(field.labelled for field in layout.fields.values())
    for name, field in layout.fields.items():
        pointer = f"/form/properties/{escaped(name)}"
        if not field.known_widget:
            yield warning(
                "unknown_widget",
                f"{pointer}/{KEY}/widget",
                vi=f"Trường {quoted(field.label.vi)} có cách nhập không rõ là gì; hiện như ô chữ.",
                en=f"The field {quoted(field.label.en)} has an unknown widget; it is shown as a text field.",
            )
        if labelled and not field.labelled:
            yield warning(
                "unlabelled_field",
                pointer,
                vi=f"Trường {quoted(name)} không có nhãn; hiện bằng mã trường.",
                en=f"The field {quoted(name)} has no label; its name is shown.",
            )
