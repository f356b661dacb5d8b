"""The one statement that writes a submitted case.

Number, case, receiving task with its timer, log entry, event and idempotency key are one statement, which is its own
transaction: nothing of it stays when the process or the database dies in the middle, so the day's series
has no gap. It goes to the driver directly: this is the hot write of the platform (measured in `make bench`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sealing import sealed_act
from procedures.cases.store import act_json, actor_json, case_text
from procedures.domain.acts import Entry, Submitted
from procedures.domain.case import opened
from procedures.domain.case_code import SERIES_DIGITS, series_prefix
from procedures.domain.log import GENESIS, chained_bytes
from procedures.keys.keyring import CaseKey
from shared import outbox
from shared.errors import Text, Unavailable
from shared.events import Envelope

# The number is taken only while the version is in force and the calendar is the one the due date was
# counted by; otherwise no row comes back.
_SUBMIT = f"""
WITH series AS (
    INSERT INTO case_series AS s (agency, day, last)
    SELECT $1::text, $2::date, 1 WHERE EXISTS (
        SELECT FROM procedure_versions WHERE procedure = $3 AND version = $4 AND status = 'published')
        AND (SELECT updated_at FROM calendars WHERE agency = $1) IS NOT DISTINCT FROM $27::timestamptz
    ON CONFLICT (agency, day) DO UPDATE SET last = s.last + 1
    RETURNING $5::text || lpad(last::text, greatest({SERIES_DIGITS}, length(last::text)), '0') AS code
), sealed AS (
    SELECT code, sha256(convert_to(code || E'\\n', 'UTF8') || $6::bytea) AS head FROM series
), opened AS (
    INSERT INTO cases (id, code, procedure, version, agency, applicant, status, submitted_at, sequence,
                       head, state, form, data_key)
    SELECT $7::uuid, code, $3, $4, $1, $8::text, 'submitted', $9::timestamptz, 1, head, $10::jsonb, $11::bytea,
           $28::bytea
    FROM sealed
), logged AS (
    INSERT INTO case_log (case_id, sequence, at, actor, act, hash)
    SELECT $7, 1, $9, $12::jsonb, $13::jsonb, head FROM sealed
), waiting AS (
    INSERT INTO tasks (case_id, step, agency, unit, role, opened_at, due_at, sort_at, procedure, status)
    SELECT $7, $14::text, $15::text, $16::text, $17::text, $9, $29::timestamptz,
           coalesce($29, '9999-12-31T00:00:00Z'), $3, 'submitted'
    FROM sealed
), reminded AS (
    INSERT INTO timers (case_id, kind, subject, at, fires_at)
    SELECT $7, 'step_overdue', $14, $29, $29 FROM sealed WHERE $29 IS NOT NULL
), told AS (
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, sequence, occurred_at, traceparent)
    SELECT $18::uuid, $19::text, $7, $20::text, $21::jsonb || jsonb_build_object('code', code), 1, $9, $22::text
    FROM sealed
), remembered AS (
    INSERT INTO idempotent_answers (client, route, key, fingerprint, status, body, created_at)
    SELECT $23::text, $24::text, $25::text, $26::text, 201, jsonb_build_object('id', $7), $9
    FROM sealed WHERE $25 IS NOT NULL
)
SELECT code, head FROM sealed
"""  # noqa: S608 -- a constant


class CaseNumberTaken(Unavailable):
    """The series of the day stands behind the last number that was given; it was changed by hand."""

    slug = "case-number-taken"
    title = Text(
        vi="Dãy số hồ sơ trong ngày của cơ quan bị sai nên chưa nhận được hồ sơ. Hãy báo bộ phận hỗ trợ.",
        en="The agency's series of numbers of this day is wrong, so that no case can be filed. Tell support.",
    )


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where the answer is kept under the caller's idempotency key (`key` is None without one)."""

    client: str
    route: str
    key: str | None
    fingerprint: str


async def write(
    tx: AsyncConnection,
    entry: Entry,
    day: date,
    form: bytes,
    key: CaseKey,
    envelope: Envelope,
    answer: Remembered,
    *,
    calendar_of: datetime | None,
) -> tuple[str, bytes] | None:
    """Write the case that `entry` opens; returns its legal code and the head of its log.

    `form` is sealed under `key`. None when the procedure's version is not in force, or the agency's calendar is not the one declared at
    `calendar_of`, any more. Joins the transaction if it has begun, and is one of its own otherwise.

    Raises:
        asyncpg.UniqueViolationError: the idempotency key was used before.
        CaseNumberTaken: the series of the day was changed by hand.
        ConnectionResetError: the database went away in the middle.
    """
    entry = replace(entry, act=sealed_act(key, entry))
    act = entry.act
    assert isinstance(act, Submitted)
    case = opened(envelope.subject, entry)
    actor, submitted = actor_json(entry.actor), act_json(act)
    (task,) = act.tasks
    values: Sequence[Any] = (
        act.agency,
        day,
        act.procedure,
        act.version,
        series_prefix(act.agency, day),
        chained_bytes(GENESIS, case.id, 1, entry.at, actor, submitted),
        case.id,
        act.applicant,
        entry.at,
        case_text(case),
        form,
        _json(actor),
        _json(submitted),
        task.step,
        task.agency,
        task.unit,
        task.role,
        envelope.id,
        envelope.topic,
        envelope.type,
        _json(envelope.data),
        envelope.traceparent,
        answer.client,
        answer.route,
        answer.key,
        answer.fingerprint,
        calendar_of,
        key.wrapped,
        task.due_at,
    )
    assert tx.sync_connection is not None
    driver: asyncpg.Connection = tx.sync_connection.connection.driver_connection
    try:
        row = await driver.fetchrow(_SUBMIT, *values)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "cases_code_key":
            raise CaseNumberTaken from error
        raise
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        # What the driver says when it loses the server between two of its steps.
        if driver.is_closed() or isinstance(error, asyncpg.InternalClientError):
            raise ConnectionResetError(str(error)) from error
        raise
    if row is None:
        return None
    outbox.mark_filled(tx)
    return row["code"], row["head"]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
