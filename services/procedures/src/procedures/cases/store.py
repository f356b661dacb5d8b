"""Every SQL statement about cases.

A case is written by its acts: log entries, the state they fold to, the open tasks and the events, in one
transaction under the case's row lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import orjson
import structlog
from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Select, Text, bindparam, cast, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sealing import FiledForm, filed_form, key_of, opened_act, opened_case, sealed_act
from procedures.cases.sight import Sight
from procedures.domain.acts import Act, Actor, Entry
from procedures.domain.case import Case, Task
from procedures.domain.log import Link, chained_bytes, entry_hash
from procedures.domain.status import Status
from procedures.keys.keyring import CaseKey
from procedures.tables import case_log, cases, consultees, tasks, timers
from shared.db import AnyRow

DATED = (Status.SUBMITTED, Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED, Status.DECIDED)
"""The statuses in which something may fall due."""
FAR = datetime(9999, 12, 31, tzinfo=UTC)

_CASE = TypeAdapter(Case)
_ACT: TypeAdapter[Act] = TypeAdapter(Annotated[Act, Field(discriminator="kind")])
_ACTOR = TypeAdapter(Actor)

_COLUMNS = ("procedure", "version", "agency", "applicant", "status", "submitted_at", "due_at", "sequence")
SEEN = (cases.c.id, cast(cases.c.state, Text).label("state"), cases.c.code, cases.c.head, cases.c.data_key)
"""The columns of a `Stored` case; its state as text, which is read into a case in one go."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stored:
    """A case with what stands around its state: the legal code, the head of its log, the key of its texts."""

    case: Case
    code: str
    head: bytes
    kept: Case
    """The state as it is stored: what is personal in it is sealed."""
    key: CaseKey | None
    """None once the case is erased."""

    @property
    def etag(self) -> str:
        """Names this state of the case: the number of its newest act and the head of its chain."""
        return f'"{self.case.sequence}-{self.head.hex()[:16]}"'


Done = tuple[Stored, Sequence[Act]]
"""A case as it stood, and what was done to it."""


def case_json(case: Case) -> dict[str, Any]:
    """The state as it is stored."""
    dumped: dict[str, Any] = _CASE.dump_python(case, mode="json")
    return dumped


def case_columns(case: Case) -> dict[str, Any]:
    """What of the state stands in columns of its own, for lists to be read from."""
    return {name: getattr(case, name) for name in _COLUMNS}


def case_text(case: Case) -> str:
    """The state as it is stored, as text for the driver."""
    return _CASE.dump_json(case).decode()


def act_json(act: Act) -> dict[str, Any]:
    """An act as the log holds it."""
    dumped: dict[str, Any] = _ACT.dump_python(act, mode="json")
    return dumped


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def actor_json(actor: Actor) -> dict[str, Any]:
    """An actor as the log holds it."""
    dumped: dict[str, Any] = _ACTOR.dump_python(actor, mode="json")
    if actor.acting_for is None:
        del dumped["acting_for"]  # as it was written before anybody acted for another
    return dumped


async def begin(tx: AsyncConnection) -> None:
    """Let what is given to the driver directly from now on be part of this transaction."""
    await tx.execute(text("SELECT"))


async def see_one_state(tx: AsyncConnection) -> None:
    """Let all statements of this transaction, of which this is the first, read what one instant left."""
    await tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def stored_case(tx: AsyncConnection, row: AnyRow) -> Stored:
    """The case of a row with the columns that are `SEEN`; opened, as far as its key is there and opens it.

    Raises:
        ValidationError: its state is none.
    """
    kept = _CASE.validate_json(row.state)
    key = key_of(tx, kept.id, row.data_key)
    return Stored(opened_case(key, kept), row.code, row.head, kept, key)


def readable(tx: AsyncConnection, rows: Iterable[AnyRow]) -> list[Stored]:
    """The cases of such rows. One whose state is none is passed over, so that it keeps no other from anything."""
    found: list[Stored] = []
    for row in rows:
        try:
            found.append(stored_case(tx, row))
        except ValidationError as error:  # what stands in the state is not for the log
            log.error("case.unreadable", case=row.code, places=[one["loc"] for one in error.errors()])
    return found


def read_state(state: Mapping[str, Any]) -> Case:
    """The case that a stored state is; fields that it lacks stand at their defaults.

    Raises:
        ValidationError: it is none.
    """
    return _CASE.validate_python(state)


async def state_of(tx: AsyncConnection, case_id: UUID) -> Mapping[str, Any]:
    """The state of a case as its row holds it."""
    state: Mapping[str, Any] = (
        await tx.execute(select(cases.c.state).where(cases.c.id == case_id))
    ).scalar_one()
    return state


def shown_act(key: CaseKey | None, act: Mapping[str, Any]) -> dict[str, Any]:
    """An act of the log for those who may read it; as it is stored when it is none of ours."""
    try:
        typed = _ACT.validate_python(act)
    except ValidationError:
        return dict(act)
    return act_json(opened_act(key, typed))


@cache
def _case_of(condition: ColumnElement[bool]) -> Select[Any]:
    return select(*SEEN).where(cases.c.id == bindparam("case"), condition)


async def case_of(tx: AsyncConnection, case_id: UUID, sight: Sight) -> Stored | None:
    """The case, when it is one of those that the caller sees."""
    row = (await tx.execute(_case_of(sight.condition), {**sight.values, "case": case_id})).one_or_none()
    return None if row is None else stored_case(tx, row)


async def form_of(tx: AsyncConnection, stored: Stored) -> FiledForm | None:
    """What the applicant filled in; None when it is erased, or was changed since."""
    query = select(cases.c.form).where(cases.c.id == stored.case.id)
    return filed_form(stored.key, (await tx.execute(query)).scalar_one())


async def id_of_code(tx: AsyncConnection, code: str) -> UUID | None:
    """The id of the case with this legal code."""
    found: UUID | None = (
        await tx.execute(select(cases.c.id).where(cases.c.code == code))
    ).scalar_one_or_none()
    return found


async def case_by_id(tx: AsyncConnection, case_id: UUID) -> Stored:
    """A case that there is."""
    return stored_case(tx, (await tx.execute(select(*SEEN).where(cases.c.id == case_id))).one())


def appended(
    actor: Actor, now: datetime, done: Sequence[Done]
) -> tuple[list[Stored], list[dict[str, Any]], list[dict[str, Any]]]:
    """Each case as it stands after what was done to it; the rows of its new log entries, and its own."""
    who, links, states, after = actor_json(actor), [], [], []
    for stored, acts in done:
        case, kept, head = stored.case, stored.kept, stored.head
        for act in acts:
            entry = Entry(case.sequence + 1, now, actor, act)
            sealed = replace(entry, act=sealed_act(stored.key, entry))
            alike = case is kept and sealed.act is entry.act  # nothing in it is personal
            case, link = case.after(entry), _link_after(stored, head, sealed, who)
            kept = case if alike else kept.after(sealed)
            head = link["hash"]
            links.append({**link, "actor": _json(who), "act": _json(link["act"])})
        states.append({"id": case.id, "head": head, "state": case_text(kept), **case_columns(case)})
        after.append(Stored(case, stored.code, head, kept, stored.key))
    return after, links, states


def _link_after(stored: Stored, head: bytes, sealed: Entry, who: dict[str, Any]) -> dict[str, Any]:
    """The row of an entry that follows the entry with this hash."""
    case_id, act = stored.case.id, act_json(sealed.act)
    chained = chained_bytes(head, case_id, sealed.sequence, sealed.at, who, act)
    row = {"case_id": case_id, "sequence": sealed.sequence, "at": sealed.at, "actor": who, "act": act}
    return {**row, "hash": entry_hash(stored.code, chained)}


def task_row(case: Case, task: Task) -> dict[str, Any]:
    """An open task of a case as the work lists hold it; without a due instant it is sorted last."""
    return {
        "step": task.step,
        "agency": task.agency,
        "unit": task.unit,
        "role": task.role,
        "opened_at": task.opened_at,
        "due_at": task.due_at,
        "sort_at": task.due_at or FAR,
        "procedure": case.procedure,
        "status": case.status.value,
    }


async def log_of(tx: AsyncConnection, case_id: UUID) -> list[Link]:
    """The log as it is stored, with its hashes."""
    query = select(case_log).where(case_log.c.case_id == case_id).order_by(case_log.c.sequence)
    return [_link(row) for row in await tx.execute(query)]


async def entry_link(tx: AsyncConnection, case_id: UUID, sequence: int) -> Link | None:
    """One entry of the log."""
    query = select(case_log).where(case_log.c.case_id == case_id, case_log.c.sequence == sequence)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _link(row)


def _link(row: AnyRow) -> Link:
    return Link(row.sequence, row.at, row.actor, row.act, row.hash)


async def kept_cases(
    tx: AsyncConnection, *, after: UUID | None, limit: int, code: str | None
) -> Sequence[AnyRow]:
    """The rows of cases as they are stored, by id; or the one with this code."""
    query = select(cases).order_by(cases.c.id).limit(limit)
    if after is not None:
        query = query.where(cases.c.id > after)
    if code is not None:
        query = query.where(cases.c.code == code)
    return (await tx.execute(query)).all()


async def logs_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Link]]:
    """The logs of these cases."""
    query = (
        select(case_log).where(case_log.c.case_id.in_(ids)).order_by(case_log.c.case_id, case_log.c.sequence)
    )
    found: dict[UUID, list[Link]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.case_id, []).append(_link(row))
    return found


async def tasks_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The open tasks of these cases, as `task_row` makes them."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await tx.execute(select(tasks).where(tasks.c.case_id.in_(ids))):
        task = row._asdict()
        found.setdefault(task.pop("case_id"), []).append(task)
    return found


def entry_of(link: Link) -> Entry:
    """The act in a stored entry."""
    return Entry(link.sequence, link.at, _ACTOR.validate_python(link.actor), _ACT.validate_python(link.act))


def list_query(visible: ColumnElement[bool], status: str | None, procedure: str | None) -> Select[Any]:
    """Those that are visible, by status and procedure, the newest first."""
    query = select(*SEEN).where(visible)
    if status is not None:
        query = query.where(cases.c.status == status)
    if procedure is not None:
        query = query.where(cases.c.procedure == procedure)
    return query.order_by(cases.c.id.desc())


async def listed(
    tx: AsyncConnection,
    visible: ColumnElement[bool],
    *,
    status: str | None,
    procedure: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Stored]:
    """Newest first: ids are UUIDv7, so their order is that of submission."""
    query, found = list_query(visible, status, procedure), list[Stored]()
    while wanted := limit - len(found):  # so that what cannot be read does not end the list
        further = query if after is None else query.where(cases.c.id < after[0])
        rows = (await tx.execute(further.limit(wanted))).all()
        found += readable(tx, rows)
        if len(rows) < wanted:
            break
        after = [rows[-1].id]
    return found


async def lock_due(tx: AsyncConnection, now: datetime, limit: int) -> Sequence[AnyRow]:
    """Rows of cases with a timer that has run out by `now`, under their locks, the longest ago first.

    Those that another process holds are passed over.
    """
    query = (
        select(*SEEN)
        .join(timers, timers.c.case_id == cases.c.id)
        .where(timers.c.fires_at < now)
        .order_by(timers.c.fires_at)
        .limit(limit)
        .with_for_update(of=cases, skip_locked=True)
    )
    return list({row.id: row for row in await tx.execute(query)}.values())


def _dated_after(agency: str, instant: datetime, after: UUID | None) -> list[ColumnElement[bool]]:
    """The agency's open cases behind the one with this id, of which something is due after an instant."""
    open_task = select(tasks.c.case_id).where(tasks.c.case_id == cases.c.id, tasks.c.due_at > instant)
    timer = select(timers.c.case_id).where(timers.c.case_id == cases.c.id, timers.c.at > instant)
    asked = select(consultees.c.id).where(consultees.c.case_id == cases.c.id, consultees.c.due_at > instant)
    later = or_(cases.c.due_at > instant, open_task.exists(), timer.exists(), asked.exists())
    behind = [] if after is None else [cases.c.id > after]
    return [cases.c.agency == agency, cases.c.status.in_(DATED), later, *behind]


async def last_of_batch(
    tx: AsyncConnection, agency: str, instant: datetime, *, after: UUID | None, size: int
) -> UUID | None:
    """The id with which the next so many of those cases end; None when there are none."""
    query = select(cases.c.id).where(*_dated_after(agency, instant, after)).order_by(cases.c.id).limit(size)
    ids = (await tx.execute(query)).scalars().all()
    return ids[-1] if ids else None


async def lock_dated_after(
    tx: AsyncConnection, agency: str, instant: datetime, *, after: UUID | None, last: UUID
) -> list[Stored]:
    """Those cases up to the last of a batch, under their row locks."""
    query = (
        select(*SEEN)
        .where(*_dated_after(agency, instant, after), cases.c.id <= last)
        .order_by(cases.c.id)
        .with_for_update()
    )
    return await page(tx, query)


async def page(
    tx: AsyncConnection, query: Select[Any], values: Mapping[str, Any] | None = None
) -> list[Stored]:
    """The cases of a query, but for those that cannot be read."""
    return readable(tx, await tx.execute(query, values))


async def running_cases(
    tx: AsyncConnection,
    procedure: str,
    version: int,
    after: UUID | None,
    limit: int,
    *,
    for_update: bool = False,
) -> list[Stored]:
    """Cases that have not ended and are handled by a version of a procedure, by id."""
    over = [status.value for status in Status if status.ended]
    query = select(*SEEN).where(
        cases.c.procedure == procedure, cases.c.version == version, cases.c.status.not_in(over)
    )
    if after is not None:
        query = query.where(cases.c.id > after)
    query = query.order_by(cases.c.id).limit(limit)
    return await page(tx, query.with_for_update() if for_update else query)
