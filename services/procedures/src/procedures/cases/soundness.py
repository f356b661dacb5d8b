"""Whether what is stored of a case is what was done to it.

The chain of hashes shows a changed log. State, form, open tasks and the columns that lists are read from
follow from the log, so each of them is compared with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.store import Stored
from procedures.domain.acts import Entry
from procedures.domain.case import Case, fold
from procedures.domain.log import Link, canonical, first_broken
from shared.db import AnyRow
from shared.errors import Text

LARGEST_WHOLE = 2**53
"""A whole number that large is not taken in a form, so one that is found was a floating-point number."""

_UNREADABLE = Text(vi="Nhật ký không đọc được.", en="The log cannot be read.")
_LOG_LOST = Text(vi="Hồ sơ không có nhật ký.", en="The case has no log.")
_END_LOST = Text(
    vi="Nhật ký bị mất phần cuối, hoặc mã băm cuối bị sửa.",
    en="The end of the log, or its hash, is not there.",
)
_STATE = Text(vi="Trạng thái không khớp với nhật ký.", en="The state does not follow from the log.")
_FORM = Text(vi="Tờ khai không phải là bản đã nộp.", en="The form is not the one that was filed.")
_COLUMNS = Text(
    vi="Dòng hồ sơ không khớp với nhật ký.", en="The row of the case does not follow from the log."
)
_TASKS = Text(vi="Việc đang mở không khớp với nhật ký.", en="The open tasks do not follow from the log.")


@dataclass(frozen=True, slots=True)
class Verified:
    """A case that was looked at, and the first thing that is wrong with it."""

    id: UUID
    code: str
    flaw: Text | None


def flaw_of_log(stored: Stored, links: Sequence[Link], form: Mapping[str, Any]) -> Text | None:
    """The first thing that is wrong with log, state or form of a case; None when all follows."""
    flaw = _flaw_of_chain(stored.case.id, stored.code, stored.head, links)
    if flaw is not None:
        return flaw
    case = _folded(stored.case.id, links)
    if case is None:
        return _UNREADABLE
    if case != stored.case:
        return _STATE
    return None if _is_filed(form, case) else _FORM


async def verify_cases(
    tx: AsyncConnection, *, after: UUID | None, limit: int, code: str | None = None
) -> list[Verified]:
    """Look at the next cases in the order of their ids, or at the one with this code.

    First in its transaction, so that no act comes between a case and its log.
    """
    await store.see_one_state(tx)
    rows = await store.kept_cases(tx, after=after, limit=limit, code=code)
    ids = [row.id for row in rows]
    logs, tasks = await store.logs_of(tx, ids), await store.tasks_of(tx, ids)
    return [
        Verified(row.id, row.code, _flaw_of_row(row, logs.get(row.id, []), tasks.get(row.id, [])))
        for row in rows
    ]


def _flaw_of_row(row: AnyRow, links: Sequence[Link], tasks: Sequence[Mapping[str, Any]]) -> Text | None:
    flaw = _flaw_of_chain(row.id, row.code, row.head, links)
    if flaw is not None:
        return flaw
    case = _folded(row.id, links)
    if case is None:
        return _UNREADABLE
    if row.state != store.case_json(case):
        return _STATE
    if not _is_filed(row.form, case):
        return _FORM
    if any(getattr(row, name) != value for name, value in store.case_columns(case).items()):
        return _COLUMNS
    expected = [store.task_row(task) for task in case.tasks]
    return None if sorted(tasks, key=_step) == sorted(expected, key=_step) else _TASKS


def _is_filed(form: Mapping[str, Any], case: Case) -> bool:
    return sha256(canonical(_as_filed(form))).hexdigest() == case.form_sha256


def _as_filed(value: Any) -> Any:
    """The value with its numbers as they were filed: PostgreSQL writes 1e16 out as a whole number."""
    if isinstance(value, Mapping):
        return {name: _as_filed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_filed(part) for part in value]
    return float(value) if type(value) is int and abs(value) >= LARGEST_WHOLE else value


def _flaw_of_chain(case_id: UUID, code: str, head: bytes, links: Sequence[Link]) -> Text | None:
    if not links:
        return _LOG_LOST
    broken = first_broken(code, case_id, links)
    if broken is not None:
        return Text(
            vi=f"Nhật ký bị sửa từ mục {broken}.", en=f"The log was changed; entry {broken} does not follow."
        )
    return None if links[-1].hash == head else _END_LOST


def _folded(case_id: UUID, links: Sequence[Link]) -> Case | None:
    """The case that the log describes; None when an entry is none of ours, although its hash is right."""
    try:
        entries: list[Entry] = [store.entry_of(link) for link in links]
        return fold(case_id, entries)
    except (ValidationError, ValueError):
        return None


def _step(task: Mapping[str, Any]) -> str:
    return str(task["step"])
