"""Pages of lists: where one begins, and the `Link` header that leads to the next (RFC 8288)."""

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request

from shared.errors import Fault, Invalid, Text
from shared.pagination import decode_cursor

T = TypeVar("T")


def key_of(cursor: str | None, read: Callable[[Any], T]) -> T | None:
    """The one key in a cursor, or None without a cursor.

    Raises:
        Invalid: it is not one of ours.
    """
    if cursor is None:
        return None
    (key,) = decode_cursor(cursor, length=1)
    try:
        return read(key)
    except (TypeError, ValueError, AttributeError) as error:
        detail = Text(vi="Con trỏ trang không đúng.", en="This cursor is not valid.")
        raise Invalid(faults=[Fault("/query/cursor", "cursor", detail)]) from error


def next_page(request: Request, parameter: str, value: str | None) -> dict[str, str]:
    """The headers of a page whose successor is asked for with `parameter=value`; none on the last."""
    if value is None:
        return {}
    following = request.url.include_query_params(**{parameter: value})
    return {"link": f'<{following.path}?{following.query}>; rel="next"'}
