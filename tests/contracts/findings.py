"""The page of all findings of the linter, put together from the tables in the modules that find them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.applications import ROOT

DOMAIN = ROOT / "services/procedures/src/procedures/domain"
FILE = ROOT / "docs" / "findings.md"
_HEADINGS = ["code", "severity", "what it says"]
_TITLES = {
    "findings": "Of definitions",
    "layout_findings": "Of the layout of forms",
    "rule_findings": "Of rules",
    "dmn": "Of DMN tables",
    "register_sheet": "Of register sheets, besides",
    "importing": "Of BPMN diagrams, besides",
    "link_findings": "Of links between procedures",
}


@dataclass(frozen=True)
class Row:
    """A line of a table: one code or several of the same kind."""

    codes: tuple[str, ...]
    severity: str
    says: str


def tables() -> Iterator[tuple[Path, list[Row]]]:
    """The table of each module that has one in its docstring."""
    for path in sorted(DOMAIN.rglob("*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text())) or ""
        cells = [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in doc.splitlines()
            if line.strip().startswith("|")
        ]
        if cells and cells[0] == _HEADINGS:
            yield path, _rows(cells[2:])


def _rows(cells: list[list[str]]) -> list[Row]:
    rows: list[Row] = []
    for codes, severity, says in cells:
        named = tuple(code.strip() for code in codes.split(",") if code.strip())
        if severity:
            rows.append(Row(named, severity, says))
        else:  # the line before goes on
            rows[-1] = replace(rows[-1], codes=rows[-1].codes + named, says=f"{rows[-1].says} {says}".strip())
    return rows


def page() -> str:
    """The text of docs/findings.md."""
    lines = [
        "# The findings of the linter",
        "",
        "Written by `make contracts` from the modules that find them. Codes are stable; what is said beside them, in",
        "Vietnamese and English, is for people and may be worded better. Each finding points into the definition or",
        "the sheet (JSON Pointer). An error keeps a draft from being published, a warning does not.",
    ]
    for path, rows in tables():
        title = _TITLES.get(path.stem, f"Of {path.stem.replace('_', ' ')}")
        lines += ["", f"## {title}", "", "| code | severity | what it says |", "|---|---|---|"]
        lines += [
            f"| {', '.join(f'`{code}`' for code in row.codes)} | {row.severity} | {row.says} |"
            for row in rows
        ]
    return "\n".join(lines) + "\n"


def raised() -> Iterator[tuple[str, str]]:
    """The code and severity of every finding that the domain makes with `error(…)` or `warning(…)`."""
    for path in DOMAIN.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("error", "warning")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value), node.func.id
