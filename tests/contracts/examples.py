"""A body put together from the examples that its schema gives, as a reader of the reference would."""

from collections.abc import Mapping
from typing import Any

_OF_FORMAT = {
    "uuid": "019a0000-0000-7000-8000-000000000000",
    "date-time": "2026-11-23T02:00:00Z",
    "date": "2026-11-23",
    "duration": "PT8H",
}
_OF_TYPE: Mapping[str, Any] = {"boolean": True, "null": None, "object": {}}


class NoExampleError(Exception):
    """The schema tells no value; the message names where."""


def resolve(contract: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, or the component that it refers to."""
    if "$ref" not in schema:
        return schema
    component: Mapping[str, Any] = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return component


def example_of(contract: Mapping[str, Any], schema: Mapping[str, Any], where: str = "") -> Any:
    """A value of the schema, with every property that has an example.

    Raises:
        NoExampleError: nothing in the schema tells a value.
    """
    told = {**resolve(contract, schema), **schema}
    if "examples" in told:
        return told["examples"][0]
    if "const" in told:
        return told["const"]
    if "enum" in told:
        return told["enum"][0]
    if "default" in told:
        return told["default"]
    if "anyOf" in told:
        return example_of(contract, told["anyOf"][0], where)
    if "properties" in told:
        return {
            name: example_of(contract, inner, f"{where}.{name}") for name, inner in told["properties"].items()
        }
    if told.get("type") == "array":
        return [example_of(contract, told["items"], f"{where}[]")]
    if told.get("format") in _OF_FORMAT:
        return _OF_FORMAT[told["format"]]
    if told.get("type") in ("integer", "number"):
        return told.get("minimum", 1)
    if told.get("type") in _OF_TYPE:
        return _OF_TYPE[told["type"]]
    raise NoExampleError(where or str(schema))
