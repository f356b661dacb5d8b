"""The figures of the backbone, for Prometheus; those of HTTP are in `shared.web.middleware`.

`deploy/observability` has the alerts that are made of them.
"""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)

LEADING = Gauge("relay_leading", "1 in the process whose relay moves the outbox")
UNSENT_SECONDS = Gauge("outbox_oldest_unsent_seconds", "Age of the oldest event that the relay has in hand")
SENT = Counter("outbox_sent", "Events that Kafka has taken", ["topic"])
HANDLED = Counter("events_handled", "Events that took effect or had before", ["group", "topic"])
HANDLED_SECONDS = Histogram(
    "events_handled_seconds", "From Kafka's taking an event to its effect", ["group"], buckets=_SECONDS
)
DEAD_LETTERS = Counter(
    "dead_letters", "Events that could not be handled and wait to be sent again", ["topic"]
)
