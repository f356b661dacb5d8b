"""The one statement that writes what was done to cases, be it one or a thousand.

Log, state, open steps, timers and events go to the database together: each way there and back costs more than what is
written on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    TextClause,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from procedures.cases.store import task_row
from procedures.domain.case import Case
from shared import outbox

Rows = Sequence[Mapping[str, Any]]
Columns = Mapping[str, TypeEngine[Any]]

_Instant: TypeEngine[Any] = DateTime(timezone=True)

_LINK: Columns = {
    "case_id": Uuid(),
    "sequence": Integer(),
    "at": _Instant,
    "actor": Text(),
    "act": Text(),
    "hash": LargeBinary(),
}
_STATE: Columns = {
    "id": Uuid(),
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
_PLACE: Columns = {"case_id": Uuid(), "step": Text()}
_TASK: Columns = {
    **_PLACE,
    "agency": Text(),
    "unit": Text(),
    "role": Text(),
    "opened_at": _Instant,
    "due_at": _Instant,
    "sort_at": _Instant,
    "procedure": Text(),
    "status": Text(),
}
_OCCASION: Columns = {"case_id": Uuid(), "kind": Text(), "subject": Text()}
_TIMER: Columns = {**_OCCASION, "at": _Instant}
_EVENT: Columns = {
    "id": Uuid(),
    "aggregatetype": Text(),
    "aggregateid": Uuid(),
    "type": Text(),
    "sequence": BigInteger(),
    "occurred_at": _Instant,
    "traceparent": Text(),
    "payload": Text(),
}


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of what was done. What is JSON is text; no row that goes is one that comes."""

    links: Rows
    """Entries of the logs."""
    states: Rows
    """The rows of the cases as they stand now, each once."""
    closed: Rows
    """Steps that are not open any more."""
    opened: Rows
    """Steps that are open now, or open otherwise than before."""
    unset: Rows
    """Timers that will not fire any more."""
    timers: Rows
    """Timers that will fire, or at another instant than before."""
    events: Rows
    """As the outbox keeps them."""


_COLUMNS: Mapping[str, Columns] = {
    "links": _LINK,
    "states": _STATE,
    "closed": _PLACE,
    "opened": _TASK,
    "unset": _OCCASION,
    "timers": _TIMER,
    "events": _EVENT,
}


# Built of the names above alone.
# ruff: noqa: S608
def _rows(part: str) -> str:
    """`unnest(:links_a, :links_b) AS links (a, b)`: the rows of one part, each column one array."""
    columns = _COLUMNS[part]
    return f"unnest({', '.join(f':{part}_{name}' for name in columns)}) AS {part} ({', '.join(columns)})"


def _statement() -> TextClause:
    def listed(columns: Columns, form: str, *without: str) -> str:
        return ", ".join(form.format(name) for name in columns if name not in without)

    sql = f"""
    WITH logged AS (
        INSERT INTO case_log (case_id, sequence, at, actor, act, hash)
        SELECT case_id, sequence, at, actor::jsonb, act::jsonb, hash FROM {_rows("links")}
    ), changed AS (
        UPDATE cases SET {listed(_STATE, "{0} = states.{0}", "id", "state")}, state = states.state::jsonb
        FROM {_rows("states")} WHERE cases.id = states.id
    ), closed_then AS (
        DELETE FROM tasks USING {_rows("closed")}
        WHERE (tasks.case_id, tasks.step) = (closed.case_id, closed.step)
    ), opened_then AS (
        INSERT INTO tasks ({listed(_TASK, "{}")}) SELECT {listed(_TASK, "{}")} FROM {_rows("opened")}
        ON CONFLICT (case_id, step) DO UPDATE SET {listed(_TASK, "{0} = excluded.{0}", *_PLACE)}
    ), unset_then AS (
        DELETE FROM timers USING {_rows("unset")}
        WHERE (timers.case_id, timers.kind, timers.subject) = (unset.case_id, unset.kind, unset.subject)
    ), set_then AS (
        INSERT INTO timers (case_id, kind, subject, at, fires_at)
        SELECT case_id, kind, subject, at, at FROM {_rows("timers")}
        ON CONFLICT (case_id, kind, subject) DO UPDATE SET at = excluded.at, fires_at = excluded.at, failures = 0
    )
    INSERT INTO outbox ({listed(_EVENT, "{}")})
    SELECT {listed(_EVENT, "{}", "payload")}, payload::jsonb FROM {_rows("events")}
    """
    return text(sql).bindparams(
        *(
            bindparam(f"{part}_{name}", type_=ARRAY(kind))
            for part, columns in _COLUMNS.items()
            for name, kind in columns.items()
        )
    )


_WRITE = _statement()
"""Made once: making it takes longer than carrying it out."""


async def write(tx: AsyncConnection, written: Written) -> None:
    """Write all of it, in the transaction at hand. The row locks of the cases are held."""
    arrays = {
        f"{part}_{name}": [row[name] for row in getattr(written, part)]
        for part, columns in _COLUMNS.items()
        for name in columns
    }
    await tx.execute(_WRITE, arrays)
    outbox.mark_filled(tx)


def tasks_changed(changes: Sequence[tuple[Case, Case]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Of cases before and after: where steps are not open any more, and the rows of those that are, or are otherwise."""
    gone = [
        {"case_id": before.id, "step": task.step}
        for before, after in changes
        for task in before.tasks
        if after.task(task.step) is None
    ]
    come = [
        {"case_id": after.id, **task_row(after, task)}
        for before, after in changes
        for task in after.tasks
        if task not in before.tasks or after.status is not before.status
    ]
    return gone, come
