"""A case is filed: by its applicant, or for them as a part of another."""

import os
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import DatedCalendar
from procedures.cases import submission
from procedures.cases.announcements import announcement
from procedures.cases.store import Stored
from procedures.catalogue.operations import Published
from procedures.documents.operations import Enclosure, enclosure_faults
from procedures.domain.acts import Actor, Entry, Submitted
from procedures.domain.by_rule import documents_needed
from procedures.domain.case import Attachment, opened
from procedures.domain.handling import receiving_task
from procedures.domain.linked_cases import CaseLink
from procedures.domain.log import canonical
from procedures.domain.personal import commitment
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.terms import due_at
from procedures.keys.keyring import SALT_LENGTH, keyring_of
from shared.errors import Fault


async def filing_faults(
    tx: AsyncConnection,
    applicant: str,
    published: Published,
    form: dict[str, Any],
    enclosures: Sequence[Enclosure],
    day: date,
) -> list[Fault]:
    """What is wrong with form and documents that are filed on a day, all of it."""
    faults, needed = published.form.faults(form), frozenset[str]()
    if not faults:  # a rule is asked about answers that the form allows, and about no others
        enclosed = (enclosure.document for enclosure in enclosures)
        _, needed = documents_needed(published.definition, inputs_of(form, enclosed, day))
    return [
        *faults,
        *await enclosure_faults(tx, applicant, published.definition, enclosures, needed=needed),
    ]


async def file_case(
    tx: AsyncConnection,
    now: datetime,
    *,
    case_id: UUID,
    by: Actor,
    applicant: str,
    published: Published,
    dated: DatedCalendar,
    form: dict[str, Any],
    attachments: Sequence[Attachment],
    answer: submission.Remembered,
    link: CaseLink | None = None,
) -> Stored | None:
    """Write a case whose form and documents are without fault; None when version or calendar have changed.

    Raises:
        asyncpg.UniqueViolationError: the idempotency key was used before.
        CaseNumberTaken: the series of the day was changed by hand.
    """
    definition, calendar = published.definition, dated.calendar
    salt, content = os.urandom(SALT_LENGTH), canonical(form)
    key = keyring_of(tx).new_key(case_id)
    act = Submitted(
        procedure=definition.code,
        version=published.version,
        agency=definition.agency,
        applicant=applicant,
        form_commitment=commitment(salt, content),
        attachments=tuple(attachments),
        tasks=(receiving_task(definition, calendar, now),),
        expected_due_at=due_at(now, definition.term, calendar),
        link=link,
    )
    entry = Entry(1, now, by, act)
    case = opened(case_id, entry)
    written = await submission.write(
        tx,
        entry,
        calendar.local_date(now),
        key.seal_form(salt, content),
        key,
        announcement(case, "", act, now),
        answer,
        calendar_of=dated.declared_at,
    )
    if written is None:
        return None
    code, head = written
    return Stored(case, code, head, case, key)
