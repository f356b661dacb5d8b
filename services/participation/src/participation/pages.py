"""One page of a list: where it begins, and the answer that leads to the next."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import Request, Response

from shared.errors import Fault, Invalid, Text
from shared.pagination import AnyPage, decode_cursor, encode_cursor
from shared.schema import Schema
from shared.web import conditional

T = TypeVar("T")


def storable(text: Any) -> str:
    """A part of a cursor that is text.

    Raises:
        ValueError: PostgreSQL cannot hold it, so it is none of ours.
    """
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not a text of ours")
    return text


def key_after(cursor: str | None, *parts: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The sort key after which the page begins, each of its parts read by one of `parts`.

    Raises:
        Invalid: the cursor is none of ours.
    """
    if cursor is None:
        return None
    try:
        key = decode_cursor(cursor, length=len(parts))
        return tuple(read(part) for read, part in zip(parts, key, strict=True))
    except (ValueError, TypeError, AttributeError) as error:
        text = Text(vi="Con trỏ trang không đúng.", en="This cursor is not valid.")
        raise Invalid(faults=[Fault("/query/cursor", "cursor", text)]) from error


def page_of(
    request: Request,
    found: Sequence[T],
    limit: int,
    *,
    key: Callable[[T], Sequence[Any]],
    view: Callable[[T], Schema],
) -> Response:
    """The answer for `found`, which was asked for one more than `limit` to learn whether there is a next."""
    following = encode_cursor(key(found[limit - 1])) if len(found) > limit else None
    page = AnyPage(items=[view(one) for one in found[:limit]], next=following)
    if following is None:
        return conditional(request, page)
    address = request.url.include_query_params(cursor=following)
    return conditional(request, page, headers={"link": f'<{address.path}?{address.query}>; rel="next"'})
