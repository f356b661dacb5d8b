"""Rules act on cases: in the transaction of the act that they follow from, and in nobody's name."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases import store
from procedures.cases.record import record
from procedures.cases.store import Done, Stored
from procedures.catalogue.operations import Versions
from procedures.domain.acts import SYSTEM, Act, Entry
from procedures.domain.by_rule import follow, goes_on
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.rule_inputs import inputs_of


async def follow_submission(
    tx: AsyncConnection,
    stored: Stored,
    definition: Definition,
    calendar: WorkingCalendar,
    asked: RuleApplied | None,
    inputs: dict[str, Any],
    now: datetime,
) -> Stored:
    """Record what the rules said of a case that was submitted just now, and what follows from its submission."""
    case = stored.case
    acts: list[Act] = [] if asked is None else [asked]
    for act in acts:
        case = case.after(Entry(case.sequence + 1, now, SYSTEM, act))
    acts += follow(case, definition, calendar, inputs, now)
    if not acts:
        return stored
    (after,) = await record(tx, SYSTEM, now, [(stored, acts)])
    return after


async def follow_rules(
    tx: AsyncConnection, versions: Versions, now: datetime, cases: Sequence[Stored]
) -> list[Stored]:
    """Let cases go on by themselves as far as they do; each as it then stands. The row locks are held."""
    done: list[Done] = []
    for stored in cases:
        case = stored.case
        definition = (await versions.of(tx, case.procedure, case.version)).definition
        if not goes_on(case, definition):
            continue
        calendar = await calendar_of(tx, case.agency)
        inputs = await _inputs(tx, stored, calendar.local_date(case.submitted_at))
        done.append((stored, follow(case, definition, calendar, inputs, now)))
    after = {one.case.id: one for one in await record(tx, SYSTEM, now, done)} if done else {}
    return [after.get(stored.case.id, stored) for stored in cases]


async def _inputs(tx: AsyncConnection, stored: Stored, submitted: date) -> dict[str, Any]:
    form = await store.form_of(tx, stored)
    documents = (attachment.document for attachment in stored.case.attachments)
    return inputs_of(None if form is None else form.content, documents, submitted)
