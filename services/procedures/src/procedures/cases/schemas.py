"""Bodies of requests and answers about cases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from procedures.domain.automation import Purpose
from procedures.domain.case import Outcome
from procedures.domain.consultation import ConsultationOutcome, Opinion
from procedures.domain.linked_cases import LinkKind, Verdict
from procedures.domain.result import ResultState
from procedures.domain.status import Status
from procedures.fees.schemas import FeeDue, FeeOfCase, PartFeeDue, PaymentOfCase
from shared.schema import Schema, Words

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class DocumentOfCase(Schema):
    """A document that was sent before, and which document of the procedure it is."""

    document: str = Field(max_length=100, examples=["identity-paper"])
    id: UUID


class Submission(Schema):
    """A case to be filed."""

    procedure: str = Field(max_length=50, examples=["TP01"], description="Code of the procedure")
    form: dict[str, Any] = Field(
        default_factory=dict,
        examples=[{"fullName": "Nguyễn Thị Mẫu"}],
        description="What the procedure's form asks for (its JSON Schema)",
    )
    documents: list[DocumentOfCase] = Field(default_factory=list, max_length=50)


class Receipt(Schema):
    """What the applicant holds in hand: keep the code and the secret."""

    id: UUID
    code: str = Field(examples=["H99.01-261123-0001"], description="The legal case code")
    tracking_secret: str = Field(
        examples=["7KQ2MZP4XD9A"], description="Opens public tracking together with the code"
    )
    procedure: str = Field(examples=["TP01"])
    version: int
    agency: str = Field(examples=["H99.01"])
    submitted_at: datetime
    expected_due_at: datetime | None = Field(
        None, description="When the answer is due if the case is received as it was submitted"
    )


class TaskOfCase(Schema):
    """An open step: where the case waits."""

    step: str = Field(examples=["XU_LY"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    role: str | None = Field(None, examples=["XU_LY"])
    agency: str = Field(examples=["H99.01"])
    opened_at: datetime
    due_at: datetime | None = None


class AttachmentOfCase(Schema):
    """A document in the case; its content is at `/documents/{id}/content`."""

    id: UUID
    document: str = Field(examples=["identity-paper"])
    media_type: str = Field(examples=["application/pdf"])
    size: int
    sha256: str = Field(examples=[_SHA256], description="Of the content, hexadecimal")


class IssuedResultOfCase(Schema):
    """A result that was issued; its PDF and signed JSON are among the documents of the result."""

    id: UUID
    type: str = Field(examples=["GIAY_CHUNG_NHAN"])
    number: str = Field(examples=["07/2026/GCN"])
    issued_at: datetime
    state: ResultState
    sha256: str = Field(examples=[_SHA256], description="Of the canonical JSON, hexadecimal")


class Missing(Schema):
    """One thing the applicant is asked for."""

    document: str = Field(max_length=100, examples=["land-certificate"])
    reason: str = Field(min_length=1, max_length=2000, examples=["Bản chụp bị mờ, không đọc được số thửa."])


class HoldOfCase(Schema):
    """Why an ended case is not disposed of."""

    since: datetime
    reason: str = Field(examples=["Đang có khiếu nại."])


class TransferOfCase(Schema):
    """Which archive has taken the case over, and its receipt."""

    at: datetime
    archive: str = Field(examples=["Lưu trữ lịch sử tỉnh"])
    receipt: str = Field(examples=["BB-2036-015"])


class ErasureOfCase(Schema):
    """When, on what legal ground and by which approved list the personal data of the case was erased."""

    at: datetime
    ground: str = Field(examples=["Luật Lưu trữ 2024"])
    disposal_list: UUID


class ExtensionOfCase(Schema):
    """An extension of the term."""

    at: datetime
    by: dict[str, Any] = Field(examples=[{"kind": "working_days", "amount": 5}])
    reason: str = Field(examples=["Cần xác minh thực địa tại hai xã."])


class ApologyOfCase(Schema):
    """An agency that is late says why, and promises one new date."""

    at: datetime
    promised_at: datetime = Field(description="The end of that date")
    reason: str = Field(examples=["Hồ sơ phải xác minh lại ở hai cơ quan, chúng tôi xin lỗi."])
    letter: AttachmentOfCase | None = Field(None, description="The apology on paper, a PDF")


class ChildOfCase(Schema):
    """A part of the case that is handled as a case of another procedure; `results` and `documents` are its result."""

    id: UUID
    code: str | None = Field(None, examples=["H99.02-261124-0007"], description="Not for the applicant")
    procedure: str = Field(examples=["DD-02"])
    agency: str = Field(examples=["H99.02"])
    step: str | None = Field(None, examples=["HOI_DAT_DAI"], description="The step that waits for it")
    opened_at: datetime
    status: Status
    status_text: Words
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    results: list[IssuedResultOfCase]
    documents: list[UUID] = Field(description="Their content is at `/documents/{id}/content`")
    documents_withheld: bool = Field(description="From the applicant, until fees are paid or waived")
    fees_due: list[PartFeeDue] = Field(description="What the applicant is yet to pay for it")


class AppealOfCase(Schema):
    """An appeal against the decision on the case."""

    id: UUID
    code: str = Field(examples=["H99-261201-0002"])
    procedure: str = Field(examples=["KN-01"])
    agency: str = Field(examples=["H99"])
    filed_at: datetime
    settled_at: datetime | None = None
    verdict: Verdict | None = Field(
        None, description="Absent while it is open, and where it ended without one"
    )


class LinkOfCase(Schema):
    """The case that this one belongs to."""

    kind: LinkKind
    id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])


class AppliedRuleOfCase(Schema):
    """A rule of the procedure that was asked, in the version that it then had."""

    at: datetime
    purpose: Purpose
    rule: str = Field(examples=["DUYET_NGAY"])
    version: str = Field(examples=[_SHA256], description="SHA-256 of the rule's canonical JSON")
    step: str | None = Field(
        None, examples=["PHAN_LOAI"], description="From which step a way on was asked for"
    )
    failure: str | None = Field(
        None, examples=["no_row"], description="Why it gave no answer, so that people decide instead"
    )


class GivenAnswer(Schema):
    """What was answered."""

    at: datetime
    opinion: Opinion
    note: str | None = Field(None, examples=["Thống nhất, với điều kiện lùi 3 m so với chỉ giới."])
    documents: list[UUID]
    by: str | None = Field(
        None,
        description="Subject of the official; absent when nobody answered, which counts as consent",
        examples=["019a0000-0000-7000-8000-000000000002"],
    )


class RetractionOfCase(Schema):
    """When and why one is not asked any more."""

    at: datetime
    reason: str = Field(examples=["Đã có văn bản trả lời trước đó."])


class ConsulteeOfCase(Schema):
    """One that was asked."""

    id: UUID
    agency: str = Field(examples=["H99.02"])
    unit: str = Field(examples=["PHONG_QUY_HOACH"])
    question: str = Field(examples=["Thửa đất có nằm trong quy hoạch đường không?"])
    documents: list[UUID]
    form_shared: bool
    due_at: datetime | None = None
    answer: GivenAnswer | None = None
    retraction: RetractionOfCase | None = None


class ConsultationOfCase(Schema):
    """What several were asked at once, what they said, and what it comes to."""

    id: UUID
    asked_at: datetime
    unit: str = Field(description="Which asked", examples=["PHONG_TU_PHAP"])
    needed: int | None = Field(None, description="So many consents are enough; absent: all")
    silence_consents: bool
    mandatory: bool
    exempted_by: str | None = Field(None, examples=["Nghị định 61/2018/NĐ-CP, Điều 19"])
    outcome: ConsultationOutcome | None = Field(None, description="Absent while answers are waited for")
    consultees: list[ConsulteeOfCase]


class CaseView(Schema):
    """A case as it stands."""

    id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    version: int
    agency: str = Field(examples=["H99.01"])
    status: Status
    status_text: Words
    next_actions: list[str] = Field(description="What may be done now", examples=[["accept", "refuse"]])
    submitted_at: datetime
    received_at: datetime | None = None
    due_at: datetime | None = Field(None, description="Absent while the clock is stopped, or without a term")
    stopped_at: datetime | None = Field(None, description="Since when the legal clock stands still")
    tasks: list[TaskOfCase]
    missing: list[Missing]
    attachments: list[AttachmentOfCase]
    outcome: Outcome | None = None
    reason: str | None = Field(None, examples=["Đủ điều kiện theo quy định."])
    legal_ground: str | None = Field(None, examples=["Luật Hộ tịch 2014, Điều 19"])
    decided_at: datetime | None = None
    result: list[AttachmentOfCase]
    result_withheld: bool = Field(description="From the applicant, until fees are paid or waived")
    results: list[IssuedResultOfCase] = Field(description="Issued results, also those that count no more")
    ended_at: datetime | None = None
    on_time: bool | None = None
    answer_by: datetime | None = Field(
        None, description="Until when there is time to bring what is missing; absent without a limit"
    )
    extensions: list[ExtensionOfCase] = Field(description="When the agency gave itself more time, and why")
    apology: ApologyOfCase | None = Field(None, description="Of an agency that is, or was, late")
    form: dict[str, Any] | None = Field(
        None,
        examples=[{"fullName": "Nguyễn Thị Mẫu"}],
        description="What was filled in; in the single view only, and not of an erased case",
    )
    children: list[ChildOfCase] = Field(description="Parts that are handled as cases of other procedures")
    appeals: list[AppealOfCase]
    link: LinkOfCase | None = Field(None, description="Of a part of another case, or an appeal against it")
    verdict: Verdict | None = Field(None, description="Of an appeal")
    hold: HoldOfCase | None = None
    transferred: TransferOfCase | None = None
    erased: ErasureOfCase | None = Field(None, description="Texts of an erased case say that they are erased")
    rules_applied: list[AppliedRuleOfCase] = Field(
        description="What rules of the procedure were asked; what they looked at stands in the log"
    )
    fees: list[FeeOfCase] = Field(description="What the applicant was asked to pay, or is exempt from")
    payments: list[PaymentOfCase] = Field(description="What was paid, also what is to be given back")
    consultations: list[ConsultationOfCase] = Field(description="Whom the agency asked, and what they said")


class Refusal(Schema):
    reason: str = Field(min_length=1, max_length=4000, examples=["Hồ sơ không thuộc thẩm quyền giải quyết."])
    legal_ground: str = Field(min_length=1, max_length=500, examples=["Nghị định 61/2018/NĐ-CP, Điều 17"])


class Completion(Schema):
    outcome: str | None = Field(
        None, max_length=100, examples=["approved"], description="Which way out, where the step has several"
    )
    note: str | None = Field(None, max_length=4000, examples=["Đã đối chiếu bản chính."])


class SupplementRequest(Schema):
    items: list[Missing] = Field(min_length=1, max_length=50)


class Supplement(Schema):
    documents: list[DocumentOfCase] = Field(min_length=1, max_length=50)
    note: str | None = Field(None, max_length=4000, examples=["Gửi lại bản chụp rõ hơn."])


class Decision(Schema):
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=4000, examples=["Đủ điều kiện theo quy định."])
    number: str | None = Field(None, max_length=100, examples=["12/QĐ-UBND"])
    legal_ground: str | None = Field(
        None, min_length=1, max_length=500, examples=["Luật Hộ tịch, Điều 19"], description="Of a rejection"
    )


class Result(Schema):
    documents: list[DocumentOfCase] = Field(min_length=1, max_length=20)


class Withdrawal(Schema):
    reason: str | None = Field(None, max_length=4000, examples=["Không còn nhu cầu."])


class LogEntry(Schema):
    """One act of the case, as the hash-chained log holds it."""

    sequence: int
    at: datetime
    by: dict[str, Any] = Field(examples=[{"kind": "official", "agency": "H99.01"}])
    act: dict[str, Any] = Field(examples=[{"act": "accepted"}])
    hash: str = Field(
        examples=[_SHA256], description="SHA-256 over this entry and the hash before it, hexadecimal"
    )


class CaseLog(Schema):
    """The whole log of a case, oldest first, and whether it is sound."""

    code: str = Field(examples=["H99.01-261123-0001"])
    entries: list[LogEntry]
    sound: bool = Field(description="Every hash follows from the one before, and the state from the acts")


class TrackingQuery(Schema):
    """What a receipt says."""

    code: str = Field(max_length=60, examples=["H99.01-261123-0001"])
    secret: str = Field(max_length=40, examples=["7KQ2MZP4XD9A"])


class TrackingStep(Schema):
    """One thing that happened, in words; nothing personal."""

    at: datetime
    act: str = Field(examples=["accepted"])
    text: Words


class TrackingPart(Schema):
    """How far a part of the case is that is handled by another procedure."""

    agency: str = Field(examples=["H99.02"])
    procedure: str = Field(examples=["DD-02"])
    status: Status
    status_text: Words
    opened_at: datetime
    ended_at: datetime | None = None
    fees_due: list[PartFeeDue] = Field(description="What is yet to be paid for it")


class Tracking(Schema):
    """What anyone with code and secret may know of a case."""

    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    agency: str = Field(examples=["H99.01"])
    status: Status
    status_text: Words
    due_at: datetime | None = None
    answer_by: datetime | None = Field(
        None, description="Until when there is time to bring what is missing; absent without a limit"
    )
    promised_at: datetime | None = Field(
        None, description="The end of the new date that the agency promised when it was late"
    )
    consulted: list[str] = Field(
        description="Other agencies whose part is waited for now", examples=[["H99.02"]]
    )
    steps: list[TrackingStep]
    fees_due: list[FeeDue] = Field(description="What is yet to be paid")
    parts: list[TrackingPart] = Field(description="Of the case, which other procedures handle")
