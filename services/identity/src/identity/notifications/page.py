"""The outbox page of one machine."""

from collections.abc import Sequence

from starlette.responses import HTMLResponse

from identity.notifications.store import Notification
from identity.sign_in.pages import page


def outbox_page(notifications: Sequence[Notification]) -> HTMLResponse:
    """The messages, newest first, in both languages."""
    return page("outbox", language="vi", notifications=notifications)
