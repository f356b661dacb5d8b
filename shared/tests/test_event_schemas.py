"""Events may gain optional fields and nothing else: whatever would break a listener is found and refused."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from shared.events import Event, Topic
from shared.events import schemas as guard
from shared.events.schemas import all_schemas, breaking_changes, schema_of

Schemas = dict[str, dict[str, Any]]
TOPIC = Topic("procedures.sample.v1", "For this test")


class Part(BaseModel):
    name: str


class Known(Event):
    """An event as its listeners know it."""

    topic = TOPIC
    code: str
    outcome: Literal["granted", "rejected"]
    count: int | None = None
    parts: tuple[Part, ...] = ()


def schemas_of(event: type[Event]) -> Schemas:
    schema = schema_of(event, schemas="/schemas/events") | {
        "$id": "/schemas/events/sample",
        "description": "",
    }
    return {"procedures.sample.told.v1": {"topic": event.topic.name, "schema": schema}}


def named(event: type[Event]) -> type[Event]:
    event.type = "procedures.sample.told.v1"  # set here: a class that declares it is an event of the platform
    return event


def as_known() -> type[Event]:
    return named(Known)


def with_an_optional_field() -> type[Event]:
    class After(Known):
        note: str | None = None

    return named(After)


def with_a_field_that_must_be_there() -> type[Event]:
    class After(Known):
        note: str

    return named(After)


def with_another_type() -> type[Event]:
    class After(Known):
        code: int  # type: ignore[assignment]

    return named(After)


def with_one_more_value() -> type[Event]:
    class After(Known):
        outcome: Literal["granted", "rejected", "partly"]  # type: ignore[assignment]

    return named(After)


def with_one_value_less() -> type[Event]:
    class After(Known):
        outcome: Literal["granted"]

    return named(After)


def with_a_promise_taken_back() -> type[Event]:
    class After(Known):
        code: str = ""

    return named(After)


def with_null_where_there_was_none() -> type[Event]:
    class After(Known):
        code: str | None  # type: ignore[assignment]

    return named(After)


def with_a_changed_part() -> type[Event]:
    class Part(BaseModel):
        name: str
        number: int

    class After(Known):
        parts: tuple[Part, ...] = ()  # type: ignore[assignment]

    return named(After)


def on_another_topic() -> type[Event]:
    class After(Known):
        topic = Topic("procedures.other.v1", "Another")

    return named(After)


def without_a_field() -> type[Event]:
    class After(Event):
        topic = TOPIC
        outcome: Literal["granted", "rejected"]
        count: int | None = None
        parts: tuple[Part, ...] = ()

    return named(After)


BREAKS: dict[Callable[[], type[Event]], str] = {
    with_a_field_that_must_be_there: ".note: added as required",
    with_another_type: ".code:",
    with_one_more_value: ".outcome:",
    with_one_value_less: ".outcome:",
    with_a_promise_taken_back: ".code: was always there, now optional",
    with_null_where_there_was_none: ".code:",
    with_a_changed_part: "#Part.number: added as required",
    on_another_topic: ": moved from procedures.sample.v1 to procedures.other.v1",
    without_a_field: ".code: removed",
}


@pytest.mark.parametrize("after", BREAKS, ids=lambda after: after.__name__)
def test_a_change_that_would_break_a_listener_is_named(after: Callable[[], type[Event]]) -> None:
    (found, *_) = breaking_changes(schemas_of(as_known()), schemas_of(after()))
    assert found.startswith(f"procedures.sample.told.v1{BREAKS[after]}")


@pytest.mark.parametrize("after", [as_known, with_an_optional_field], ids=lambda after: after.__name__)
def test_what_breaks_nobody_is_let_through(after: Callable[[], type[Event]]) -> None:
    assert breaking_changes(schemas_of(as_known()), schemas_of(after())) == []


def test_an_event_may_come_and_none_may_go() -> None:
    known = all_schemas()
    fewer = copy.deepcopy(known)
    (gone, _) = fewer.popitem()
    assert breaking_changes(fewer, known) == []
    assert breaking_changes(known, fewer) == [f"{gone}: removed"]


def test_words_about_a_field_may_change() -> None:
    known = all_schemas()
    reworded = copy.deepcopy(known)
    for event in reworded.values():
        event["schema"]["description"] = "In other words."
    assert breaking_changes(known, reworded) == []


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The checked-in schemas, as a copy that may be written."""
    copied = tmp_path / "schema.json"
    copied.write_text(guard.FILE.read_text())
    monkeypatch.setattr(guard, "FILE", copied)
    return copied


def test_the_file_is_written_anew_when_nobody_breaks(file: Path) -> None:
    known = json.loads(file.read_text())
    forgotten = {name: known[name] for name in list(known)[1:]}
    file.write_text(json.dumps(forgotten))
    assert guard.main() == 0
    assert json.loads(file.read_text()) == known


def test_the_file_is_not_written_when_a_listener_would_break(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = json.loads(file.read_text())
    promised = known["procedures.case.decided.v1"]["schema"]
    promised["properties"]["judge"] = {"type": "string"}
    promised["required"].append("judge")
    before = json.dumps(known)
    file.write_text(before)
    assert guard.main() == 1
    assert file.read_text() == before
    assert "procedures.case.decided.v1.judge: removed" in capsys.readouterr().err
