"""Every look at a person's data by an official or an agency's system is recorded before it is answered.

The record is an event in the outbox, written in the transaction that reads: no answer without a record. It
reaches identity, which shows it to the person. People who look at their own cases leave no record.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.answers import Shown
from procedures.access.look import Look, Seen
from procedures.cases.store import Stored
from shared import outbox
from shared.db import Database, gathered
from shared.events.procedures import AccessRecorded, CaseSeen
from shared.ids import new_id


@asynccontextmanager
async def looking(database: Database, look: Look) -> AsyncIterator[AsyncConnection]:
    """The transaction in which is read what is shown, and recorded that it is."""
    if look.kind == "person":
        async with database.reading() as tx:
            yield tx
    else:
        async with database.transaction() as tx:
            yield tx


async def record_look(tx: AsyncConnection, look: Look, *seen: Seen) -> None:
    """Record that these cases are shown, unless it is to a person, who is shown none but their own."""
    if not seen:
        return
    shown = gathered(tx, Shown)
    shown.cases.update(one.case_id for one in seen)
    if look.kind == "person":
        return
    assert look.viewer.agency is not None
    event = AccessRecorded(
        reader=look.viewer.subject,
        reader_kind=look.kind,
        agency=look.viewer.agency,
        units=look.units,
        purpose=look.purpose,
        cases=tuple(
            CaseSeen(case_id=one.case_id, code=one.code, procedure=one.procedure, person=one.person)
            for one in seen
        ),
    )
    shown.looks.append(event)
    await outbox.add(tx, event.envelope(subject=new_id(), sequence=1, at=look.at))


def seen_of(stored: Stored) -> tuple[Seen, ...]:
    """A case as one that was shown, and those linked to it, of which its view has a line."""
    case = stored.case
    found = [Seen(case.id, stored.code, case.procedure, case.applicant)]
    if case.link is not None:
        found.append(Seen(case.link.case, case.link.code, case.link.procedures[0], case.applicant))
    found += [Seen(one.case, one.code, one.procedure, case.applicant) for one in case.children]
    found += [Seen(one.case, one.code, one.procedure, case.applicant) for one in case.appeals]
    return tuple(found)
