"""The base of all request and response models: camelCase on the wire, snake_case in Python."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.errors import Text

_NO_VALUES = {"keys_schema", "default", "metadata", "serialization"}
"""Parts of a schema that describe no value; the keys of an object are always text."""


def _values(schema: Any, cls: type) -> Iterator[dict[str, Any]]:
    """The schemas of all values inside a model's; other models inside it have seen to theirs."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from _values(each, cls)
    elif isinstance(schema, dict) and schema.get("cls", cls) is cls:
        yield schema
        yield from _values([each for name, each in schema.items() if name not in _NO_VALUES], cls)


def _written(kind: str) -> Callable[[Any], Any]:
    """Lets through only text that begins with a year, or a time of Python's: JSON has none of its own."""

    def check(value: Any) -> Any:
        if isinstance(value, date) or (isinstance(value, str) and re.match(r"\d{4}-", value)):
            return value
        raise PydanticCustomError(f"{kind}_type", "This must be written as RFC 3339 says")

    return check


def _as_long_as_sent(longest: int) -> Callable[[Any], Any]:
    """Measures text before it is trimmed, as whoever reads the contract does."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > longest:
            raise PydanticCustomError("string_too_long", "This is too long", {"max_length": longest})
        return value

    return check


def _take_literally(value: dict[str, Any]) -> None:
    """Let the schema of a value accept what the contract says of it and nothing that could be made into it."""
    match value:
        case {"type": "bool" | "int"}:
            value["strict"] = True
            return
        case {"type": "date" | "datetime" as kind}:
            check = _written(kind)
        case {"type": "str", "strip_whitespace": True, "max_length": int(longest)}:
            check = _as_long_as_sent(longest)
        case _:
            return
    inner: Any = value.copy()
    value.clear()
    value.update(core_schema.no_info_before_validator_function(check, inner))


class Schema(BaseModel):
    """A body. Unknown fields of a request are faults, so that a misspelt one is not silently dropped; so is
    what only resembles a value: `1` or `"yes"` in place of `true`, `"3"` of a number, a number of a date.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="forbid", frozen=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        finished = isinstance(cls.__dict__.get("__pydantic_core_schema__"), dict)
        own = handler(source)
        for value in () if finished else list(_values(own, cls)):
            _take_literally(value)
        return own


class Words(Schema):
    """The same words in Vietnamese and English."""

    vi: str = Field(examples=["Một cửa"])
    en: str = Field(examples=["One door"])

    def text(self) -> Text:
        return Text(vi=self.vi, en=self.en)
