"""A case that is linked to another is filed, in the transaction that holds the lock of that one."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import dated_calendar
from procedures.cases.filing import file_case
from procedures.cases.store import Stored, form_of
from procedures.cases.submission import Remembered
from procedures.catalogue.operations import NotInForce, Published
from procedures.documents.store import hand_on
from procedures.domain.acts import Actor
from procedures.domain.case import Attachment
from procedures.domain.definition import Definition
from procedures.domain.link_acts import ChildOpened
from procedures.domain.linked_cases import CaseLink, ChildCase
from procedures.domain.linking import child_link, handed_on, plan_of
from procedures.keys.keyring import KeyNotAtHand
from procedures.links import store
from shared.errors import Invalid
from shared.ids import new_id

_NOT_REMEMBERED = Remembered("", "", None, "")
"""The command remembers its own answer."""


async def file_linked(
    tx: AsyncConnection,
    now: datetime,
    *,
    by: Actor,
    to: Stored,
    link: CaseLink,
    published: Published,
    form: dict[str, Any],
    attachments: Sequence[Attachment] = (),
) -> Stored:
    """File a case for the applicant of another, and link it to that.

    Raises:
        NotInForce: the version was retired this very moment.
    """
    filed = await file_case(
        tx,
        now,
        case_id=later_id(to.case.id),
        by=by,
        applicant=to.case.applicant,
        published=published,
        dated=await dated_calendar(tx, published.definition.agency),
        form=form,
        attachments=attachments,
        answer=_NOT_REMEMBERED,
        link=link,
    )
    if filed is None:
        raise NotInForce(procedure=published.definition.code)
    await store.add(tx, filed.case)
    return filed


async def file_child(
    tx: AsyncConnection,
    now: datetime,
    *,
    by: Actor,
    parent: Stored,
    published: Published,
    form: dict[str, Any],
    step: str | None,
) -> tuple[ChildOpened, Stored]:
    """Open a child of a case; what the parent is to be told, and the child.

    It gets of the parent's form and documents what the step hands on, besides the `form` given here. Other documents
    are not asked for: its agency asks for what it lacks.

    Raises:
        LinkedInCircle, LinkedTooFar, NotInForce, KeyNotAtHand.
        Invalid: the form does not say what the other procedure asks for.
    """
    procedure = published.definition.code
    link = child_link(parent.case, parent.code, procedure, step)
    plan = plan_of(parent.case, procedure, step)
    if plan.form and parent.key is not None and not parent.key.opens:
        raise KeyNotAtHand
    filled = await form_of(tx, parent) if plan.form else None
    form = {**plan.filled_in(filled.content if filled else {}), **form}
    faults = published.form.faults(form)
    if faults:
        raise Invalid(faults=list(faults))
    papers = [
        (paper.id, replace(paper, id=new_id(), document=code))
        for code, paper in handed_on(parent.case, plan, published.definition)
    ]
    filed = await file_linked(
        tx,
        now,
        by=by,
        to=parent,
        link=link,
        published=published,
        form=form,
        attachments=[here for _, here in papers],
    )
    await hand_on(tx, filed.case.id, [(there, here.id) for there, here in papers])
    child = ChildCase(filed.case.id, filed.code, procedure, filed.case.agency, now, step)
    return ChildOpened(child), filed


async def take_turn(tx: AsyncConnection, definitions: Sequence[Definition]) -> None:
    """Before cases of these procedures are filed: wait until nobody else takes numbers of several series.

    A number locks its series until the transaction ends, so that two who take several could wait for each other.
    Several are also taken where a case may end by rule as it is filed, since what waits for it may open the next.
    """
    if len({one.agency for one in definitions}) > 1 or any(one.automation.approval for one in definitions):
        await store.lock_numbers(tx)


def later_id(than: UUID) -> UUID:
    """A new id that comes behind another one, also when the clock of who made that is ahead of ours."""
    made = new_id()
    return made if made > than else UUID(int=than.int + 1 + secrets.randbelow(2**32))
