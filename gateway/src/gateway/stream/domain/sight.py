"""What an event concerns, and who may see it. One rule for webhooks, the stream and the list of events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from shared.events.audience import OFFERED


@dataclass(frozen=True, slots=True)
class Concern:
    """What an event is about, as far as it decides who sees it and who asked for it.

    Codes of the agency and the procedure, subject id of the person, id of the client; each None where the
    event has none.
    """

    topic: str
    type: str
    agency: str | None = None
    procedure: str | None = None
    person: str | None = None
    client: str | None = None


def concern_of(topic: str, event_type: str, data: Mapping[str, Any]) -> Concern:
    """What an event of an offered topic is about.

    Raises:
        KeyError: the topic is not offered.
    """
    audience = OFFERED[topic]

    def value(field: str | None) -> str | None:
        found = data.get(field) if field else None
        return None if found is None else str(found)

    return Concern(
        topic,
        event_type,
        agency=value(audience.agency),
        procedure=value(audience.procedure),
        person=value(audience.person),
        client=value(audience.client),
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see.

    Of confined topics (those that need a scope) only the events of `agency` and about `person`, where these
    are set. Events meant for one client only when they are meant for `client`.
    """

    topics: frozenset[str]
    agency: str | None = None
    person: str | None = None
    client: str | None = None

    @classmethod
    def of(
        cls,
        kind: Literal["person", "official", "client"],
        scopes: frozenset[str],
        *,
        subject: str,
        client_id: str,
        agency: str | None,
    ) -> "Sight":
        """The sight that a token gives: its scopes decide topics, whom it speaks for decides the rest."""
        homeless = kind == "official" and agency is None
        topics = frozenset(
            topic
            for topic, audience in OFFERED.items()
            if audience.scope is None
            or (audience.scope in scopes and not homeless and (kind != "person" or audience.person))
        )
        return cls(
            topics,
            agency=None if kind == "person" else agency,
            person=subject if kind == "person" else None,
            client=client_id if kind == "client" else None,
        )

    def within(self, bound: "Sight") -> "Sight":
        """What of it lies within another sight of the same client. An agency of the bound is the one that counts."""
        return replace(self, topics=self.topics & bound.topics, agency=bound.agency or self.agency)

    def covers(self, concern: Concern) -> bool:
        """Whether the caller may see the event."""
        if concern.topic not in self.topics:
            return False
        audience = OFFERED[concern.topic]
        if audience.client is not None:
            return self.client is not None and concern.client == self.client
        if audience.scope is None:
            return True
        return self.agency in (None, concern.agency) and self.person in (None, concern.person)
