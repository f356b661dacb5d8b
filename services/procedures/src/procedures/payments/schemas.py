"""Bodies of requests and answers about payments."""

from datetime import UTC, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from procedures.domain.fees import LARGEST_AMOUNT, PaymentVerdict, RefundState
from procedures.fees.schemas import Amount, Currency
from shared.schema import Schema

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_KIND = "`paid`, or of a refund that was ordered: `refunded` or `refund_failed`"
_REFERENCE = (
    "The provider's own name for this payment or refund: what is told again under it takes effect once"
)


class Callback(Schema):
    """What a payment provider tells."""

    kind: Literal["paid", "refunded", "refund_failed"] = Field(description=_KIND)
    reference: str = Field(min_length=1, max_length=100, description=_REFERENCE, examples=["FT26327000123"])
    fee: str = Field(
        min_length=1,
        max_length=160,
        description="The fee, by its reference in the case",
        examples=["H99.01-261123-0001/1"],
    )
    refund: UUID | None = Field(
        None, description="Of a refund: the id under which it was ordered; left out of a payment"
    )
    amount: int = Field(
        ge=1, le=LARGEST_AMOUNT, description="In the smallest unit of the currency", examples=[150000]
    )
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["VND"])
    happened_at: AwareDatetime = Field(
        ge=_EARLIEST,
        le=_LATEST,
        description="When it was paid, or given back",
        examples=["2026-11-23T02:00:00Z"],
    )

    @model_validator(mode="after")
    def _refunds_name_their_order(self) -> Self:
        if (self.kind == "paid") is not (self.refund is None):
            raise ValueError("refund names the order of a refund, and is left out of a payment")
        return self


class CallbackAnswer(Schema):
    """What became of it. Money that was not accepted is kept on the agency's list, to be given back."""

    verdict: PaymentVerdict
    receipt: str | None = Field(
        None, description="Number of the receipt of an accepted payment", examples=["0000007/2026/BL"]
    )


class RefundOrder(Schema):
    """What is to be given back of a payment, and why."""

    amount: int | None = Field(
        None,
        ge=1,
        le=LARGEST_AMOUNT,
        description="In the smallest unit of the payment's currency; all that is left of it, when left out",
        examples=[50000],
    )
    reason: str = Field(min_length=1, max_length=2000, examples=["Hồ sơ bị từ chối tiếp nhận."])
    legal_ground: str = Field(min_length=1, max_length=500, examples=["Luật Phí và lệ phí 2015, Điều 14"])


class PaymentView(Schema):
    """A line of the list that an agency reconciles with what its providers paid out."""

    id: UUID
    provider: str = Field(examples=["napas"])
    kind: Literal["paid", "refunded", "refund_failed"]
    provider_reference: str = Field(examples=["FT26327000123"])
    fee: str = Field(description="As the provider named it", examples=["H99.01-261123-0001/1"])
    amount: int = Amount
    currency: str = Currency
    happened_at: datetime = Field(description="As the provider says")
    received_at: datetime
    verdict: PaymentVerdict
    case_id: UUID | None = Field(None, description="Absent when there is no such case")
    receipt: str | None = Field(None, examples=["0000007/2026/BL"])
    refund_state: RefundState | None = Field(
        None, description="Of a payment: `ordered` while a refund is waited for, else how the last one ended"
    )
    refunded: int = Field(description="Of a payment: what of it was given back", examples=[0])
