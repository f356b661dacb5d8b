"""The outbox page of one machine."""

from collections.abc import Sequence

from starlette.responses import HTMLResponse

from identity.domain.messages import VIETNAM
from identity.notifications.store import Notification
from identity.sign_in.pages import page


def outbox_page(messages: Sequence[tuple[str, Notification]]) -> HTMLResponse:
    """The messages with their recipients' names, newest first, in both languages."""
    return page("outbox", language="vi", messages=messages, vietnam=VIETNAM)
