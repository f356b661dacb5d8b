"""All event classes and all topics, found in the modules of this package."""

from collections.abc import Iterator

from shared.events import (
    gateway,
    identity,
    open_data,
    participation,
    procedures,
    procedures_consultations,
    procedures_fees,
    procedures_links,
    procedures_tasks,
    procedures_work,
)
from shared.events.envelope import Event, Topic

_OWNERS = (
    identity,
    procedures,
    procedures_consultations,
    procedures_fees,
    procedures_links,
    procedures_tasks,
    procedures_work,
    open_data,
    participation,
    gateway,
)


def _declared(base: type[Event]) -> Iterator[type[Event]]:
    for subclass in base.__subclasses__():
        if "type" in subclass.__dict__ and subclass.__module__ in {owner.__name__ for owner in _OWNERS}:
            yield subclass
        yield from _declared(subclass)


EVENT_TYPES: dict[str, type[Event]] = {
    event.type: event for event in sorted(_declared(Event), key=lambda e: e.type)
}
"""Event type without its prefix -> class."""

TOPICS: tuple[Topic, ...] = tuple(
    sorted({event.topic for event in EVENT_TYPES.values()}, key=lambda topic: topic.name)
)


def event_class(event_type: str) -> type[Event] | None:
    """The class of an event type (without prefix), or None for one we do not know."""
    return EVENT_TYPES.get(event_type)
