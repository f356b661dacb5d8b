"""Spans of OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector; elsewhere a trace is its id alone.

A request, the events that it caused and their effects in other services are one trace: each span is the parent of
what follows from it, over HTTP and over Kafka. The other `OTEL_…` variables are those of OpenTelemetry's own
library.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.trace import continue_trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_propagator = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


def send_spans(service: str) -> None:
    """Send this process's spans to the collector that the environment names, if it names one."""
    if any(os.environ.get(name) for name in _ENDPOINTS):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        give_spans_to(service, BatchSpanProcessor(OTLPSpanExporter()))


def give_spans_to(service: str, processor: "SpanProcessor | None") -> None:
    """Let the processor have every span from now on; None for nobody."""
    global _tracer  # noqa: PLW0603 -- one process has one, as it has one standard error
    if processor is None:
        _tracer = None
        return
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("motcua")


@contextmanager
def span(
    name: str, kind: SpanKind, received: str | None, attributes: Mapping[str, str]
) -> Iterator[Span | None]:
    """Take up the trace of `received` (a `traceparent`); what is done in the block is one span of it.

    Where nobody wants spans there is none, and the trace goes on all the same.
    """
    if _tracer is None:
        continue_trace(received)
        yield None
        return
    parent = _propagator.extract({"traceparent": received} if received else {})
    with _tracer.start_as_current_span(name, parent, kind, attributes) as begun:
        sent: dict[str, str] = {}
        _propagator.inject(sent)
        continue_trace(sent["traceparent"])
        yield begun
