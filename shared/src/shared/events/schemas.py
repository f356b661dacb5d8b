"""JSON Schemas (2020-12) of all events, and the guard of their compatibility.

`schema.json` beside this module holds them as listeners know them. Within a version an event may gain
optional fields and nothing else; whoever listens may rely on all that was there.

`python -m shared.events.schemas` writes the file anew, and refuses to when that would break a listener.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema

from shared.events.envelope import Event
from shared.events.registry import EVENT_TYPES

FILE = Path(__file__).with_name("schema.json")
DIALECT = GenerateJsonSchema.schema_dialect
# What tells a reader something and constrains nothing.
_ANNOTATIONS = {"title", "description", "examples", "default", "deprecated", "$comment"}


class _Untitled(GenerateJsonSchema):
    """Without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_of(event: type[Event], *, schemas: str = "/schemas/events") -> dict[str, Any]:
    """The JSON Schema of an event's data, with `$id` under the address `schemas`."""
    schema = event.model_json_schema(by_alias=True, mode="serialization", schema_generator=_Untitled)
    # Fields with a default are always written, but only those without are promised: a listener that reads
    # what was stored before a field came into being must not miss it.
    schema["required"] = [
        field.serialization_alias or field.alias or name
        for name, field in event.model_fields.items()
        if field.is_required()
    ]
    return {"$schema": DIALECT, "$id": f"{schemas}/{event.type}", **schema}


def all_schemas() -> dict[str, dict[str, Any]]:
    """Event type -> its topic and the schema of its data."""
    return {
        name: {"topic": event.topic.name, "schema": schema_of(event)} for name, event in EVENT_TYPES.items()
    }


def checked_in() -> dict[str, dict[str, Any]]:
    """The schemas as listeners know them; none before the first were written."""
    return cast("dict[str, dict[str, Any]]", json.loads(FILE.read_text())) if FILE.exists() else {}


def breaking_changes(
    known: Mapping[str, Mapping[str, Any]], present: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What listeners of `known` would not survive in `present`, one line each; empty when all is well."""
    found = []
    for name, before in known.items():
        after = present.get(name)
        if after is None:
            found.append(f"{name}: removed")
        elif before["topic"] != after["topic"]:
            found.append(f"{name}: moved from {before['topic']} to {after['topic']}")
        else:
            found += [f"{name}{change}" for change in _changes(before["schema"], after["schema"])]
    return found


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Differences of two object schemas, other than added optional properties."""
    fields, now = before.get("properties", {}), after.get("properties", {})
    for name in fields.keys() - now.keys():
        yield f".{name}: removed"
    for name in fields.keys() & now.keys():
        if _meaning(fields[name]) != _meaning(now[name]):
            yield f".{name}: {_shown(fields[name])} became {_shown(now[name])}"
    promised, kept = set(before.get("required", ())), set(after.get("required", ()))
    for name in sorted(promised - kept):
        yield f".{name}: was always there, now optional"
    for name in sorted(kept - promised):
        yield f".{name}: added as required; what was stored before lacks it"
    definitions, redefined = before.get("$defs", {}), after.get("$defs", {})
    for name in definitions.keys() & redefined.keys():
        yield from (f"#{name}{change}" for change in _changes(definitions[name], redefined[name]))
    for keyword in sorted(
        (before.keys() | after.keys()) - {"properties", "required", "$defs", *_ANNOTATIONS}
    ):
        if _meaning(before.get(keyword)) != _meaning(after.get(keyword)):
            yield f": {keyword} changed"


def _meaning(schema: Any) -> Any:
    """A schema without what constrains nothing, with alternatives in a fixed order."""
    if isinstance(schema, Mapping):
        return {key: _meaning(value) for key, value in schema.items() if key not in _ANNOTATIONS}
    if isinstance(schema, list):
        return sorted((_meaning(item) for item in schema), key=repr)
    return schema


def _shown(schema: Any) -> str:
    return json.dumps(_meaning(schema), sort_keys=True)


def main() -> int:
    """Write `schema.json`; returns 1 and writes nothing when a listener would break."""
    present = all_schemas()
    changes = breaking_changes(checked_in(), present)
    for change in changes:
        print(f"breaks listeners: {change}", file=sys.stderr)
    if changes:
        print("a breaking change is a new type on a new topic, both published for a while", file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(present, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
