"""What can be asked of results and done to them."""

import asyncio
import json
import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.operations import Order, locked_case, require_free
from procedures.cases.record import record
from procedures.cases.store import Stored, case_by_id, form_of
from procedures.documents.contents import Content, Contents
from procedures.documents.making import keep_made
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case
from procedures.domain.definition import Definition
from procedures.domain.handling import Official
from procedures.domain.result import (
    IssuedResult,
    ResultState,
    ResultType,
    form_values,
    legal_number,
    rendered,
)
from procedures.domain.result_acts import ResultIssued
from procedures.domain.result_rules import (
    ResultNotFound,
    is_opposed,
    require_issuable,
    result_of,
    revoke,
    type_of,
    won_appeal,
)
from procedures.results import store
from procedures.results.paper import typeset
from procedures.results.signing import Seal
from shared.db import AnyRow
from shared.ids import new_id

FORMS = ("application/pdf", "application/jose")
"""The media types of a result: on paper, and as data; both signed."""

_TOKEN_BYTES = 20


@dataclass(frozen=True, slots=True)
class Press:
    """What results are made with."""

    seal: Seal
    contents: Contents
    public_url: str

    def address_of(self, token: str) -> str:
        """Where a result can be verified by anyone."""
        return f"{self.public_url}/procedures/v1/results/{token}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What anyone with a result in hand may know of it."""

    row: AnyRow
    agency_name: tuple[str, str]
    superseded_by: AnyRow | None
    supersedes: AnyRow | None


async def issue_result(
    tx: AsyncConnection,
    press: Press,
    order: Order,
    official: Official,
    *,
    type_code: str,
    supersedes: UUID | None,
    sheets: Sequence[Content],
) -> Stored:
    """Write, sign and keep a result, and put it into its case; number and act in the one transaction.

    `sheets` are the documents that were announced for it, one of each of the `FORMS`.

    Raises:
        CaseNotFound, CaseChanged, ActionNotAllowed, NotThisUnit, PreconditionRequired, CaseErased.
        UnknownResultType, ResultNotFitting, ResultInForce, ResultNotFound,
        SigningNotSetUp, TimeNotAttested, PaperNotSet.
    """
    stored = await locked_case(tx, order)
    case = stored.case
    definition = (await order.versions.of(tx, case.procedure, case.version)).definition
    kind = type_of(definition, type_code)
    require_issuable(case, definition, official, kind, supersedes)
    await require_free(tx, order, case, ())
    calendar = await calendar_of(tx, case.agency)
    old = None if supersedes is None else result_of(case, supersedes).number
    token = b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode().rstrip("=").lower()
    names = await store.agency_name(tx, case.agency)
    filed = await form_of(tx, stored)
    press.seal.require_key(case.agency, order.now)  # before others have to wait for the number
    year = calendar.local_date(order.now).year
    number = legal_number(await store.next_number(tx, case.agency, year, kind.symbol), year, kind.symbol)
    content = rfc8785.dumps(
        document(
            stored,
            definition,
            kind,
            filed.content if filed else {},
            calendar,
            number=number,
            names=names,
            now=order.now,
            supersedes=old,
            ruling=await _ruling_for(tx, case, kind),
        )
    )
    issued = IssuedResult(new_id(), kind.code, number, order.now, sha256(content).hexdigest())
    attachments = await _keep(tx, press, order, case, kind, content, press.address_of(token), sheets)
    await store.add(
        tx,
        id=issued.id,
        case_id=case.id,
        token=token,
        agency=case.agency,
        type=kind.code,
        title_vi=kind.title.vi,
        title_en=kind.title.en,
        number=number,
        issued_at=order.now,
        json_sha256=issued.sha256,
        pdf_sha256=attachments[0].sha256,
        state=issued.state.value,
    )
    if supersedes is not None:
        await store.end(tx, supersedes, ResultState.SUPERSEDED.value, order.now, superseded_by=issued.id)
    act = ResultIssued(issued, attachments, supersedes)
    (after,) = await record(tx, order.actor, order.now, [(stored, [act])])
    return after


async def revoke_result(
    tx: AsyncConnection, order: Order, official: Official, result: UUID, *, reason: str, legal_ground: str
) -> Stored:
    """A result counts no more.

    Raises:
        CaseNotFound, CaseChanged, ActionNotAllowed, NotThisUnit, PreconditionRequired.
        ResultNotFitting, ResultNotFound, CaseErased.
    """
    stored = await locked_case(tx, order)
    case = stored.case
    definition = (await order.versions.of(tx, case.procedure, case.version)).definition
    acts = revoke(case, definition, official, result, reason=reason, legal_ground=legal_ground)
    await store.end(tx, result, ResultState.REVOKED.value, order.now, legal_ground=legal_ground)
    await require_free(tx, order, case, acts)
    (after,) = await record(tx, order.actor, order.now, [(stored, acts)])
    return after


async def verify_result(tx: AsyncConnection, token: str) -> Verification:
    """What anyone may know of the result whose address this is.

    Raises:
        ResultNotFound
    """
    row = await store.by_token(tx, token)
    if row is None:
        raise ResultNotFound
    following = await store.by_id(tx, row.superseded_by) if row.superseded_by else None
    return Verification(
        row=row,
        agency_name=await store.agency_name(tx, row.agency),
        superseded_by=following,
        supersedes=await store.superseded_by(tx, row.id),
    )


def document(
    stored: Stored,
    definition: Definition,
    kind: ResultType,
    form: Mapping[str, Any],
    calendar: WorkingCalendar,
    *,
    number: str,
    names: tuple[str, str],
    now: datetime,
    supersedes: str | None,
    ruling: Case | None,
) -> dict[str, Any]:
    """The result as data: what is signed, and what the paper says. Dates are those of the agency's calendar.

    Where the result is of the other outcome than the decision, it tells of the ruling that calls for it.
    """
    case = stored.case
    decision = ruling or case
    values = {
        "case.code": stored.code,
        "procedure.title": definition.title.vi,
        "agency.name": names[0],
        "decision.number": decision.decision_number,
        "decision.date": decision.decided_at and calendar.local_date(decision.decided_at),
        "decision.reason": None if decision.erased else decision.reason,
        "decision.legalGround": decision.legal_ground,
        "result.number": number,
        "result.date": calendar.local_date(now),
        **form_values(form, definition.form),
    }
    return {
        "format": "motcua-result-1",
        "type": kind.code,
        "number": number,
        "title": {"vi": kind.title.vi, "en": kind.title.en},
        "agency": case.agency,
        "agencyName": names[0],
        "caseCode": stored.code,
        "procedure": definition.code,
        "outcome": kind.outcome or (case.outcome.value if case.outcome else None),
        "legalBasis": list(definition.legal_basis),
        "text": rendered(kind.template, values),
        "remedies": kind.remedies,
        "issuedAt": now.isoformat(),
        "supersedes": supersedes,
    }


async def _ruling_for(tx: AsyncConnection, case: Case, kind: ResultType) -> Case | None:
    """The appeal, decided, after which a result of the other outcome is issued."""
    appeal = won_appeal(case) if is_opposed(case, kind) else None
    return None if appeal is None else (await case_by_id(tx, appeal.case)).case


async def _keep(
    tx: AsyncConnection,
    press: Press,
    order: Order,
    case: Case,
    kind: ResultType,
    content: bytes,
    address: str,
    sheets: Sequence[Content],
) -> tuple[Attachment, ...]:
    """Sign both forms of a result and keep them as documents of the case."""
    seal, agency, now = press.seal, case.agency, order.now
    paper = await asyncio.to_thread(typeset, json.loads(content), verify_at=address)
    pdf = await seal.sign_pdf(paper, now, agency=agency, reason=kind.title.vi)
    signed = await asyncio.to_thread(seal.sign_json, content, now, agency=agency)
    kept = []
    whole = (("pdf", pdf), ("jws", signed.encode()))
    for sheet, media_type, (suffix, of_form) in zip(sheets, FORMS, whole, strict=True):
        made = await keep_made(
            tx,
            press.contents,
            order.now,
            sheet,
            case_id=case.id,
            document=kind.code,
            file_name=f"{kind.code}.{suffix}",
            media_type=media_type,
            content=of_form,
        )
        kept.append(made)
    return tuple(kept)
