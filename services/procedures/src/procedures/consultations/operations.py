"""What can be done with consultations: ask, see what one is asked, answer, take a question back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look, seen_of
from procedures.agencies.operations import units_of
from procedures.cases import store as cases
from procedures.cases.dating import dated_by_now
from procedures.cases.operations import Order, handle_case
from procedures.cases.ran_out import require_none_ran_out
from procedures.cases.record import record
from procedures.cases.sealing import FiledForm
from procedures.cases.sight import Viewer
from procedures.cases.store import Stored
from procedures.consultations import store
from procedures.documents.operations import Enclosure, attach, owned_faults
from procedures.domain import consulting
from procedures.domain.acts import Actor
from procedures.domain.case import Attachment
from procedures.domain.consultation import Answer, Asked, Consultation, Opinion
from procedures.domain.consulting import Limits, QuestionNotFound, asked_by_id
from procedures.domain.handling import Official
from procedures.links.store import lock_case
from shared.db import AnyRow
from shared.errors import Invalid, PreconditionFailed, PreconditionRequired


@dataclass(frozen=True, slots=True)
class Question:
    """What an agency is asked, and of the case what is shared with it."""

    stored: Stored
    asked: Asked
    form: FiledForm | None
    """None where it is not shared."""

    @property
    def etag(self) -> str:
        """Names this state of the question: until when there is time is all of it that may change."""
        _, one = self.asked
        return f'"{one.id.hex}-{int(one.due_at.timestamp()) if one.due_at else 0}"'

    @property
    def documents(self) -> list[Attachment]:
        _, one = self.asked
        case = self.stored.case
        return [shared for shared in (*case.attachments, *case.result) if shared.id in one.documents]


async def consult(
    tx: AsyncConnection, order: Order, official: Official, asked: Consultation, limits: Limits
) -> Stored:
    """Ask several agencies at once."""
    units = await units_of(tx, {one.agency for one in asked.consultees})
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: consulting.consult(
            case, definition, calendar, official, order.now, asked, units, limits
        ),
    )


async def withdraw(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    consultation: UUID,
    *,
    consultees: Collection[UUID],
    reason: str,
) -> Stored:
    """Take a question back, from some or from all who have not answered."""
    return await handle_case(
        tx,
        order,
        lambda case, _, calendar: consulting.withdraw(
            case, calendar, official, order.now, consultation, consultees=consultees, reason=reason
        ),
    )


async def inbox(
    tx: AsyncConnection, official: Official, look: Look, *, after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """What the official's units are asked, the one due next first.

    The last of `limit` tells only that there are more; it is not shown.
    """
    units = sorted({unit for unit, _ in official.posts})
    rows = await store.inbox(tx, official.agency, units, after, limit)
    seen = {
        row.case_id: Seen(row.case_id, row.code, row.procedure, row.applicant) for row in rows[: limit - 1]
    }
    await record_look(tx, look, *seen.values())
    return rows


async def question_for(tx: AsyncConnection, consultee: UUID, look: Look) -> Question:
    """What the viewer's agency is asked by this id; who looks at it is recorded.

    Raises:
        QuestionNotFound
    """
    question = await _question(tx, consultee, look.viewer)
    await record_look(tx, look, *seen_of(question.stored))
    return question


async def answer(
    tx: AsyncConnection,
    consultee: UUID,
    official: Official,
    look: Look,
    *,
    actor: Actor,
    now: datetime,
    expected: str | None,
    opinion: Opinion,
    note: str | None,
    enclosures: Sequence[Enclosure],
    settled: bool,
) -> tuple[Question, Answer]:
    """Answer what one is asked. After that the case is not to be seen by the agency any more.

    Args:
        settled: what had run out before has happened, as far as it could.

    Raises:
        QuestionNotFound, NotThisUnit, PreconditionRequired, PreconditionFailed.
        RanOutError: something else has happened before; see there.
        Invalid: a document was not sent by the official.
    """
    question = await _question(tx, consultee, look.viewer, for_update=True)
    if expected is None:
        raise PreconditionRequired
    if not {"*", question.etag} & {tag.strip() for tag in expected.split(",")}:
        raise PreconditionFailed(etag=question.etag)
    if not settled:
        require_none_ran_out(question.stored.case, now)
    faults = await owned_faults(tx, actor.subject, enclosures)
    if faults:
        raise Invalid(faults=faults)
    stored, calendar = await dated_by_now(tx, question.stored, now)
    case = stored.case
    brought = await attach(tx, case.id, actor.subject, enclosures)
    given = Answer(now, opinion, note, tuple(document.id for document in brought), actor.subject)
    asked = asked_by_id(case, consultee)
    acts = consulting.answer(case, calendar, official, now, asked, given, brought)
    await record(tx, actor, now, [(stored, acts)])
    await record_look(tx, look, *seen_of(question.stored))
    return question, given


async def _question(
    tx: AsyncConnection, consultee: UUID, viewer: Viewer, *, for_update: bool = False
) -> Question:
    case_id = await store.case_of_consultee(tx, consultee)
    if case_id is None:
        raise QuestionNotFound
    find = lock_case if for_update else cases.case_of
    stored = await find(tx, case_id, store.asks(consultee, viewer))
    if stored is None:
        raise QuestionNotFound
    asked = asked_by_id(stored.case, consultee)  # answered meanwhile, if it is not there
    form = await cases.form_of(tx, stored) if asked[1].form_shared else None
    return Question(stored, asked, form)
