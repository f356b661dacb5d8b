"""Traces as XES (IEEE 1849): a log, in it a trace a case, in it its events, each with typed attributes."""

from datetime import datetime
from xml.sax.saxutils import quoteattr

from procedures.domain.event_log import LogEvent, Trace

MEDIA_TYPE = "application/xml"
END = "</log>\n"

_EXTENSIONS = (
    ("Concept", "concept"),
    ("Time", "time"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
)
_AT_THE_BEGINNING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
)


def beginning(name: str) -> str:
    """What stands before the traces: extensions, what every trace and event has, classifier, attributes."""
    extensions = "".join(
        f'<extension name="{title}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n'
        for title, prefix in _EXTENSIONS
    )
    event = (
        _text("concept:name", "")
        + _text("lifecycle:transition", "complete")
        + _text("org:role", "")
        + _date("time:timestamp", datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
    )
    return (
        _AT_THE_BEGINNING
        + extensions
        + f'<global scope="trace">{_text("concept:name", "")}</global>\n'
        + f'<global scope="event">{event}</global>\n'
        + '<classifier name="Activity" keys="concept:name lifecycle:transition"/>\n'
        + _text("concept:name", name)
        + _text("lifecycle:model", "standard")
        + "\n"
    )


def written(trace: Trace) -> str:
    """A trace with its events."""
    about = (
        _text("concept:name", str(trace.case_id))
        + _text("agency", trace.agency)
        + _text("procedure", trace.procedure)
        + f'<int key="version" value="{trace.version}"/>'
    )
    return f"<trace>{about}\n{''.join(map(_event, trace.events))}</trace>\n"


def _event(event: LogEvent) -> str:
    parts = [
        _text("concept:name", event.activity),
        _text("lifecycle:transition", event.transition),
        _date("time:timestamp", event.at),
        _text("org:role", event.actor),
        _text("status", event.status),
    ]
    if event.stop is not None:
        parts += [
            _text("org:group", event.stop.unit),
            _text("agency", event.stop.agency),
            _text("concept:instance", str(event.stop.number)),
        ]
    if event.outcome is not None:
        parts.append(_text("outcome", event.outcome))
    return f"<event>{''.join(parts)}</event>\n"


def _text(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>'


def _date(key: str, value: datetime) -> str:
    return f'<date key="{key}" value="{value.isoformat(timespec="milliseconds")}"/>'
