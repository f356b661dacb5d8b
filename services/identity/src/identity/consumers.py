"""Every event that identity listens to, and what it does about it."""

from collections.abc import Mapping

from identity.access_records.consumers import HANDLERS as ACCESS_RECORDS
from identity.notifications.consumers import HANDLERS as NOTIFICATIONS
from shared.events import Event
from shared.inbox import Handler

GROUP = "identity"
HANDLERS: Mapping[type[Event], Handler] = {**NOTIFICATIONS, **ACCESS_RECORDS}
