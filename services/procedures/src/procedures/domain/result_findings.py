"""What is wrong with the results that a procedure can end in.

| code                      | severity | what it says                                                               |
|---------------------------|----------|----------------------------------------------------------------------------|
| unknown_variable          | error    | a template of a result names something that nobody knows                   |
| closed_before_result      | warning  | a rule grants and closes cases before anybody could issue their result     |
"""

from collections.abc import Iterator

from procedures.domain.definition import Definition
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted
from procedures.domain.result import unknown_names


def result_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the types of result, and about what keeps them from being issued in time."""
    yield from _templates(definition)
    yield from _closed_at_once(definition)


def _templates(definition: Definition) -> Iterator[Finding]:
    properties = (definition.form or {}).get("properties")
    fields = properties.keys() if isinstance(properties, dict) else ()
    for at, kind in enumerate(definition.results):
        for name in unknown_names(kind.template, fields):
            yield error(
                "unknown_variable",
                f"/results/{at}/template",
                vi=f"Mẫu {quoted(kind.title.vi)} dùng {quoted(name)}, nhưng không có thông tin nào tên như vậy.",
                en=f"The template {quoted(kind.title.en)} names {quoted(name)}, which stands for nothing.",
            )


def _closed_at_once(definition: Definition) -> Iterator[Finding]:
    approval = definition.automation.approval
    if approval is None or approval.to is not None:
        return
    if any(kind.outcome != "rejected" for kind in definition.results):
        yield warning(
            "closed_before_result",
            "/automation/approval/to",
            vi="Hồ sơ được quy tắc chấp thuận thì đóng ngay, chưa ai cấp kết quả; hãy ghi bước trả kết quả.",
            en="A case that a rule grants is closed at once, with no result issued; name the step that hands it over.",
        )
