"""A request, the event that it caused and its effect in another service are one trace."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.ids import new_id
from shared.spans import give_spans_to, send_spans
from shared.testing import client_of, eventually
from shared.trace import trace_id
from shared.web.middleware import Conversation
from shared.web.problems import install_handlers

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = int("4bf92f3577b34da6a3ce929d0e0e4736", 16)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Keeps the spans of this process."""
    exporter = InMemorySpanExporter()
    give_spans_to("procedures", SimpleSpanProcessor(exporter))
    yield exporter
    give_spans_to("procedures", None)


@pytest.fixture
def app(backbone: Any) -> FastAPI:
    """A service that tells an event when it is asked to."""
    app = FastAPI()
    install_handlers(app)
    app.add_middleware(Conversation, version="1.0.0")

    @app.post("/cases/{case_id}")
    async def submit(case_id: str) -> str | None:
        await backbone.put(backbone.submitted(new_id(), 1))
        return trace_id()

    @app.get("/broken")
    async def broken() -> None:
        raise LookupError("nobody thought of this")

    return app


async def test_a_request_its_event_and_its_effect_are_one_trace(
    backbone: Any, app: FastAPI, exporter: InMemorySpanExporter
) -> None:
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()), client_of(app) as client:
        answer = await client.post("/cases/7", headers={"traceparent": CALLER})
        await eventually(lambda: len(exporter.get_finished_spans()) == 2)
    request, effect = sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
    assert {request.context.trace_id, effect.context.trace_id} == {TRACE}
    assert (request.name, request.kind) == ("POST /cases/{case_id}", SpanKind.SERVER)
    assert request.parent.span_id == int("00f067aa0ba902b7", 16)
    assert request.attributes["http.response.status_code"] == 200
    assert request.resource.attributes["service.name"] == "procedures"
    assert effect.parent.span_id == request.context.span_id
    assert (effect.name, effect.kind) == ("process procedures.case.submitted.v1", SpanKind.CONSUMER)
    assert effect.attributes["messaging.destination.name"] == "procedures.case.v1"
    assert answer.json() == f"{TRACE:032x}"
    sent: dict[str, str] = {}
    told = TraceContextTextMapPropagator().extract({"traceparent": answer.headers["traceparent"]})
    TraceContextTextMapPropagator().inject(sent, told)
    assert sent["traceparent"] == f"00-{TRACE:032x}-{request.context.span_id:016x}-01"


async def test_a_defect_is_an_error_in_the_trace(app: FastAPI, exporter: InMemorySpanExporter) -> None:
    async with client_of(app) as client:
        await client.get("/broken")
    (request,) = exporter.get_finished_spans()
    assert request.status.status_code is StatusCode.ERROR


async def test_where_nobody_wants_spans_the_trace_goes_on_all_the_same(backbone: Any, app: FastAPI) -> None:
    async with client_of(app) as client:
        answer = await client.post("/cases/7", headers={"traceparent": CALLER})
        another = await client.post("/cases/7", headers={"traceparent": "nonsense"})
    assert answer.json() == f"{TRACE:032x}"
    assert answer.headers["traceparent"] == CALLER
    assert another.json() != answer.json()


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    """Takes spans over OTLP and keeps the requests."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.taken = taken  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


async def test_spans_are_sent_to_the_collector_that_the_environment_names(
    backbone: Any, app: FastAPI, collector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    send_spans("procedures")
    try:
        async with client_of(app) as client:
            await client.post("/cases/7")
        ((path, body),) = await eventually(lambda: collector.taken)
    finally:
        give_spans_to("procedures", None)
    assert path == "/v1/traces"
    assert b"POST /cases/{case_id}" in body
