"""What can be asked of consultations and done to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from participation.consultations import store
from participation.consultations.announcements import tell_due
from participation.domain import consultation as rules
from participation.domain.consultation import Consultation, ConsultationNotFound, Draft, Passage, Status
from participation.domain.legal_time import legal_date
from shared.errors import Text
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Official:
    """Who acts for which agency."""

    subject: str
    agency: str


Meant = Callable[[str], None]
"""Raises when the command was meant for another edition than the one it is called with."""


async def draft_consultation(
    tx: AsyncConnection, now: datetime, official: Official, draft: Draft
) -> Consultation:
    """Prepare a consultation, for the agency's eyes alone.

    Raises:
        Invalid: naming every fault of the draft at once.
    """
    consultation = rules.drafted(new_id(), official.agency, draft, now)
    await store.add(tx, consultation, draft.passages)
    await _log(tx, consultation, now, official, "drafted", {})
    return consultation


async def revise_consultation(
    tx: AsyncConnection, now: datetime, official: Official, consultation_id: UUID, meant: Meant, draft: Draft
) -> Consultation:
    """Put another text or period in place of the present ones, until it opens.

    Raises:
        ConsultationNotFound, PreconditionRequired, PreconditionFailed, ConsultationFixed, Invalid
    """
    consultation = rules.revise(await _locked(tx, now, official, consultation_id, meant), draft, now)
    await store.save(tx, consultation, draft.passages)
    await _log(tx, consultation, now, official, "revised", {"version": consultation.version})
    return consultation


async def publish_consultation(
    tx: AsyncConnection, now: datetime, official: Official, consultation_id: UUID, meant: Meant
) -> Consultation:
    """Show the consultation to everyone; others are told at once when its day has come already.

    Raises:
        ConsultationNotFound, PreconditionRequired, PreconditionFailed, AlreadyPublished, Invalid
    """
    consultation = rules.publish(await _locked(tx, now, official, consultation_id, meant), now)
    await store.save(tx, consultation)
    await _log(tx, consultation, now, official, "published", {"version": consultation.version})
    return await tell_due(tx, consultation, now)


async def answer_consultation(
    tx: AsyncConnection, now: datetime, official: Official, consultation_id: UUID, meant: Meant, answer: Text
) -> Consultation:
    """Publish what the agency made of the comments, once, after the closing.

    Raises:
        ConsultationNotFound, PreconditionRequired, PreconditionFailed, AnswerNotDue
    """
    consultation = await _locked(tx, now, official, consultation_id, meant)
    consultation = rules.answer(consultation, answer, now)
    await store.save(tx, consultation)
    await _log(tx, consultation, now, official, "answered", {})
    return await tell_due(tx, consultation, now)


async def get_consultation(
    tx: AsyncConnection, consultation_id: UUID, *, drafts_of: str | None
) -> tuple[Consultation, Sequence[Passage]]:
    """A consultation with its text: a published one, or a draft of the agency `drafts_of`.

    Raises:
        ConsultationNotFound
    """
    consultation = await require_visible(tx, consultation_id, drafts_of=drafts_of)
    return consultation, await store.passages_of(tx, consultation_id)


async def require_visible(
    tx: AsyncConnection, consultation_id: UUID, *, drafts_of: str | None
) -> Consultation:
    """The consultation, when it is published or a draft of the agency `drafts_of`.

    Raises:
        ConsultationNotFound
    """
    consultation = await store.visible(tx, consultation_id, drafts_of)
    if consultation is None:
        raise ConsultationNotFound
    return consultation


async def list_consultations(
    tx: AsyncConnection,
    now: datetime,
    *,
    drafts_of: str | None,
    agency: str | None,
    status: Status | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Consultation]:
    """Published consultations, and the drafts of the agency `drafts_of`."""
    return await store.page(
        tx,
        drafts_of=drafts_of,
        agency=agency,
        status=status,
        today=legal_date(now),
        after=after,
        limit=limit,
    )


async def log_of_consultation(
    tx: AsyncConnection, consultation_id: UUID, *, agency: str, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """What officials did in their agency's consultation: `at, official, act, particulars`, oldest first.

    Raises:
        ConsultationNotFound
    """
    if await store.of_agency(tx, consultation_id, agency) is None:
        raise ConsultationNotFound
    return await store.log_of(tx, consultation_id, after=after, limit=limit)


async def _locked(
    tx: AsyncConnection, now: datetime, official: Official, consultation_id: UUID, meant: Meant
) -> Consultation:
    consultation = await store.of_agency(tx, consultation_id, official.agency, for_update=True)
    if consultation is None:
        raise ConsultationNotFound
    meant(consultation.edition(now))
    return consultation


async def _log(
    tx: AsyncConnection,
    consultation: Consultation,
    now: datetime,
    official: Official,
    act: str,
    particulars: Mapping[str, Any],
) -> None:
    await store.log(tx, consultation.id, now, official.subject, act, particulars)
