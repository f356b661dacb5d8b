"""Bodies of requests and answers about consultations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from procedures.cases.schemas import AttachmentOfCase, DocumentOfCase, GivenAnswer
from procedures.domain.consultation import Opinion
from shared.schema import Schema

_TERM = [{"kind": "working_days", "amount": 5}]
_QUESTION = "Thửa đất có nằm trong quy hoạch đường không?"
_NOTE = "Thống nhất, với điều kiện lùi 3 m so với chỉ giới."


class ConsulteeOrder(Schema):
    """Who is asked what, and what of the case is shared for the answer."""

    agency: str = Field(max_length=50, examples=["H99.02"])
    unit: str = Field(max_length=100, examples=["PHONG_QUY_HOACH"])
    question: str = Field(min_length=1, max_length=4000, examples=[_QUESTION])
    documents: list[UUID] = Field(
        default_factory=list, max_length=50, description="Of the case; they alone are shared"
    )
    share_form: bool = Field(False, description="Share what the applicant filled in, too")
    term: dict[str, Any] | None = Field(
        None, description="To answer, from now on; left out: none", examples=_TERM
    )


class JoinOrder(Schema):
    """How many consents are enough."""

    needed: int | None = Field(
        None, ge=1, description="1: any; null: all are waited for, and all must consent"
    )


class ConsultationOrder(Schema):
    """Several agencies to be asked at once."""

    consultees: list[ConsulteeOrder] = Field(min_length=1, max_length=20)
    join: JoinOrder = Field(default_factory=JoinOrder)
    silence_consents: bool = Field(False, description="No answer in time is consent")
    mandatory: bool = Field(True, description="The matter is not decided before this is settled")
    exempted_by: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="The law by which the clock stands still until this is settled; left out: it runs",
        examples=["Nghị định 61/2018/NĐ-CP, Điều 19"],
    )


class ConsultationWithdrawal(Schema):
    """Who is not asked any more, and why."""

    reason: str = Field(min_length=1, max_length=4000, examples=["Đã có văn bản trả lời trước đó."])
    consultees: list[UUID] = Field(
        default_factory=list, max_length=20, description="Left out: all who have not answered"
    )


class AnswerOrder(Schema):
    """An opinion. Conditions and a refusal need a note."""

    opinion: Opinion
    note: str | None = Field(None, min_length=1, max_length=4000, examples=[_NOTE])
    documents: list[DocumentOfCase] = Field(default_factory=list, max_length=20)


class AskedItem(Schema):
    """One thing that a unit is asked, in its inbox."""

    id: UUID
    case_code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    asked_by: str = Field(description="The agency that answers for the case", examples=["H99.01"])
    unit: str = Field(examples=["PHONG_QUY_HOACH"])
    asked_at: datetime
    due_at: datetime | None = None


class QuestionView(Schema):
    """What an agency is asked, and all that it sees of the case."""

    id: UUID
    case_code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    asked_by: str = Field(description="The agency that answers for the case", examples=["H99.01"])
    unit: str = Field(examples=["PHONG_QUY_HOACH"])
    question: str = Field(examples=[_QUESTION])
    documents: list[AttachmentOfCase]
    form: dict[str, Any] | None = Field(None, examples=[{"fullName": "Nguyễn Thị Mẫu"}])
    asked_at: datetime
    due_at: datetime | None = None
    silence_consents: bool = Field(description="No answer by then is consent")
    answer: GivenAnswer | None = None
