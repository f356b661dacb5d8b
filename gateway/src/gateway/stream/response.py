"""The answer that is a stream of server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from gateway.stream.settings import StreamSettings


class _NotTaken(Exception):
    """The reader takes nothing any more."""


class EventStream(StreamingResponse):
    """Sends frames for `seconds`, or until they end, or until the reader takes nothing any more."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes], *, seconds: float, settings: StreamSettings) -> None:
        super().__init__(frames, headers={"cache-control": "no-store"})
        self._frames = frames
        self._seconds = seconds
        self._settings = settings

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._settings.send_seconds):
                    await send(message)
            except TimeoutError as error:
                raise _NotTaken from error

        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        first = b"retry: %d\n\n" % (self._settings.retry_seconds * 1000)
        try:
            await send_in_time(start)
            await send_in_time({"type": "http.response.body", "body": first, "more_body": True})
            try:
                async with asyncio.timeout(self._seconds), aclosing(self._frames):
                    async for chunk in self._frames:
                        await send_in_time({"type": "http.response.body", "body": chunk, "more_body": True})
            except TimeoutError:
                pass  # the token has expired
            await send_in_time({"type": "http.response.body", "body": b"", "more_body": False})
        except _NotTaken:
            return
