"""The letter in which an agency apologises: written, sealed where it can be, and kept once for ever."""

import asyncio
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.operations import Order
from procedures.cases.store import Stored
from procedures.documents.contents import Content
from procedures.documents.making import keep_made
from procedures.domain.case import Attachment
from procedures.domain.definition import Definition
from procedures.domain.time_acts import Apologised
from procedures.results.operations import Press
from procedures.results.paper import compiled, instant_parts
from procedures.results.store import agency_name

_TEMPLATE = Path(__file__).with_name("letter.typ")
_SUBJECT = "Phiếu xin lỗi và hẹn lại ngày trả kết quả"
DOCUMENT = "PHIEU_XIN_LOI"
"""What the letter is among the documents of the case."""


async def keep_letter(
    tx: AsyncConnection,
    press: Press,
    order: Order,
    stored: Stored,
    definition: Definition,
    act: Apologised,
    sheet: Content,
) -> Attachment:
    """Write the letter of an apology, which was announced as `sheet`, and put it into the case; signed when there is a
    certificate.

    Raises:
        TimeNotAttested, PaperNotSet.
    """
    agency, _ = await agency_name(tx, stored.case.agency)
    now, of = order.now, stored.case.agency
    signed = press.seal.has_key(of, now)
    content = await asyncio.to_thread(written, stored, definition, act, now, agency=agency, signed=signed)
    if signed:
        content = await press.seal.sign_pdf(content, now, agency=of, reason=_SUBJECT)
    return await keep_made(
        tx,
        press.contents,
        order.now,
        sheet,
        case_id=stored.case.id,
        document=DOCUMENT,
        file_name=f"{DOCUMENT}.pdf",
        media_type="application/pdf",
        content=content,
    )


def written(
    stored: Stored, definition: Definition, act: Apologised, now: datetime, *, agency: str, signed: bool
) -> bytes:
    """The letter, a PDF/A-2b.

    Raises:
        PaperNotSet
    """
    case = stored.case
    assert case.received_at is not None  # or it could not be late
    data = {
        "agencyName": agency,
        "caseCode": stored.code,
        "procedureTitle": definition.title.vi,
        "received": instant_parts(case.received_at),
        "due": case.due_at and instant_parts(case.due_at),
        "reason": act.reason,
        "promised": instant_parts(act.promised_at),
        "written": instant_parts(now),
        "signed": signed,
    }
    return compiled(_TEMPLATE, data)
