"""The report of an import, as the command line prints it."""

import pytest

from procedures.domain.register_sheet import Imported, read_sheet
from procedures.domain.report import Language, render

TASK = {"code": "NHAN", "name": "Nhận", "days": 1, "next": "NULL"}
STEP = {"unit": "QUAY", "name": "Quầy", "days": 1, "role": None, "tasks": [TASK]}


def read(**changes: object) -> Imported:
    sheet = {"sheet": "V1", "code": "V1", "title": "Vé gửi xe", "total_days": 1, "fee": "0", "steps": [STEP]}
    return read_sheet(sheet | changes, agency="BAI_XE")


IMPORTS = [
    ("tot.json", read()),
    ("sua.json", read(steps=[{**STEP, "tasks": [{**TASK, "next": "TRA"}]}], fee="5.000")),
    ("hong.json", read_sheet(b"?", agency="BAI_XE")),
]


def test_the_table_has_a_line_for_each_sheet_with_its_verdict() -> None:
    lines = render(IMPORTS, "en").splitlines()
    assert lines[0] == "3 sheets: 1 can be published, 1 must be corrected first, 1 gave no draft."
    assert [line.split() for line in lines[3:6]] == [
        ["tot.json", "Vé", "gửi", "xe", "1", "1", "0", "0"],
        ["sua.json", "Vé", "gửi", "xe", "1", "—", "2", "1"],
        ["hong.json", "—", "—", "—", "1", "0"],
    ]
    assert len({len(line) for line in lines[2:6]}) == 1


def test_findings_stand_under_the_name_of_their_sheet_errors_first() -> None:
    lines = render(IMPORTS, "vi").splitlines()
    at = lines.index("sua.json")
    assert lines[at + 1] == "  LỖI  /steps/0/tasks/0/next  (dangling_transition)"
    assert lines[at + 5] == "  CẢNH BÁO  /fee  (fee_format)"
    assert "“5.000”" in lines[at + 6]
    assert "tot.json" not in lines[7:]


@pytest.mark.parametrize(
    ("language", "vi", "en"), [("vi", True, False), ("en", False, True), ("both", True, True)]
)
def test_it_speaks_the_language_that_is_asked_for(language: Language, vi: bool, en: bool) -> None:
    text = render(IMPORTS, language)
    assert ("nhưng không có công việc nào mang mã đó" in text) == vi
    assert ("but no step has that code" in text) == en
