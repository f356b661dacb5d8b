"""Events: facts in the past tense that one service tells all others (CloudEvents 1.0).

An event class is data only: ids and codes, no person's name, address or number. Within `.v1` it may gain
optional fields and nothing else; `tests/contracts` refuses any other change. Only the owner's operations
may make its events; a listener ignores fields it does not know.
"""

from shared.events.envelope import Envelope, Event, Topic
from shared.events.registry import EVENT_TYPES, TOPICS, event_class

__all__ = ["EVENT_TYPES", "TOPICS", "Envelope", "Event", "Topic", "event_class"]
