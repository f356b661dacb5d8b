"""Traces as an object-centric event log (OCEL 2.0, JSON): events, and the objects that they are about.

Objects are cases, their stops at steps, and units. Events are written first, then the objects from a second
reading: cases only gain events meanwhile, so every object that an event names is there. What types of events and
which units there are is known at the end, and written last.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from procedures.domain.event_log import LogEvent, Stop, Trace, Transition

MEDIA_TYPE = "application/json"

_ALWAYS = "1970-01-01T00:00:00.000Z"
"""The instant of what an object has from the beginning."""
_TEXT, _NUMBER = "string", "integer"
_EVENTS: Mapping[str, str] = {"actor": _TEXT, "outcome": _TEXT}
_OBJECTS: Mapping[str, Mapping[str, str]] = {
    "case": {"agency": _TEXT, "procedure": _TEXT, "version": _NUMBER, "status": _TEXT},
    "stop": {"step": _TEXT},
    "unit": {"agency": _TEXT, "code": _TEXT},
}


class Writer:
    """Writes one log; `events` for each trace, then `objects` for each trace, each behind its beginning."""

    def __init__(self) -> None:
        self._activities: set[str] = set()
        self._units: set[tuple[str, str]] = set()
        self._written = False

    def begin(self) -> str:
        return '{"events":['

    def events(self, trace: Trace) -> str:
        """The events of a case."""
        return self._listed(self._event(trace, event) for event in trace.events)

    def begin_objects(self) -> str:
        self._written = False
        return '],"objects":['

    def objects(self, trace: Trace) -> str:
        """The case, and its stops."""
        return self._listed(self._objects(trace))

    def end(self) -> str:
        """The units, and the types of all that was written."""
        units = self._listed(
            _object(_unit_id(*unit), "unit", agency=unit[0], code=unit[1]) for unit in sorted(self._units)
        )
        objects = [_type(name, attributes) for name, attributes in _OBJECTS.items()]
        events = [_type(name, _EVENTS) for name in sorted(self._activities)]
        return f'{units}],"objectTypes":{_json(objects)},"eventTypes":{_json(events)}}}\n'

    def _listed(self, items: Iterator[Mapping[str, Any]]) -> str:
        pieces = []
        for item in items:
            pieces.append(f"{',' if self._written else ''}\n{_json(item)}")
            self._written = True
        return "".join(pieces)

    def _event(self, trace: Trace, event: LogEvent) -> Mapping[str, Any]:
        activity = _activity(event)
        self._activities.add(activity)
        about = [_related(str(trace.case_id), "of")]
        if event.stop is not None:
            self._units.add((event.stop.agency, event.stop.unit))
            about += [_related(_stop_id(trace, event.stop), "at"), _related(_unit_of(event.stop), "in")]
        said = {"actor": event.actor, "outcome": event.outcome}
        return {
            "id": f"{trace.case_id}-{event.number}",
            "type": activity,
            "time": _time(event.at),
            "attributes": [{"name": name, "value": value} for name, value in said.items() if value],
            "relationships": about,
        }

    def _objects(self, trace: Trace) -> Iterator[Mapping[str, Any]]:
        case = _object(
            str(trace.case_id), "case", agency=trace.agency, procedure=trace.procedure, version=trace.version
        )
        stops = [_related(_stop_id(trace, stop), "went through") for stop in trace.stops]
        yield {**case, "attributes": [*case["attributes"], *_statuses(trace)], "relationships": stops}
        for stop in trace.stops:
            self._units.add((stop.agency, stop.unit))
            at = _object(_stop_id(trace, stop), "stop", step=stop.step)
            yield {**at, "relationships": [_related(_unit_of(stop), "at")]}


def _activity(event: LogEvent) -> str:
    if event.transition is Transition.COMPLETE:
        return event.activity
    return f"{event.activity}+{event.transition}"


def _statuses(trace: Trace) -> Iterator[Mapping[str, Any]]:
    before = None
    for event in trace.events:
        if event.status != before:
            yield {"name": "status", "time": _time(event.at), "value": event.status}
        before = event.status


def _object(name: str, kind: str, **attributes: Any) -> dict[str, Any]:
    said = [{"name": key, "time": _ALWAYS, "value": value} for key, value in attributes.items()]
    return {"id": name, "type": kind, "attributes": said}


def _type(name: str, attributes: Mapping[str, str]) -> Mapping[str, Any]:
    return {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}


def _related(name: str, qualifier: str) -> Mapping[str, str]:
    return {"objectId": name, "qualifier": qualifier}


def _stop_id(trace: Trace, stop: Stop) -> str:
    return f"{trace.case_id}/{stop.number}"


def _unit_of(stop: Stop) -> str:
    return _unit_id(stop.agency, stop.unit)


def _unit_id(agency: str, unit: str) -> str:
    return f"{agency}/{unit}"


def _time(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
