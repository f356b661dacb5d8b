"""What is wrong with the results that a procedure can end in.

| code                      | severity | what it says                                                               |
|---------------------------|----------|----------------------------------------------------------------------------|
| unknown_variable          | error    | a template of a result names something that nobody knows                   |
| unwritable_variable       | error    | a template of a result names a field that cannot be written in words       |
| rejection_without_reason  | warning  | the template of a rejection leaves out its reason                          |
| rejection_without_ground  | warning  | the template of a rejection leaves out its legal ground                    |
| rejection_without_remedies | warning | a rejection does not say what the applicant can do against it              |
| closed_before_result      | warning  | a rule grants and closes cases before anybody could issue their result     |
"""

from collections.abc import Iterator

from procedures.domain.definition import Definition
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted
from procedures.domain.result import fields_of, has_words, named_in, unknown_names
from shared.errors import Text

_SAID_OF_REJECTIONS = (
    ("rejection_without_reason", "decision.reason", Text(vi="lý do", en="its reason")),
    ("rejection_without_ground", "decision.legalGround", Text(vi="căn cứ pháp lý", en="its legal ground")),
)


def result_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the types of result, and about what keeps them from being issued in time."""
    yield from _templates(definition)
    yield from _rejections(definition)
    yield from _closed_at_once(definition)


def _templates(definition: Definition) -> Iterator[Finding]:
    fields = fields_of(definition.form)
    wordless = {f"form.{name}" for name, field in fields.items() if not has_words(field)}
    for at, kind in enumerate(definition.results):
        for name in unknown_names(kind.template, fields):
            yield error(
                "unknown_variable",
                f"/results/{at}/template",
                vi=f"Mẫu {quoted(kind.title.vi)} dùng {quoted(name)}, nhưng không có thông tin nào tên như vậy.",
                en=f"The template {quoted(kind.title.en)} names {quoted(name)}, which stands for nothing.",
            )
        for name in (name for name in named_in(kind.template) if name in wordless):
            yield error(
                "unwritable_variable",
                f"/results/{at}/template",
                vi=f"Mẫu {quoted(kind.title.vi)} dùng {quoted(name)}, là một nhóm thông tin nên không viết được"
                " thành câu; hãy để biểu mẫu có một mục riêng cho từng thông tin.",
                en=f"The template {quoted(kind.title.en)} names {quoted(name)}, a group of details that cannot be"
                " written in words; give the form a field for each.",
            )


def _rejections(definition: Definition) -> Iterator[Finding]:
    """A rejection is in writing, with its reason and legal ground, and says how to complain about it."""
    for at, kind in enumerate(definition.results):
        if kind.outcome != "rejected":
            continue
        named = named_in(kind.template)
        for code, name, words in _SAID_OF_REJECTIONS:
            if name not in named:
                yield warning(
                    code,
                    f"/results/{at}/template",
                    vi=f"Mẫu từ chối {quoted(kind.title.vi)} không nêu {words.vi}: hãy dùng {quoted(name)}.",
                    en=f"The rejection {quoted(kind.title.en)} does not tell {words.en}: name {quoted(name)}.",
                )
        if kind.remedies is None:
            yield warning(
                "rejection_without_remedies",
                f"/results/{at}/remedies",
                vi=f"Mẫu từ chối {quoted(kind.title.vi)} chưa nêu quyền khiếu nại, khởi kiện và thời hạn.",
                en=f"The rejection {quoted(kind.title.en)} does not say how to complain about it, and until when.",
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
