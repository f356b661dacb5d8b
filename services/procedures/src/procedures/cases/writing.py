"""The statements that write what was done to cases: one each, for one case or for a thousand."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ARRAY, DateTime, Integer, LargeBinary, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

_Instant: TypeEngine[Any] = DateTime(timezone=True)

LINK: Mapping[str, TypeEngine[Any]] = {
    "case_id": Uuid(),
    "sequence": Integer(),
    "at": _Instant,
    "actor": Text(),
    "act": Text(),
    "hash": LargeBinary(),
}
CHANGE: Mapping[str, TypeEngine[Any]] = {
    "key": Uuid(),
    "procedure": Text(),
    "version": Integer(),
    "agency": Text(),
    "applicant": Text(),
    "status": Text(),
    "submitted_at": _Instant,
    "due_at": _Instant,
    "sequence": Integer(),
    "head": LargeBinary(),
    "state": Text(),
}
TASK: Mapping[str, TypeEngine[Any]] = {
    "case_id": Uuid(),
    "step": Text(),
    "agency": Text(),
    "unit": Text(),
    "role": Text(),
    "opened_at": _Instant,
    "due_at": _Instant,
    "sort_at": _Instant,
    "procedure": Text(),
    "status": Text(),
}
PLACE: Mapping[str, TypeEngine[Any]] = {"case_id": Uuid(), "step": Text()}


# Built of the names above alone.
# ruff: noqa: S608
def _rows(columns: Mapping[str, TypeEngine[Any]]) -> str:
    """`unnest(:a, :b) AS row (a, b)`: the rows of a statement, each column one array."""
    return f"unnest({', '.join(f':{name}' for name in columns)}) AS row ({', '.join(columns)})"


def _statement(sql: str, columns: Mapping[str, TypeEngine[Any]]) -> TextClause:
    """Made once: making it takes longer than carrying it out."""
    return text(sql).bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()))


_SET = ", ".join(
    f"{name} = row.{name}{'::jsonb' if name == 'state' else ''}" for name in CHANGE if name != "key"
)
_APPEND = _statement(
    "INSERT INTO case_log (case_id, sequence, at, actor, act, hash)"
    f" SELECT case_id, sequence, at, actor::jsonb, act::jsonb, hash FROM {_rows(LINK)}",
    LINK,
)
_CHANGE = _statement(f"UPDATE cases SET {_SET} FROM {_rows(CHANGE)} WHERE cases.id = row.key", CHANGE)
_CLOSE = _statement(
    f"DELETE FROM tasks USING {_rows(PLACE)} WHERE tasks.case_id = row.case_id AND tasks.step = row.step",
    PLACE,
)
_OPEN = _statement(
    f"INSERT INTO tasks ({', '.join(TASK)}) SELECT {', '.join(TASK)} FROM {_rows(TASK)}"
    " ON CONFLICT (case_id, step) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in TASK if name not in PLACE),
    TASK,
)


async def append_links(tx: AsyncConnection, links: Sequence[Mapping[str, Any]]) -> None:
    """Entries of the logs; `actor` and `act` are plain JSON."""
    rows = [{**link, "actor": _json(link["actor"]), "act": _json(link["act"])} for link in links]
    await _write(tx, _APPEND, LINK, rows)


async def change_cases(tx: AsyncConnection, states: Sequence[Mapping[str, Any]]) -> None:
    """The rows of cases as they stand now; `state` is JSON as text."""
    await _write(tx, _CHANGE, CHANGE, states)


async def close_tasks(tx: AsyncConnection, places: Sequence[Mapping[str, Any]]) -> None:
    """Steps that are not open any more."""
    await _write(tx, _CLOSE, PLACE, places)


async def open_tasks(tx: AsyncConnection, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Steps that are open now, or open otherwise than before."""
    await _write(tx, _OPEN, TASK, tasks)


async def _write(
    tx: AsyncConnection,
    statement: TextClause,
    columns: Mapping[str, TypeEngine[Any]],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    if not rows:
        return
    arrays = {name: [row[name] for row in rows] for name in columns}
    await tx.execute(statement, arrays)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
