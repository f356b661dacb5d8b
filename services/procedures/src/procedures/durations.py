"""Durations as answers tell them: RFC 3339, appendix A."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import PlainSerializer, TypeAdapter, WithJsonSchema

_ISO_8601 = TypeAdapter(timedelta)


def _in_days(span: timedelta) -> str:
    """Days in place of Pydantic's years of 365 days, which no days may follow."""
    text: str = _ISO_8601.dump_python(span, mode="json")
    return re.sub(r"(\d+)Y(?:(\d+)D)?", lambda found: f"{365 * int(found[1]) + int(found[2] or 0)}D", text)


Duration = Annotated[
    timedelta,
    PlainSerializer(_in_days, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
