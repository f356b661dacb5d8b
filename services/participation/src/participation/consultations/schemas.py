"""Bodies of requests and answers about consultations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from participation.domain import consultation as domain
from participation.domain.consultation import Consultation, Draft, Status
from participation.schemas import Heading, Line, Prose, words
from shared.schema import Schema, Words


class PassageBody(Schema):
    """A numbered piece of the draft's text."""

    number: int = Field(ge=1, examples=[1], description="1, 2, 3 … in order")
    text: Line = Field(max_length=10_000, examples=["Điều 1. Tuyến phố Mẫu là phố đi bộ từ 18 giờ thứ Sáu."])


class ConsultationDraft(Schema):
    """What an agency wants to ask about: always sent whole."""

    title: Heading = Field(examples=[{"vi": "Phố đi bộ Mẫu", "en": "A pedestrian Mau street"}])
    summary: Prose = Field(examples=[{"vi": "Dự thảo quy định …", "en": "A draft regulation …"}])
    passages: list[PassageBody] = Field(min_length=1, max_length=500)
    opens_date: date = Field(description="The first day on which comments are taken, in Vietnam")
    closes_date: date = Field(description="The last day on which comments are taken, in Vietnam")

    def draft(self) -> Draft:
        return Draft(
            title=self.title.text(),
            summary=self.summary.text(),
            passages=tuple(domain.Passage(passage.number, passage.text) for passage in self.passages),
            opens_date=self.opens_date,
            closes_date=self.closes_date,
        )


class ConsultationAnswer(Schema):
    """What the agency made of the comments: what it took up, what not, and why."""

    answer: Prose


class ConsultationSummary(Schema):
    """A consultation in a list."""

    id: UUID
    agency: str = Field(examples=["H99.01"])
    title: Words
    summary: Words
    status: Status
    opens_date: date
    closes_date: date
    opens_at: datetime
    closes_at: datetime = Field(description="The instant from which comments are not taken any more")
    published_at: datetime | None = Field(None, description="Absent while only the agency sees it")
    answered_at: datetime | None = None

    @classmethod
    def of(cls, consultation: Consultation, now: datetime, **more: Any) -> Self:
        return cls(
            id=consultation.id,
            agency=consultation.agency,
            title=words(consultation.title),
            summary=words(consultation.summary),
            status=consultation.status(now),
            opens_date=consultation.opens_date,
            closes_date=consultation.closes_date,
            opens_at=consultation.opens_at,
            closes_at=consultation.closes_at,
            published_at=consultation.published_at,
            answered_at=consultation.answered_at,
            **more,
        )


class ConsultationView(ConsultationSummary):
    """A consultation with the text of its draft, and with the agency's answer once there is one."""

    passages: list[PassageBody]
    answer: Words | None = None

    @classmethod
    def whole(
        cls, consultation: Consultation, passages: Sequence[domain.Passage], now: datetime
    ) -> "ConsultationView":
        return cls.of(
            consultation,
            now,
            passages=[PassageBody.model_validate(passage) for passage in passages],
            answer=words(consultation.answer) if consultation.answer else None,
        )


class LogEntry(Schema):
    """What an official did."""

    at: datetime
    official: str = Field(description="Subject id", examples=["019a0000-0000-7000-8000-000000000000"])
    act: str = Field(examples=["published"])
    particulars: dict[str, Any] = Field(examples=[{}])
