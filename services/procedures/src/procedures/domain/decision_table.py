"""A decision table: rows of conditions and answers, as GoRules' JSON Decision Model (JDM) writes them.

A rule is one table. JDM's graphs may hold more: functions in JavaScript, loops, further tables fed by the
first. That would be another language to write programs in, whose cost nobody could tell beforehand, so that
only a graph of input, one table and output is read.

Hit policies are JDM's `first` and `collect`, and DMN's `unique` (at most one row may match) and `any` (several may,
if they answer the same). A blank condition always holds; a row must answer for each output.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from procedures.domain.expressions import ANYTHING, Expression, of_column, read_condition, read_value
from procedures.domain.json_input import Node

MOST_CELLS = 2000
"""Conditions and answers of one table."""

MOST_COLUMNS = 30

MOST_COPIES = 200
"""Answers of one table that are made of its inputs: with `collect` all of them may be given at once."""

_OUTPUT = re.compile(r"[A-Za-z]\w{0,49}", re.ASCII)
MATCHED = "row"
"""The output under which the engine says which row matched."""

_INPUT_NODE, _TABLE_NODE, _OUTPUT_NODE = "inputNode", "decisionTableNode", "outputNode"


class HitPolicy(StrEnum):
    """What counts when several rows match."""

    FIRST = "first"
    UNIQUE = "unique"
    ANY = "any"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True)
class Row:
    """What must hold, column by column, and what is answered, output by output."""

    conditions: tuple[Expression, ...]
    answers: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A table that was read without a fault."""

    hit_policy: HitPolicy
    columns: tuple[Expression | None, ...]
    """What each column looks at; None where its cells are conditions by themselves."""
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that is evaluated."""
        cells = (cell for row in self.rows for cell in (*row.conditions, *row.answers))
        return (*(column for column in self.columns if column is not None), *cells)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that the table names, each once."""
        return tuple(dict.fromkeys(name for part in self.expressions for name in part.names))

    def answers(self, output: str) -> tuple[Expression, ...]:
        """What the rows answer for an output."""
        at = self.outputs.index(output)
        return tuple(row.answers[at] for row in self.rows)


def read_table(node: Node) -> DecisionTable:
    """The table in the JDM at a node; faults are noted."""
    node.object()
    tables = []
    for part in node.get("nodes").items():
        kind = part.get("type").code()
        if kind == _TABLE_NODE:
            tables.append(part)
        elif kind not in (_INPUT_NODE, _OUTPUT_NODE):
            part.get("type").fault(
                "rule_node", vi="Quy tắc chỉ được là một bảng quyết định.", en="A rule is one decision table."
            )
    if len(tables) != 1:
        node.get("nodes").fault(
            "rule_node",
            vi="Quy tắc cần đúng một bảng quyết định.",
            en="A rule has exactly one decision table.",
        )
        return DecisionTable(HitPolicy.FIRST, (), (), ())
    return _table(tables[0].get("content"))


def _table(node: Node) -> DecisionTable:
    node.object()
    for name, usual in (("passThrough", False), ("executionMode", "single"), ("inputField", None)):
        if node.get(name).given and node.get(name).value not in (usual, ""):
            node.get(name).fault("rule_loop", vi="Không hỗ trợ mục này.", en="This is not supported.")
    inputs, outputs, rows = (node.get(name).items() for name in ("inputs", "outputs", "rules"))
    if max(len(inputs), len(outputs)) > MOST_COLUMNS or (len(inputs) + len(outputs)) * len(rows) > MOST_CELLS:
        node.fault(
            "rule_too_large",
            vi=f"Bảng quá lớn: tối đa {MOST_COLUMNS} cột và {MOST_CELLS} ô.",
            en=f"The table is too large: at most {MOST_COLUMNS} columns and {MOST_CELLS} cells.",
        )
        return DecisionTable(HitPolicy.FIRST, (), (), ())
    columns = tuple(_column(column.get("field")) for column in inputs)
    names = tuple(_output(output.get("field")) for output in outputs)
    for at, name in enumerate(names):
        if name in names[:at]:
            outputs[at].get("field").fault(
                "repeated", vi="Cột này đã có.", en="There is such a column already."
            )
    if not names:
        node.get("outputs").fault(
            "rule_without_output", vi="Cần ít nhất một kết quả.", en="It answers nothing."
        )
    given, asked = ([column.get("id").code() for column in part] for part in (inputs, outputs))
    read = tuple(_row(row, columns, given, asked) for row in rows)
    if sum(bool(answer.names) for row in read for answer in row.answers) > MOST_COPIES:
        node.fault(
            "rule_too_large",
            vi=f"Tối đa {MOST_COPIES} kết quả được tính từ dữ liệu.",
            en=f"At most {MOST_COPIES} answers may be made of inputs.",
        )
    return DecisionTable(_hit_policy(node.get("hitPolicy")), columns, names, read)


def _hit_policy(node: Node) -> HitPolicy:
    if not node.given:
        return HitPolicy.FIRST
    name = node.code()
    if name in set(HitPolicy):
        return HitPolicy(name)
    names = ", ".join(HitPolicy)
    node.fault("unknown_kind", vi=f"Cần một trong: {names}.", en=f"One of these is needed: {names}.")
    return HitPolicy.FIRST


def _column(field: Node) -> Expression | None:
    return read_value(field) if field.given and field.value != "" else None


def _output(field: Node) -> str:
    name = field.code()
    if name and not _OUTPUT.fullmatch(name):
        field.fault(
            "wrong_name",
            vi="Tên kết quả chỉ gồm chữ không dấu, số, _.",
            en="A name has letters, digits and _ only.",
        )
    return name


def _row(row: Node, columns: Sequence[Expression | None], given: Sequence[str], asked: Sequence[str]) -> Row:
    row.object()
    conditions = (_cell(row.get(name), column) for name, column in zip(given, columns, strict=True))
    return Row(tuple(conditions), tuple(read_value(row.get(name)) for name in asked))


def _cell(cell: Node, column: Expression | None) -> Expression:
    if column is not None:
        return read_condition(cell)
    return read_value(cell) if cell.given and cell.value not in ("", "-") else ANYTHING


def as_jdm(table: DecisionTable) -> Mapping[str, Any]:
    """The same table for the engine, which answers with the rows that match (`MATCHED`).

    What a row answers is evaluated apart: where the engine cannot, it would take the row for one that does not
    match, and go on to the next.
    """
    conditions = [f"c{at}" for at in range(len(table.columns))]
    content = {
        "hitPolicy": "first" if table.hit_policy is HitPolicy.FIRST else "collect",
        "inputs": [{"id": name, "name": name} for name in conditions],
        "outputs": [{"id": MATCHED, "name": MATCHED, "field": MATCHED}],
        "rules": [
            {"_id": str(at), MATCHED: str(at)} | dict(zip(conditions, _conditions(table, row), strict=True))
            for at, row in enumerate(table.rows)
        ],
    }
    return graph(content)


def _conditions(table: DecisionTable, row: Row) -> Iterator[str]:
    for column, cell in zip(table.columns, row.conditions, strict=True):
        yield cell.whole if column is None else of_column(cell, column)


def graph(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JDM of one table: input, table, output."""
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "input", "name": "input", "type": _INPUT_NODE},
            {"id": "table", "name": "table", "type": _TABLE_NODE, "content": content},
            {"id": "output", "name": "output", "type": _OUTPUT_NODE},
        ],
        "edges": [
            {"id": "in", "type": "edge", "sourceId": "input", "targetId": "table"},
            {"id": "out", "type": "edge", "sourceId": "table", "targetId": "output"},
        ],
    }
