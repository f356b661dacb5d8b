"""An integrator's callback: agrees to be called, verifies each webhook's signature, keeps what came."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """A small HTTP server on loopback; a context manager."""

    def __init__(self, heard: Callable[[dict[str, Any]], None]) -> None:
        self.secret: str | None = None
        self._heard = heard
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}/motcua"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Callback(BaseHTTPRequestHandler):
            def do_OPTIONS(self) -> None:
                """The handshake of CloudEvents web hooks: yes, this origin may call."""
                self.send_response(200)
                self.send_header("WebHook-Allowed-Origin", self.headers.get("WebHook-Request-Origin", "*"))
                self.send_header("content-length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                self.send_response(receiver._take(body, dict(self.headers)))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        return Callback

    def _take(self, body: bytes, headers: dict[str, str]) -> int:
        """204 for a webhook with a right signature, 503 until the secret is known here, 401 otherwise."""
        if self.secret is None:
            return 503
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            Webhook(self.secret).verify(body.decode(), lowered)
        except WebhookVerificationError:
            return 401
        self._heard(json.loads(body))
        return 204
