"""One page of a list: where it begins, and the answer that leads to the next."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response

from shared.errors import Fault, Invalid, Text
from shared.pagination import AnyPage, decode_cursor, encode_cursor
from shared.schema import Schema
from shared.web import conditional

T = TypeVar("T")

_NOT_OURS = Text(
    vi="Con trỏ trang không đúng; hãy lấy lại từ trang đầu.",
    en="This cursor is not valid; start from the first page.",
)


def text_of(part: Any) -> str:
    """A part of a cursor that is text.

    Raises:
        TypeError: it is none, so the cursor is not ours.
    """
    if not isinstance(part, str):
        raise TypeError(part)
    return part


def number_of(part: Any) -> int:
    """A part of a cursor that is a number.

    Raises:
        TypeError: it is none, so the cursor is not ours.
    """
    if type(part) is not int or not 0 < part < 2**31:
        raise TypeError(part)
    return part


def instant_of(part: Any) -> datetime:
    """A part of a cursor that is an instant.

    Raises:
        TypeError, ValueError: it is none, so the cursor is not ours.
    """
    instant = datetime.fromisoformat(text_of(part))
    if instant.tzinfo is None:
        raise ValueError(part)
    return instant


def key_after(cursor: str | None, *parts: Callable[[Any], Any]) -> Any:
    """The sort key after which the page begins, a tuple, each part read by its function.

    None for the first page.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    if cursor is None:
        return None
    try:
        key = decode_cursor(cursor, length=len(parts))
        return tuple(read(part) for read, part in zip(parts, key, strict=True))
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(faults=[Fault("/query/cursor", "cursor", _NOT_OURS)]) from error


def page_of(
    request: Request,
    found: Sequence[T],
    limit: int,
    *,
    key: Callable[[T], Sequence[Any]],
    view: Callable[[T], Schema | Mapping[str, Any]],
) -> Response:
    """The answer for `found`, of which one more than `limit` was asked, to know whether there is a next page.

    `view` makes the model of an item, or the JSON object that it is written as.
    """
    following = encode_cursor(key(found[limit - 1])) if len(found) > limit else None
    return conditional(request, AnyPage(items=[view(one) for one in found[:limit]], next=following))
