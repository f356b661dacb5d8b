"""What rules make of cases: in the transaction of the act that it follows from, and in nobody's name."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases import store
from procedures.cases.store import Done, Stored
from procedures.catalogue.operations import versions_of
from procedures.domain.by_rule import follow, goes_on
from procedures.domain.rule_inputs import inputs_of
from procedures.links.following import are_free


async def led_on(tx: AsyncConnection, now: datetime, cases: Iterable[Stored]) -> list[Done]:
    """What follows in these cases by rule, until they wait for people. Their row locks are held.

    The database is asked about those alone in which something follows. A job that does not hold the family of a case
    waits for none of it, and where the key does not open no rule is asked: the next act leads on.
    """
    done: list[Done] = []
    for stored in cases:
        case = stored.case
        if case.status.ended or (stored.key is not None and not stored.key.opens):
            continue
        definition = (await versions_of(tx).of(tx, case.procedure, case.version)).definition
        if goes_on(case, definition) and await are_free(tx, case):
            calendar = await calendar_of(tx, case.agency)
            inputs = await _inputs(tx, stored, calendar.local_date(case.submitted_at))
            done.append((stored, follow(case, definition, calendar, inputs, now)))
    return done


async def _inputs(tx: AsyncConnection, stored: Stored, submitted: date) -> dict[str, Any]:
    form = await store.form_of(tx, stored)
    documents = (attachment.document for attachment in stored.case.attachments)
    return inputs_of(None if form is None else form.content, documents, submitted)
