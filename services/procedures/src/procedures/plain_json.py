"""A column of plain JSON that gives every number back as it was written."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from procedures.domain.json_input import as_written


class PlainJson(TypeDecorator[Any]):
    """`jsonb`, which writes 1e16 out as a whole number: read back, it would be refused as too large."""

    impl = JSONB
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The value as it was written."""
        return as_written(value)
