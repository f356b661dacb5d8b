"""The fees and payments of a case, as answers show them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from procedures.domain.fees import LARGEST_AMOUNT, FeeState, PaymentVerdict, RefundState
from procedures.domain.time_to_pay import Unpaid
from shared.schema import Schema, Words

Amount = Field(description="In the smallest unit of the currency", examples=[150000])
Currency = Field(description="ISO 4217", examples=["VND"])
Reference = Field(
    description="By what payer and provider name the fee", examples=["H99.01-261123-0001/1"], max_length=160
)


class PartFeeDue(Schema):
    """A fee that is yet to be paid for a part of a case; until when, the part itself says."""

    reference: str = Reference
    amount: int = Amount
    currency: str = Currency


class FeeDue(PartFeeDue):
    """A fee that is yet to be paid."""

    pay_by: datetime | None = Field(None, description="Until when; absent: for as long as the case goes on")


class FeeOfCase(FeeDue):
    """A fee that the applicant was asked for, or is exempt from."""

    number: int = Field(examples=[1])
    state: FeeState
    demanded_at: datetime
    legal_ground: str | None = Field(None, examples=["Thông tư 85/2019/TT-BTC"])
    stops_clock: bool = Field(description="Whether the legal clock stands still until it is paid")
    exempted_by: str | None = Field(
        None,
        description="The legal ground on which it need not be paid",
        examples=["Luật Người cao tuổi 2009"],
    )
    receipt: str | None = Field(
        None, description="The number of the receipt, once it is paid", examples=["0000007/2026/BL"]
    )
    on_expiry: Unpaid | None = Field(
        None, description="What becomes of the case when nobody has paid in time"
    )
    expired_at: datetime | None = Field(None, description="When it was noted that nobody had")


class RefundOfCase(Schema):
    """An order to give a payment, or a part of it, back."""

    id: UUID
    amount: int = Amount
    state: RefundState
    ordered_at: datetime
    answered_at: datetime | None = None
    reason: str = Field(examples=["Hồ sơ bị từ chối tiếp nhận."])
    legal_ground: str = Field(examples=["Luật Phí và lệ phí 2015, Điều 14"])


class PaymentOfCase(Schema):
    """A payment for a fee of the case. One that is not accepted settles nothing, and is to be given back."""

    id: UUID
    fee: int = Field(description="Number of the fee", examples=[1])
    verdict: PaymentVerdict
    provider: str = Field(examples=["napas"])
    provider_reference: str = Field(examples=["FT26327000123"])
    amount: int = Amount
    currency: str = Currency
    paid_at: datetime
    received_at: datetime
    refund: RefundOfCase | None = Field(None, description="The last one that was ordered")
    refunds: list[RefundOfCase] = Field(description="Every one that was ordered")
    refundable: int = Field(
        description="What may still be given back, in the smallest unit of the currency", examples=[150000]
    )


class FeeOrder(Schema):
    """A fee that an official asks for."""

    amount: int = Field(
        ge=1, le=LARGEST_AMOUNT, description="In the smallest unit of the currency", examples=[150000]
    )
    currency: str = Field("VND", pattern="^[A-Z]{3}$", description="ISO 4217", examples=["VND"])
    legal_ground: str = Field(min_length=1, max_length=500, examples=["Thông tư 85/2019/TT-BTC"])
    stops_clock: bool = Field(False, description="Whether the legal clock stands still until it is paid")


class FeeExemption(Schema):
    """Why a fee need not be paid."""

    reason: str = Field(min_length=1, max_length=2000, examples=["Người nộp thuộc hộ nghèo."])
    legal_ground: str = Field(min_length=1, max_length=500, examples=["Luật Phí và lệ phí 2015, Điều 10"])


class RefundOnReceipt(Schema):
    """What was given back of the money that a receipt is for."""

    amount: int = Amount
    provider_reference: str | None = Field(None, examples=["FT26327000124"])
    refunded_at: datetime


class FeeReceipt(Schema):
    """The receipt (biên lai) of a fee; the numbers of an agency's year have no gap."""

    number: str = Field(examples=["0000007/2026/BL"])
    agency: str = Field(examples=["H99.01"])
    agency_name: Words
    case_code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    fee: str = Field(description="The reference of the fee", examples=["H99.01-261123-0001/1"])
    legal_ground: str | None = Field(None, examples=["Thông tư 85/2019/TT-BTC"])
    amount: int = Amount
    currency: str = Currency
    provider: str = Field(examples=["napas"])
    provider_reference: str = Field(examples=["FT26327000123"])
    paid_at: datetime
    issued_at: datetime
    refunded_at: datetime | None = Field(None, description="When all of the money was given back")
    refunds: list[RefundOnReceipt] = Field(description="What was given back so far")
