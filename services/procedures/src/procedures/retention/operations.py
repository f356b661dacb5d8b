"""What can be done about ended cases: schedule, list, hold, approve, dispose of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.access.store import seen_by_code
from procedures.calendars.operations import Calendars, calendar_of
from procedures.cases.operations import Order, locked_case
from procedures.cases.record import record
from procedures.cases.store import Stored
from procedures.catalogue.operations import Versions
from procedures.documents.contents import Contents
from procedures.domain import retention
from procedures.domain.acts import Act, Actor
from procedures.domain.log import canonical
from procedures.domain.retention import Disposal, SecondPersonNeeded
from procedures.domain.retention_acts import Erased, Transferred
from procedures.retention import store
from shared.db import AnyRow, Database
from shared.errors import Conflict, Fault, Invalid, NotFound, Text
from shared.ids import new_id
from shared.web.conditional import require_match

MOST_ON_A_LIST = 1000
_AT_ONCE = 200


class DisposalListNotFound(NotFound):
    """The agency has no such list."""

    slug = "disposal-list-not-found"
    title = Text(vi="Không có danh sách này.", en="There is no such list.")


class DisposalListSettled(Conflict):
    """The list was approved or dismissed before."""

    slug = "disposal-list-settled"
    title = Text(
        vi="Danh sách này đã được duyệt hoặc bác bỏ.", en="The list was approved or dismissed already."
    )


class NothingDue(Conflict):
    """No case that could stand on the list is due, free, and on no other list."""

    slug = "nothing-due"
    title = Text(
        vi="Không có hồ sơ nào đến hạn mà chưa nằm trong danh sách khác.",
        en="No case is due that stands on no list yet.",
    )


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves a list; of a transfer also which archive has taken the cases, and its receipt."""

    actor: Actor
    agency: str
    if_match: str | None
    archive: str | None = None
    receipt: str | None = None


async def schedule_retentions(
    database: Database, versions: Versions, calendars: Calendars, *, at_once: int = _AT_ONCE
) -> int:
    """Find out of every case that has ended until when it is kept; returns of how many.

    Several processes may do it side by side.
    """
    scheduled = 0
    while True:
        async with database.transaction() as tx:
            ended = await store.unscheduled(tx, at_once)
            if not ended:
                return scheduled
            due = {}
            for stored in ended:
                case = stored.case
                definition = (await versions.of(tx, case.procedure, case.version)).definition
                calendar = (await calendars.of(tx, case.agency)).calendar
                due[case.id] = retention.due(definition.retention, case, calendar)
            await store.schedule(tx, due)
        scheduled += len(ended)


async def due_cases(
    tx: AsyncConnection,
    look: Look,
    agency: str,
    disposal: Disposal,
    *,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The agency's cases that have been kept long enough and stand on no list.

    The last of `limit` tells only that there are more; it is not shown.
    """
    by = await _today(tx, agency, look.at)
    found = await store.due_cases(tx, agency, disposal, by, after=after, limit=limit)
    await record_look(tx, look, *_seen(found[: limit - 1]))
    return found


async def draw_up_list(
    tx: AsyncConnection,
    now: datetime,
    *,
    by: Actor,
    agency: str,
    disposal: Disposal,
    ground: str,
    chosen: Sequence[UUID] | None,
) -> AnyRow:
    """Put due cases on a new list: the chosen ones, or as many as it takes of those due first.

    Raises:
        NothingDue: not one.
        Invalid: some of the chosen ones are not due, held, or on another list.
    """
    list_id = new_id()
    row = {
        "id": list_id,
        "agency": agency,
        "disposal": disposal.value,
        "ground": ground,
        "status": "drawn_up",
        "drawn_up_by": by.subject,
        "drawn_up_at": now,
    }
    await store.add_list(tx, **row)
    today = await _today(tx, agency, now)
    number = await store.put_on_list(tx, list_id, agency, disposal, today, chosen=chosen, most=MOST_ON_A_LIST)
    if chosen is not None and number < len(set(chosen)):
        listed = {line.case_id for line in await store.lines_of(tx, list_id, after=None, limit=len(chosen))}
        raise Invalid(
            faults=[
                Fault(f"/cases/{at}", "not_due", _NOT_DUE)
                for at, case_id in enumerate(chosen)
                if case_id not in listed
            ]
        )
    if number == 0:
        raise NothingDue
    return await get_list(tx, list_id, agency)


_NOT_DUE = Text(
    vi="Hồ sơ chưa đến hạn, đang được giữ lại, hoặc đã nằm trong danh sách khác.",
    en="The case is not due, is held, or stands on another list.",
)


async def lists_of(tx: AsyncConnection, agency: str, *, before: UUID | None, limit: int) -> Sequence[AnyRow]:
    """The lists of the agency, newest first."""
    return await store.lists_of(tx, agency, before=before, limit=limit)


async def get_list(tx: AsyncConnection, list_id: UUID, agency: str) -> AnyRow:
    """A list of the agency.

    Raises:
        DisposalListNotFound
    """
    row = await store.list_of(tx, list_id, agency)
    if row is None:
        raise DisposalListNotFound
    return row


async def show_list(tx: AsyncConnection, look: Look, row: AnyRow) -> None:
    """Record that the cases of a list's certificate, if it has one, are shown."""
    if row.certificate is not None:
        codes = [*(one["code"] for one in row.certificate["cases"]), *row.certificate["leftOut"]]
        await record_look(tx, look, *await seen_by_code(tx, codes))


async def lines_of_list(
    tx: AsyncConnection, look: Look, list_id: UUID, agency: str, *, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The cases on a list. The last of `limit` tells only that there are more; it is not shown.

    Raises:
        DisposalListNotFound
    """
    await get_list(tx, list_id, agency)
    found = await store.lines_of(tx, list_id, after=after, limit=limit)
    await record_look(tx, look, *_seen(found[: limit - 1]))
    return found


async def dismiss_list(tx: AsyncConnection, now: datetime, list_id: UUID, approval: Approval) -> AnyRow:
    """Do nothing to the cases on the list; they are free for another.

    Raises:
        DisposalListNotFound, DisposalListSettled, PreconditionFailed, PreconditionRequired.
    """
    await _to_settle(tx, list_id, approval)
    await store.take_off(tx, list_id)
    await store.settle(tx, list_id, status="dismissed", now=now)
    return await get_list(tx, list_id, approval.agency)


async def approve_list(tx: AsyncConnection, now: datetime, list_id: UUID, approval: Approval) -> AnyRow:
    """Dispose of the cases on the list: erase them, or record that an archive has them. All or none.

    A case that was held since the list was drawn up is left out, as is one that is not due, or another agency's:
    both are asked of the case, not of the list. The list then carries a certificate that names each case by its
    code and by the hashes of its log before and after.

    Raises:
        DisposalListNotFound, DisposalListSettled, PreconditionFailed, PreconditionRequired.
        SecondPersonNeeded: whoever drew up the list cannot approve it.
        Invalid: a transfer without archive or receipt.
    """
    row = await _to_settle(tx, list_id, approval)
    if row.drawn_up_by == approval.actor.subject:
        raise SecondPersonNeeded
    act = _act(row, approval)
    disposed, left_out = await _to_be_disposed_of(tx, now, row)
    after = await record(tx, approval.actor, now, [(one, (act,)) for one in disposed])
    if row.disposal == Disposal.DESTROY:
        await store.destroy_keys(tx, [one.case.id for one in disposed], now)
    await store.take_off(tx, list_id, only=[one.case.id for one in left_out])
    certificate = _certificate(row, approval, now, list(zip(disposed, after, strict=True)), left_out)
    await store.settle(tx, list_id, status="approved", now=now, certificate=certificate)
    return await get_list(tx, list_id, approval.agency)


async def _to_be_disposed_of(
    tx: AsyncConnection, now: datetime, row: AnyRow
) -> tuple[list[Stored], list[Stored]]:
    """The cases on a list, locked: those that may be disposed of today, and those that are left out."""
    stored = await store.cases_on(tx, row.id)
    rules = await store.rules_of(tx, {(one.case.procedure, one.case.version) for one in stored})
    calendar, disposal = await calendar_of(tx, row.agency), Disposal(row.disposal)
    disposed: list[Stored] = []
    left_out: list[Stored] = []
    for one in stored:
        case = one.case
        of_case = rules[case.procedure, case.version]
        fits = case.agency == row.agency and retention.may_be_disposed_of(
            of_case, case, calendar, disposal, calendar.local_date(now)
        )
        (disposed if fits else left_out).append(one)
    return disposed, left_out


async def _to_settle(tx: AsyncConnection, list_id: UUID, approval: Approval) -> AnyRow:
    row = await store.list_of(tx, list_id, approval.agency, for_update=True)
    if row is None:
        raise DisposalListNotFound
    require_match(approval.if_match, f'"{row.revision}"')
    if row.status != "drawn_up":
        raise DisposalListSettled
    return row


def _act(row: AnyRow, approval: Approval) -> Act:
    if row.disposal == Disposal.DESTROY:
        return Erased(disposal_list=row.id, ground=row.ground)
    faults = [
        Fault(f"/{name}", "missing", _NEEDED)
        for name, given in (("archive", approval.archive), ("receipt", approval.receipt))
        if not given
    ]
    if faults:
        raise Invalid(faults=faults)
    assert approval.archive is not None
    assert approval.receipt is not None
    return Transferred(disposal_list=row.id, archive=approval.archive, receipt=approval.receipt)


_NEEDED = Text(
    vi="Chuyển lưu trữ cần nêu nơi nhận và số biên bản.",
    en="A transfer names the archive and its receipt.",
)


def _certificate(
    row: AnyRow,
    approval: Approval,
    now: datetime,
    disposed: Sequence[tuple[Stored, Stored]],
    left_out: Sequence[Stored],
) -> dict[str, Any]:
    """What the list came to; `sha256` is of the rest, in canonical JSON."""
    content: dict[str, Any] = {
        "list": str(row.id),
        "agency": row.agency,
        "disposal": row.disposal,
        "ground": row.ground,
        "archive": approval.archive,
        "receipt": approval.receipt,
        "drawnUpBy": row.drawn_up_by,
        "approvedBy": approval.actor.subject,
        "approvedAt": now.isoformat(),
        "cases": [
            {
                "code": before.code,
                "formCommitment": before.case.form_commitment,
                "documents": [one.sha256 for one in (*before.case.attachments, *before.case.result)],
                "entries": after.case.sequence,
                "headBefore": before.head.hex(),
                "headAfter": after.head.hex(),
            }
            for before, after in disposed
        ],
        "leftOut": [one.code for one in left_out],
    }
    return {**content, "sha256": fingerprint(content)}


def fingerprint(content: Mapping[str, Any]) -> str:
    """The hash that a certificate bears of the rest of it."""
    return sha256(canonical(content)).hexdigest()


async def hold_case(tx: AsyncConnection, order: Order, agency: str, reason: str) -> Stored:
    """Keep an agency's case from being disposed of.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, AnotherAgency, CaseHeld, CaseErased.
    """
    stored = await locked_case(tx, order)
    (after,) = await record(
        tx, order.actor, order.now, [(stored, retention.place_hold(stored.case, agency, reason))]
    )
    return after


async def release_case(tx: AsyncConnection, order: Order, agency: str) -> Stored:
    """Let an agency's case be disposed of when it is due.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, AnotherAgency, CaseNotHeld.
    """
    stored = await locked_case(tx, order)
    (after,) = await record(tx, order.actor, order.now, [(stored, retention.lift_hold(stored.case, agency))])
    return after


async def drop_contents(database: Database, contents: Contents, now: datetime) -> int:
    """Drop the contents of documents of erased cases; returns how many. Interrupted, the next sweep goes on, and with
    those that would not go."""
    number, after = 0, UUID(int=0)
    while True:
        async with database.transaction() as tx:
            found = await store.contents_to_drop(tx, after, _AT_ONCE)
            if not found:
                return number
            gone = await contents.drop({content for _, content in found})
            dropped = [document for document, content in found if content in gone]
            await store.dropped(tx, dropped, now)
        number, after = number + len(dropped), found[-1][0]


async def _today(tx: AsyncConnection, agency: str, now: datetime) -> date:
    return (await calendar_of(tx, agency)).local_date(now)


def _seen(rows: Sequence[AnyRow]) -> list[Seen]:
    return [Seen(row.case_id, row.code, row.procedure, row.applicant) for row in rows]
