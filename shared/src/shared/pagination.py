"""Lists: `{items, next}` with an opaque keyset cursor; no offset anywhere."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import Field

from shared.errors import Fault, Invalid, Text
from shared.schema import Schema

T = TypeVar("T")
MAX_PAGE = 200

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many items at most")]
Cursor = Annotated[
    str | None, Query(description="`next` of the page before", max_length=1000, examples=["WyJUUDAxIl0"])
]


class Page(Schema, Generic[T]):
    """One page of a list; `next` is the cursor of the page after, absent on the last."""

    items: list[T]
    next: str | None = Field(None, examples=["WyJUUDAxIl0"])

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`CaseViewPage` in the contract."""
        return f"{params[0].__name__}Page"


AnyPage = Page[Any]
"""A page of whatever its items are. Held here: Pydantic forgets a class of a generic model that nobody holds, and
making it took a third of a request for a list."""


def encode_cursor(key: Sequence[Any]) -> str:
    """The cursor that continues after the row with this sort key."""
    return base64.urlsafe_b64encode(orjson.dumps(list(key), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """The sort key in a cursor.

    Raises:
        Invalid: when it is not one of ours.
    """
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or len(key) != length:
        detail = Text(
            vi="Con trỏ trang không đúng; hãy lấy lại từ trang đầu.",
            en="This cursor is not valid; start from the first page.",
        )
        raise Invalid(faults=[Fault("/cursor", "cursor", detail)])
    return key
