"""What can be asked of a case and done to it: one function each."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.access.operations import record_look, seen_of
from procedures.calendars.operations import Calendars, DatedCalendar
from procedures.cases import store, submission
from procedures.cases.dating import dated_by_now
from procedures.cases.filing import file_case, filing_faults
from procedures.cases.ran_out import require_none_ran_out
from procedures.cases.record import record
from procedures.cases.sealing import FiledForm
from procedures.cases.sight import Viewer, owned_by, visible_to
from procedures.cases.soundness import flaw_of_log
from procedures.cases.store import Stored
from procedures.catalogue.operations import NotInForce, Published, Versions
from procedures.documents.operations import (
    Enclosure,
    attach,
    attachments_of,
    owned_faults,
    put_into_case,
    sent_faults,
)
from procedures.domain import handling
from procedures.domain.acts import Act, Actor
from procedures.domain.automation import NO_AUTOMATION
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, MissingItem
from procedures.domain.claim import require_unclaimed
from procedures.domain.definition import Definition
from procedures.domain.handling import Official
from procedures.domain.link_findings import links_of
from procedures.domain.linking import require_on_its_own
from procedures.domain.log import Link
from procedures.domain.status import Action, Status, require_allowed
from procedures.external_tasks.holding import require_no_system_at_work
from procedures.links.filing import take_turn
from procedures.links.store import lock_case
from procedures.links.visibility import filed_alone
from procedures.work_list.store import claims_of
from shared.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired, Text
from shared.ids import new_id

_SEQUENCE = re.compile("[0-9]{1,10}")
"""What stands first in the ETag of a case."""


class CaseNotFound(NotFound):
    """There is no such case, or none that the caller may see."""

    slug = "case-not-found"
    title = Text(
        vi="Không có hồ sơ này trong phạm vi của bạn.", en="There is no such case among those you may see."
    )


class CaseChanged(PreconditionFailed):
    """The command was meant for an earlier state; what came since is named."""

    slug = "case-changed"
    title = Text(
        vi="Hồ sơ đã thay đổi từ lần bạn đọc. Hãy đọc lại rồi thử lại.",
        en="The case has changed since you read it. Read it again, then try again.",
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A command on a case: by whom, when, and for which state of it (`expected`, an ETag)."""

    case_id: UUID
    actor: Actor
    viewer: Viewer
    versions: Versions
    now: datetime
    expected: str | None
    official: Official | None = None
    """Who does it, when that is an official."""
    settled: bool = False
    """What had run out before has happened, as far as it could."""


Rule = Callable[[Case, Definition, WorkingCalendar], Sequence[Act]]
Requirement = Callable[[Stored], Awaitable[None]]


async def submit_case(
    tx: AsyncConnection,
    versions: Versions,
    calendars: Calendars,
    now: datetime,
    *,
    by: Actor,
    procedure: str,
    form: dict[str, Any],
    enclosures: Sequence[Enclosure],
    answer: submission.Remembered,
) -> Stored:
    """File a case: number, case, receiving task, log entry and event, all or nothing.

    Raises:
        NotInForce: no version of the procedure takes cases.
        Invalid: faults of the form and of the documents, all at once.
        asyncpg.UniqueViolationError: the idempotency key was used before.
        CaseNumberTaken: the series of the day was changed by hand.
    """
    for fresh in (False, True):  # again when version or calendar changed since this process last looked
        published = await versions.in_force(tx, procedure, fresh=fresh)
        calendar = await calendars.of(tx, published.definition.agency, fresh=fresh)
        filed = await _file(tx, now, by, published, calendar, form, enclosures, answer)
        if filed is not None:
            return filed
    raise NotInForce(procedure=procedure)


async def _file(
    tx: AsyncConnection,
    now: datetime,
    by: Actor,
    published: Published,
    dated: DatedCalendar,
    form: dict[str, Any],
    enclosures: Sequence[Enclosure],
    answer: submission.Remembered,
) -> Stored | None:
    definition, day = published.definition, dated.calendar.local_date(now)
    faults = await filing_faults(tx, by.subject, published, form, enclosures, day)
    if faults:
        raise Invalid(faults=faults)
    if definition.automation != NO_AUTOMATION or definition.fee_demand is not None:
        await store.begin(tx)  # so that what follows by rule is written with the case or not at all
    if links_of(definition):
        await take_turn(tx, [definition])
    attachments = await attachments_of(tx, by.subject, enclosures)
    filed = await file_case(
        tx,
        now,
        case_id=new_id(),
        by=by,
        applicant=by.subject,
        published=published,
        dated=dated,
        form=form,
        attachments=attachments,
        answer=answer,
    )
    if filed is None:
        return None
    await put_into_case(tx, filed.case.id, attachments)
    (filed,) = await record(tx, by, now, filed=[filed])
    return filed


async def get_case(tx: AsyncConnection, case_id: UUID, look: Look) -> Stored:
    """The case as it stands; who looks at it is recorded.

    Raises:
        CaseNotFound: there is none that the viewer may see.
    """
    stored = await store.case_of(tx, case_id, visible_to(look.viewer))
    if stored is None:
        raise CaseNotFound
    await record_look(tx, look, *seen_of(stored))
    return stored


async def get_case_with_form(
    tx: AsyncConnection, case_id: UUID, look: Look
) -> tuple[Stored, FiledForm | None]:
    """The case, and what the applicant filled in, unless it is erased."""
    stored = await get_case(tx, case_id, look)
    return stored, await store.form_of(tx, stored)


async def accept_case(tx: AsyncConnection, order: Order, official: Official) -> Stored:
    """Receive the case: its clock starts."""
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: handling.accept(case, definition, calendar, official, order.now),
    )


async def refuse_case(
    tx: AsyncConnection, order: Order, official: Official, *, reason: str, legal_ground: str
) -> Stored:
    """Refuse to receive the case, with the reason and the legal ground."""
    return await handle_case(
        tx,
        order,
        lambda case, *_: handling.refuse(case, official, reason=reason, legal_ground=legal_ground),
    )


async def complete_task(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    *,
    step: str,
    outcome: str | None,
    note: str | None,
) -> Stored:
    """Finish a step; the next one opens, or the case closes.

    Raises:
        TaskLeased: a system is at work on it.
    """
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: handling.complete_task(
            case, definition, calendar, official, order.now, step=step, outcome=outcome, note=note
        ),
        lambda stored: require_no_system_at_work(tx, stored, step, order.now),
    )


async def request_supplement(
    tx: AsyncConnection, order: Order, official: Official, items: Sequence[MissingItem]
) -> Stored:
    """Ask the applicant for what is missing; the clock stops."""
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: handling.request_supplement(
            case, calendar, official, order.now, items, definition.time_rules.supplements
        ),
    )


async def supplement_case(
    tx: AsyncConnection, order: Order, *, enclosures: Sequence[Enclosure], note: str | None
) -> Stored:
    """Bring what was asked for; the clock runs on."""
    stored = await locked_case(tx, order)
    require_allowed(stored.case.status, Action.SUPPLEMENT)
    definition = (await order.versions.of(tx, stored.case.procedure, stored.case.version)).definition
    asked_for = {item.document for item in stored.case.missing}
    faults = await sent_faults(tx, order.actor.subject, definition, enclosures, asked_for=asked_for)
    if faults:
        raise Invalid(faults=faults)
    brought = await attach(tx, order.case_id, order.actor.subject, enclosures)
    return await handle_case(
        tx,
        order,
        lambda case, _, calendar: handling.supplement(
            case, calendar, order.now, attachments=brought, note=note
        ),
    )


async def record_result(
    tx: AsyncConnection, order: Order, official: Official, enclosures: Sequence[Enclosure]
) -> Stored:
    """Put the documents of the result into the case."""
    stored = await locked_case(tx, order)
    require_allowed(stored.case.status, Action.RECORD_RESULT)
    faults = await owned_faults(tx, order.actor.subject, enclosures)
    if faults:
        raise Invalid(faults=faults)
    result = await attach(tx, order.case_id, order.actor.subject, enclosures)
    return await handle_case(tx, order, lambda case, *_: handling.record_result(case, official, result))


async def withdraw_case(tx: AsyncConnection, order: Order, *, reason: str | None) -> Stored:
    """Take the case back, and with it the parts that other agencies handle.

    Raises:
        PartOfAnotherCase: it is such a part itself.
    """

    def rule(case: Case, *_: object) -> tuple[Act, ...]:
        require_on_its_own(case)
        return handling.withdraw(case, reason=reason)

    return await handle_case(tx, order, rule)


async def locked_case(tx: AsyncConnection, order: Order) -> Stored:
    """The case under its row lock, in the state that the command is meant for.

    Raises:
        CaseNotFound, CaseChanged.
        PreconditionRequired: the command does not say which state it is meant for.
        RanOutError: something else has happened before; see there.
    """
    stored = await lock_case(tx, order.case_id, visible_to(order.viewer))
    if stored is None:
        raise CaseNotFound
    if order.expected is None:
        raise PreconditionRequired
    if not {"*", stored.etag} & {tag.strip() for tag in order.expected.split(",")}:
        raise CaseChanged(changes=await _since(tx, order), etag=stored.etag)
    if not order.settled:
        require_none_ran_out(stored.case, order.now)
    return stored


async def _since(tx: AsyncConnection, order: Order) -> list[dict[str, object]]:
    """What was done to the case since the state that the command was meant for."""
    known = order.expected.strip('"').partition("-")[0] if order.expected else ""
    links = await store.log_of(tx, order.case_id)
    return [
        {"sequence": link.sequence, "at": link.at, "act": link.act["kind"], "by": _who(link, order.viewer)}
        for link in links
        if not _SEQUENCE.fullmatch(known) or link.sequence > int(known)
    ]


def _who(link: Link, viewer: Viewer) -> dict[str, object]:
    """Colleagues know each other by name; others are told of which agency somebody is."""
    kind, agency = link.actor["kind"], link.actor.get("agency")
    colleague = agency is not None and agency == viewer.agency
    return {"kind": kind, "agency": agency, **({"subject": link.actor["subject"]} if colleague else {})}


async def handle_case(
    tx: AsyncConnection, order: Order, rule: Rule, require: Requirement | None = None
) -> Stored:
    """Do to the case what the rule says: log, state, tasks and events in the transaction at hand.

    What stands beside the case and may forbid it, `require` refuses; `require_free` refuses what is claimed.
    """
    stored = await locked_case(tx, order)
    if require is not None:
        await require(stored)
    stored, calendar = await dated_by_now(tx, stored, order.now)
    case = stored.case
    definition = (await order.versions.of(tx, case.procedure, case.version)).definition
    acts = rule(case, definition, calendar)
    await require_free(tx, order, case, acts)
    (after,) = await record(tx, order.actor, order.now, [(stored, acts)])
    return after


async def require_free(tx: AsyncConnection, order: Order, case: Case, acts: Sequence[Act]) -> None:
    """Refuse an official who works on what a colleague has claimed.

    Raises:
        TaskClaimed
    """
    if order.official is not None:
        claims = await claims_of(tx, [case.id], order.now)
        require_unclaimed(case, acts, order.official, order.actor, claims.get(case.id, ()))


async def list_cases(
    tx: AsyncConnection,
    look: Look,
    *,
    status: Status | None,
    procedure: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Stored]:
    """The viewer's cases, newest first: a person's own, or those of an official's agency.

    The last of `limit` tells only that there are more; it is not shown.
    """
    mine = owned_by(look.viewer)
    if look.viewer.agency is None:
        mine = and_(mine, filed_alone())
    found = await store.listed(tx, mine, status=status, procedure=procedure, after=after, limit=limit)
    await record_look(tx, look, *chain.from_iterable(map(seen_of, found[: limit - 1])))
    return found


async def log_of_case(tx: AsyncConnection, case_id: UUID, look: Look) -> tuple[Stored, list[Link], bool]:
    """The case, its whole log, and whether that is sound, at one instant; first in its transaction.

    Raises:
        CaseNotFound
    """
    await store.see_one_state(tx)
    stored, form = await get_case_with_form(tx, case_id, look)
    state, links = await store.state_of(tx, case_id), await store.log_of(tx, case_id)
    return stored, links, flaw_of_log(stored, state, links, form) is None
