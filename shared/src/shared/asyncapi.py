"""The AsyncAPI 3.0 document of the platform's events, made from their classes.

On Kafka an event is in binary mode: CloudEvents attributes as `ce_` headers, its data as the value, the
aggregate's id as key. Webhooks and the stream carry the whole event in structured mode. The id of an event
is the same in every channel.

`python -m shared.asyncapi > asyncapi.json`
"""

import json
from typing import Any

from shared.events import EVENT_TYPES, TOPICS, Event, Topic
from shared.events.audience import OFFERED
from shared.events.envelope import SEQUENCE_DIGITS
from shared.events.schemas import schema_of
from shared.web.contract import CONTACT

STREAM_SCOPE = "events:stream:read"
SUBSCRIPTIONS_SCOPE = "gateway:subscriptions:write"

_DAY_MS = 24 * 60 * 60 * 1000
_DESCRIPTION = __doc__.split("\n\n")[1].replace("\n", " ")
_UUID = {"type": "string", "format": "uuid"}
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "specversion": {"type": "string", "const": "1.0"},
    "id": {**_UUID, "description": "UUIDv7"},
    "type": {"type": "string"},
    "source": {"type": "string", "format": "uri-reference", "examples": ["urn:motcua:procedures"]},
    "subject": {**_UUID, "description": "Id of the aggregate"},
    "time": {"type": "string", "format": "date-time"},
    "dataschema": {"type": "string", "format": "uri", "description": "Where the schema of the data answers"},
    "sequence": {
        "type": "string",
        "pattern": f"^[0-9]{{{SEQUENCE_DIGITS},}}$",
        "description": "Counts the events of the aggregate from 1 without a gap: a missing one is noticed",
    },
    "partitionkey": _UUID,
    "traceparent": {"type": "string", "description": "W3C trace context of what caused the event"},
}
_REQUIRED = [name for name in _ATTRIBUTES if name != "traceparent"]


def document(
    *, prefix: str = "vn.motcua", gateway: str = "http://127.0.0.1:8000", kafka: str = "127.0.0.1:9092"
) -> dict[str, Any]:
    """The AsyncAPI document.

    Args:
        prefix: reverse-DNS prefix of event types.
        gateway: the gateway's public address.
        kafka: where Kafka answers.
    """
    offered = [event for event in EVENT_TYPES.values() if event.topic.name in OFFERED]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Motcua events",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "contact": CONTACT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(gateway, kafka),
        "channels": {
            **{topic.name: _topic_channel(topic) for topic in TOPICS},
            "stream": _stream_channel(offered),
            "webhook": _webhook_channel(offered),
        },
        "operations": _operations(),
        "components": {
            "schemas": {**_carriers(), **{name: _data(event) for name, event in EVENT_TYPES.items()}},
            "messages": {
                **{f"{name}.kafka": _binary(event, prefix) for name, event in EVENT_TYPES.items()},
                **{event.type: _structured(event, prefix) for event in offered},
            },
            "securitySchemes": {
                "stream": _scheme(gateway, STREAM_SCOPE, "Listen to the stream"),
                "subscriptions": _scheme(gateway, SUBSCRIPTIONS_SCOPE, "Manage webhook subscriptions"),
            },
        },
    }


def _servers(gateway: str, kafka: str) -> dict[str, Any]:
    protocol, _, host = gateway.partition("://")
    return {
        "kafka": {"host": kafka, "protocol": "kafka", "description": "Inside the platform's network"},
        "gateway": {"host": host, "protocol": protocol, "description": "The stream"},
        "subscriber": {
            "host": "{callback}",
            "protocol": "https",
            "description": "An integrator's own server, which takes webhooks",
            "variables": {"callback": {"description": "Of the subscription", "examples": ["cases.example"]}},
        },
    }


def _topic_channel(topic: Topic) -> dict[str, Any]:
    types = [name for name, event in EVENT_TYPES.items() if event.topic == topic]
    return {
        "address": topic.name,
        "description": topic.description,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}.kafka"} for name in types},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": topic.retention_days * _DAY_MS},
            }
        },
    }


def _stream_channel(offered: list[type[Event]]) -> dict[str, Any]:
    return {
        "address": "/events/v1/stream",
        "title": "Server-sent events",
        "description": (
            "`id:` is the id of the event, `event:` its type, `data:` the structured CloudEvent. Resume with "
            "`Last-Event-ID`. What a caller may not see is left out."
        ),
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in offered},
    }


def _webhook_channel(offered: list[type[Event]]) -> dict[str, Any]:
    return {
        "address": None,
        "title": "Webhooks",
        "description": (
            "A POST of the structured CloudEvent to the callback of a subscription, signed as Standard Webhooks "
            "says: `webhook-id` (the id of the event), `webhook-timestamp`, `webhook-signature`. A 2xx within "
            "15 s takes it; anything else is tried again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h."
        ),
        "servers": [{"$ref": "#/servers/subscriber"}],
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in offered},
    }


def _operations() -> dict[str, Any]:
    """What the platform does; whoever listens does the counterpart."""
    operations: dict[str, Any] = {
        f"publish.{topic.name}": {
            "action": "send",
            "summary": topic.description,
            "channel": {"$ref": f"#/channels/{topic.name}"},
        }
        for topic in TOPICS
    }
    for name, scheme in (("stream", "stream"), ("webhook", "subscriptions")):
        operations[f"send.{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "security": [{"$ref": f"#/components/securitySchemes/{scheme}"}],
        }
    return operations


def _carriers() -> dict[str, Any]:
    """What carries the data of every event: headers on Kafka, the structured event elsewhere."""
    return {
        "KafkaHeaders": {
            "type": "object",
            "required": [f"ce_{name}" for name in _REQUIRED] + ["content-type"],
            "properties": {
                **{f"ce_{name}": schema for name, schema in _ATTRIBUTES.items()},
                "content-type": {"type": "string", "const": "application/json"},
            },
        },
        "CloudEvent": {
            "type": "object",
            "required": [*_REQUIRED, "datacontenttype", "data"],
            "properties": {
                **_ATTRIBUTES,
                "datacontenttype": {"type": "string", "const": "application/json"},
                "data": {"type": "object"},
            },
        },
    }


def _binary(event: type[Event], prefix: str) -> dict[str, Any]:
    full_type = {"properties": {"ce_type": {"const": f"{prefix}.{event.type}"}}}
    return {
        "name": event.type,
        "summary": _summary(event),
        "contentType": "application/json",
        "headers": {"allOf": [{"$ref": "#/components/schemas/KafkaHeaders"}, full_type]},
        "payload": {"$ref": f"#/components/schemas/{event.type}"},
        "bindings": {"kafka": {"key": {**_UUID, "description": "Id of the aggregate"}}},
    }


def _structured(event: type[Event], prefix: str) -> dict[str, Any]:
    own = {
        "type": {"const": f"{prefix}.{event.type}"},
        "data": {"$ref": f"#/components/schemas/{event.type}"},
    }
    scope = OFFERED[event.topic.name].scope
    return {
        "name": event.type,
        "summary": _summary(event),
        "description": f"Told to callers with the scope `{scope}`." if scope else "Told to every listener.",
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"properties": own}]},
    }


def _summary(event: type[Event]) -> str:
    words = event.__doc__ if "__doc__" in event.__dict__ and event.__doc__ else None
    return words.split("\n\n")[0].replace("\n", " ") if words else event.type.split(".")[-2].replace("_", " ")


def _data(event: type[Event]) -> dict[str, Any]:
    """The schema of an event's data as a component, its references pointing inside the document."""
    schema = {key: value for key, value in schema_of(event).items() if key not in {"$schema", "$id"}}
    own = json.dumps(schema).replace('"#/$defs/', f'"#/components/schemas/{event.type}/$defs/')
    inside: dict[str, Any] = json.loads(own)
    return inside


def _scheme(gateway: str, scope: str, purpose: str) -> dict[str, Any]:
    return {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {"tokenUrl": f"{gateway}/oauth2/token", "availableScopes": {scope: purpose}}
        },
        "scopes": [scope],
    }


if __name__ == "__main__":
    print(json.dumps(document(), ensure_ascii=False, indent=2))
