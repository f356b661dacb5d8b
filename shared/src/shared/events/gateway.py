"""Events of gateway: the webhook subscriptions of integrators. Ids and codes; no address, no secret."""

from datetime import datetime
from typing import Literal

from shared.events.envelope import Event, Topic

SUBSCRIPTION_TOPIC = Topic("gateway.subscription.v1", "Webhook subscriptions of integrators", partitions=3)


class SubscriptionEvent(Event):
    """What every event of a subscription says: whose it is, what it asks for, and how it now stands."""

    topic = SUBSCRIPTION_TOPIC

    client: str
    """`client_id` of the owner."""
    types: tuple[str, ...]
    """Patterns of event types, as `procedures.case.*`."""
    status: str


class SubscriptionCreated(SubscriptionEvent):
    type = "gateway.subscription.created.v1"


class SubscriptionChanged(SubscriptionEvent):
    """Its filters, its callback or its status changed, or its secret was rotated."""

    type = "gateway.subscription.changed.v1"


class SubscriptionTested(SubscriptionEvent):
    """Its owner asked for a test: this event goes to the subscription whatever its filters say."""

    type = "gateway.subscription.tested.v1"


class SubscriptionFaltered(SubscriptionEvent):
    """Nothing was taken by its callback for some time; it is disabled at `disable_at` if that stays so."""

    type = "gateway.subscription.faltered.v1"

    event_id: str
    """The delivery that failed last."""
    event_type: str
    failing_since: datetime
    disable_at: datetime


class SubscriptionDisabled(SubscriptionEvent):
    """Nothing is sent to its callback any more; its events are kept."""

    type = "gateway.subscription.disabled.v1"

    reason: Literal["gone", "failing"]
    """`gone`: the callback answered 410. `failing`: it took nothing for days."""


class SubscriptionDeleted(SubscriptionEvent):
    type = "gateway.subscription.deleted.v1"
