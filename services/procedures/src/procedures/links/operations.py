"""What can be done with cases that belong to another: open a part, appeal, rule on an appeal, do what was ruled."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.filing import filing_faults
from procedures.cases.operations import Order, handle_case, locked_case
from procedures.cases.record import record
from procedures.cases.store import Stored
from procedures.documents.operations import Enclosure, attachments_of, put_into_case
from procedures.domain.handling import Official
from procedures.domain.link_acts import AppealFiled
from procedures.domain.linked_cases import Appeal, Verdict
from procedures.domain.linking import AppealNotProvided, appeal_link, require_child_openable, rule_on
from procedures.domain.reopening import reopen
from procedures.links.filing import file_child, file_linked, take_turn
from shared.errors import Invalid


async def open_child(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    *,
    procedure: str,
    form: dict[str, Any],
    step: str | None,
) -> Stored:
    """Open a case of another procedure as a part of this one, for its applicant; the parent as it then stands.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, ActionNotAllowed, NotThisUnit, TaskNotOpen.
        LinkedInCircle, LinkedTooFar, NotInForce, Invalid.
    """
    parent = await locked_case(tx, order)
    require_child_openable(parent.case, official, step)
    published = await order.versions.in_force(tx, procedure, fresh=True)
    await take_turn(tx, [published.definition])
    act, child = await file_child(
        tx,
        order.now,
        by=order.actor,
        parent=parent,
        published=published,
        form=form,
        step=step,
    )
    after, _ = await record(tx, order.actor, order.now, [(parent, [act])], [child])
    return after


async def file_appeal(
    tx: AsyncConnection, order: Order, *, form: dict[str, Any], enclosures: Sequence[Enclosure]
) -> tuple[Stored, Stored]:
    """Appeal against the decision on a case; the appeal, and the case as it then stands.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, ActionNotAllowed.
        PartOfAnotherCase, AppealNotProvided, AppealTooLate, AlreadyAppealed, LinkedTooFar, NotInForce.
        Invalid: faults of the form and of the documents, all at once.
    """
    appealed = await locked_case(tx, order)
    case, calendar = appealed.case, await calendar_of(tx, appealed.case.agency)
    rule = (await order.versions.of(tx, case.procedure, case.version)).definition.appeal
    link = appeal_link(case, appealed.code, rule, calendar, order.now)
    if rule is None:
        raise AppealNotProvided
    published = await order.versions.in_force(tx, rule.procedure, fresh=True)
    definition = published.definition
    faults = await filing_faults(
        tx, order.actor.subject, published, form, enclosures, calendar.local_date(order.now)
    )
    if faults:
        raise Invalid(faults=faults)
    await take_turn(tx, [definition])
    attachments = await attachments_of(tx, order.actor.subject, enclosures)
    filed = await file_linked(
        tx,
        order.now,
        by=order.actor,
        to=appealed,
        link=link,
        published=published,
        form=form,
        attachments=attachments,
    )
    await put_into_case(tx, filed.case.id, attachments)
    act = AppealFiled(Appeal(filed.case.id, filed.code, definition.code, definition.agency, order.now))
    after, filed = await record(tx, order.actor, order.now, [(appealed, [act])], [filed])
    return filed, after


async def rule_on_appeal(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    *,
    verdict: Verdict,
    reason: str,
    number: str | None,
    legal_ground: str | None,
) -> Stored:
    """Decide an appeal; the case that it is directed against is told.

    Raises:
        NotAnAppeal, and what deciding a case raises.
    """

    return await handle_case(
        tx,
        order,
        lambda case, definition, _: rule_on(
            case, definition, official, verdict, reason=reason, number=number, legal_ground=legal_ground
        ),
    )


async def reopen_case(tx: AsyncConnection, order: Order, official: Official, *, reason: str) -> Stored:
    """Take up a case again whose refusal was set aside on appeal.

    Raises:
        NoAppealWon, and what any command of an official raises.
    """
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: reopen(
            case, definition, calendar, official, order.now, reason=reason
        ),
    )
