"""What a listener asks for: patterns of event types, agencies, procedures.

A pattern is an event type (`procedures.case.decided.v1`) or the beginning of some, ended by `*` in place of
the remaining words (`procedures.case.*`, `*`). So the patterns that match one type are few and known, and
matching is the overlap of two sets, in Python and in PostgreSQL alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.stream.domain.sight import Concern, Sight
from shared.errors import Fault, Forbidden, Invalid, Text
from shared.events.audience import OFFERED

EVERYTHING = "*"
_UNKNOWN = Text(
    vi="Không có loại sự kiện nào như vậy; xem danh sách tại /asyncapi.json.",
    en="There is no such type of event; /asyncapi.json lists them.",
)


class TopicNotGranted(Forbidden):
    slug = "event-scope-missing"
    title = Text(
        vi="Mã truy cập thiếu quyền đọc các sự kiện này.",
        en="The access token lacks the scope for these events.",
    )


class AgencyNotYours(Forbidden):
    slug = "agency-not-yours"
    title = Text(
        vi="Bạn chỉ nhận được sự kiện của cơ quan mình.",
        en="You are told the events of your own agency only.",
    )


@lru_cache(maxsize=1024)
def patterns_of(event_type: str) -> frozenset[str]:
    """Every pattern that matches an event type."""
    words = event_type.split(".")
    return frozenset({EVERYTHING, event_type, *(".".join(words[:n]) + ".*" for n in range(1, len(words)))})


@dataclass(frozen=True, slots=True)
class Interest:
    """What is asked for; an empty set of agencies or procedures asks for all."""

    types: frozenset[str] = frozenset({EVERYTHING})
    agencies: frozenset[str] = frozenset()
    procedures: frozenset[str] = frozenset()

    def wants(self, concern: Concern) -> bool:
        """Whether the event was asked for."""
        return (
            not self.types.isdisjoint(patterns_of(concern.type))
            and (not self.agencies or concern.agency in self.agencies)
            and (not self.procedures or concern.procedure in self.procedures)
        )

    def types_among(self, known: Iterable[str]) -> list[str]:
        """The event types of `known` that are asked for."""
        return [name for name in known if not self.types.isdisjoint(patterns_of(name))]


def interest_of(
    types: Sequence[str],
    agencies: Iterable[str],
    procedures: Iterable[str],
    *,
    sight: Sight,
    topics_of: Mapping[str, str],
    prefix: str,
) -> Interest:
    """The interest that a caller states, checked against what there is and what the caller may see.

    Args:
        types: patterns, with or without the reverse-DNS `prefix`; everything when there are none.
        topics_of: event type -> topic, of all events there are.

    Raises:
        Invalid: a pattern is malformed or matches no event that is offered, each named.
        TopicNotGranted: a pattern matches only events that need a further scope.
        AgencyNotYours: another agency than the caller's own was named.
    """
    patterns = [pattern.removeprefix(f"{prefix}.") for pattern in types] or [EVERYTHING]
    offered = {name: topic for name, topic in topics_of.items() if topic in OFFERED}
    matched = [{offered[name] for name in offered if pattern in patterns_of(name)} for pattern in patterns]
    faults = [
        Fault(f"/types/{index}", "event-type", _UNKNOWN) for index, found in enumerate(matched) if not found
    ]
    if faults:
        raise Invalid(faults=faults)
    for topics in matched:
        if topics.isdisjoint(sight.topics):
            raise TopicNotGranted(scope=min(OFFERED[topic].scope or "" for topic in topics))
    interest = Interest(frozenset(patterns), frozenset(agencies), frozenset(procedures))
    if sight.agency is not None and not interest.agencies <= {sight.agency}:
        raise AgencyNotYours
    return interest
