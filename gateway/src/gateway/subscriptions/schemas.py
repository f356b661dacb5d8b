"""Request and response models of subscriptions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from gateway.subscriptions.domain.callback import MAX_LENGTH
from gateway.subscriptions.domain.subscription import Subscription
from shared.schema import Schema

Code = Annotated[str, Field(min_length=1, max_length=100)]


class NewSubscription(Schema):
    """What to be told, and where."""

    callback: str = Field(
        max_length=MAX_LENGTH,
        description="HTTPS address on the public network that takes the webhooks",
        examples=["https://cases.agency.example/motcua"],
    )
    name: str | None = Field(None, max_length=200, description="For yourself", examples=["Case register"])
    types: list[Code] = Field(
        min_length=1,
        max_length=50,
        description="Types of events, or beginnings of some with `*` for the rest",
        examples=[["procedures.case.*"]],
    )
    agencies: list[Code] = Field([], max_length=100, description="Of these agencies alone; of all when empty")
    procedures: list[Code] = Field([], max_length=100, description="Of these procedures alone")


class SubscriptionView(Schema):
    """A subscription. Its secret is read at `…/secret`, how its callback is doing at `…/health`."""

    id: UUID
    callback: str = Field(examples=["https://cases.agency.example/motcua"])
    name: str | None = Field(examples=["Case register"])
    types: list[str] = Field(examples=[["procedures.case.*"]])
    agencies: list[str] = Field(examples=[["H99.01"]])
    procedures: list[str] = Field(examples=[["TP01"]])
    status: Literal["unproven", "active", "paused", "disabled"]
    reason: str | None = Field(
        description="Why it is disabled: `gone` (the callback answered 410), `failing`, or `withdrawn` (your "
        "client may not have events any more)",
        examples=["failing"],
    )
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionView":
        interest = subscription.interest
        return cls(
            id=subscription.id,
            callback=subscription.callback,
            name=subscription.name,
            types=sorted(interest.types),
            agencies=sorted(interest.agencies),
            procedures=sorted(interest.procedures),
            status=subscription.status.value,
            reason=subscription.reason,
            created_at=subscription.created_at,
            changed_at=subscription.changed_at,
        )


class SecretView(Schema):
    """The secret with which webhooks are signed (Standard Webhooks, HMAC-SHA256)."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    old_secret: str | None = Field(
        None,
        description="Signs beside it until `oldSecretUntil`",
        examples=["whsec_b2xkLXNlY3JldC1vZi1hLXN1YnNjcmlwdGlvbg=="],
    )
    old_secret_until: datetime | None = None


class Handshake(Schema):
    """How the callback answered when it was asked whether it wants to be called."""

    tries: int
    fault: str | None = Field(description="What went wrong last", examples=["timeout"])
    next_try_at: datetime | None = Field(
        description="Absent once it is proved, and when nobody asks any more"
    )


class HealthView(Schema):
    """How the callback is doing."""

    handshake: Handshake
    failing_since: datetime | None = Field(description="When it last stopped taking events")
    held_until: datetime | None = Field(description="Nothing is sent before: it was in trouble, or asked so")
    pending: int = Field(description="Events that wait")
    failed: int = Field(description="Events that were given up; redeliver them when you are ready")


class TestSent(Schema):
    """A test is on its way."""

    event_id: UUID = Field(description="`webhook-id` of the test")
