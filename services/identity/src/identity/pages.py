"""One page of a list: where it begins, and the answer that leads to the next."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from shared.errors import Fault, Invalid, Text
from shared.pagination import AnyPage, Cursor, decode_cursor, encode_cursor
from shared.schema import Schema
from shared.web import conditional

T = TypeVar("T")


def not_ours() -> Invalid:
    """The error for a cursor that is none of ours."""
    text = Text(vi="Con trỏ trang không đúng.", en="This cursor is not valid.")
    return Invalid(faults=[Fault("/query/cursor", "cursor", text)])


def _after(cursor: Cursor = None) -> str | None:
    return str(decode_cursor(cursor, length=1)[0]) if cursor else None


def _after_id(cursor: Cursor = None) -> UUID | None:
    after = _after(cursor)
    try:
        return UUID(after) if after else None
    except ValueError as error:
        raise not_ours() from error


After = Annotated[str | None, Depends(_after)]
AfterId = Annotated[UUID | None, Depends(_after_id)]


def page_of(
    request: Request,
    found: Sequence[T],
    limit: int,
    *,
    key: Callable[[T], object],
    view: Callable[[T], Schema],
) -> Response:
    """The answer for `found`, which was asked for one more than `limit` to learn whether there is a next."""
    following = encode_cursor(_parts(key(found[limit - 1]))) if len(found) > limit else None
    page = AnyPage(items=[view(one) for one in found[:limit]], next=following)
    if following is None:
        return conditional(request, page)
    address = request.url.include_query_params(cursor=following)
    return conditional(request, page, headers={"link": f'<{address.path}?{address.query}>; rel="next"'})


def _parts(key: object) -> Sequence[object]:
    return key if isinstance(key, list) else [key]
