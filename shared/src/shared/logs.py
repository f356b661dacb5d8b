"""Structured logs: one line an event, with the trace it belongs to."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from shared.trace import trace_id


def _with_trace(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (trace := trace_id()) is not None:
        event["trace"] = trace
    return event


def configure_logs(service: str, log_format: Literal["json", "text"]) -> None:
    """Send structlog and the standard library's warnings to standard error, in one form."""
    structlog.contextvars.bind_contextvars(service=service)
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
