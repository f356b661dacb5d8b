"""What came of reading register sheets, as text for the command line."""

from collections.abc import Callable, Sequence
from typing import Literal

from procedures.domain.definition import run_to_end
from procedures.domain.finding import Finding, Severity
from procedures.domain.register_sheet import Imported
from shared.errors import Text

Language = Literal["vi", "en", "both"]

_WIDEST_TITLE = 60

_HEADINGS = (
    Text("Phiếu", "Sheet"),
    Text("Thủ tục", "Procedure"),
    Text("Công việc", "Steps"),
    Text("Đến kết thúc", "To the end"),
    Text("Lỗi", "Errors"),
    Text("Cảnh báo", "Warnings"),
)

_SEVERITIES = {Severity.ERROR: Text("LỖI", "ERROR"), Severity.WARNING: Text("CẢNH BÁO", "WARNING")}


def render(imports: Sequence[tuple[str, Imported]], language: Language = "vi") -> str:
    """A summary, a table with a line a sheet, and the findings of each sheet that has any.

    `imports` are pairs of what the sheet is called (its file) and how it was read.
    """
    say = _sayer(language)
    lines = [
        say(_summary(imports)),
        "",
        *_table([[say(heading) for heading in _HEADINGS], *map(_row, imports)]),
    ]
    for name, imported in imports:
        if imported.findings:
            lines += ["", name]
            for finding in sorted(imported.findings, key=lambda found: found.severity is Severity.WARNING):
                lines += _finding(finding, say, language)
    return "\n".join(lines) + "\n"


def _sayer(language: Language) -> Callable[[Text], str]:
    if language == "both":
        return lambda text: f"{text.vi} / {text.en}"
    return lambda text: text.in_language(language)


def _summary(imports: Sequence[tuple[str, Imported]]) -> Text:
    ready = sum(imported.publishable for _, imported in imports)
    drafts = sum(imported.definition is not None for _, imported in imports)
    unread, blocked = len(imports) - drafts, drafts - ready
    return Text(
        vi=f"{len(imports)} phiếu: {ready} công bố được, {blocked} phải sửa trước khi công bố,"
        f" {unread} không lập được bản nháp.",
        en=f"{len(imports)} sheets: {ready} can be published, {blocked} must be corrected first,"
        f" {unread} gave no draft.",
    )


def _row(named: tuple[str, Imported]) -> list[str]:
    name, imported = named
    errors = sum(finding.severity is Severity.ERROR for finding in imported.findings)
    counts = [str(errors), str(len(imported.findings) - errors)]
    draft = imported.definition
    if draft is None:
        return [name, "—", "—", "—", *counts]
    title = (
        draft.title.vi if len(draft.title.vi) <= _WIDEST_TITLE else draft.title.vi[: _WIDEST_TITLE - 1] + "…"
    )
    way = run_to_end(draft)
    return [name, title, str(len(draft.steps)), "—" if way is None else str(len(way)), *counts]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of words to the left, columns of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _finding(finding: Finding, say: Callable[[Text], str], language: Language) -> list[str]:
    said = [finding.message.vi, finding.message.en] if language == "both" else [say(finding.message)]
    place = finding.pointer or "/"
    return [
        f"  {say(_SEVERITIES[finding.severity])}  {place}  ({finding.code})",
        *(f"    {line}" for line in said),
    ]
