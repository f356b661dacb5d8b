"""Damaged register sheets: nothing in them can break reading, and nothing wrong is passed over."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.definition import run_to_end
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.finding import Severity
from procedures.domain.findings import findings
from procedures.domain.register_sheet import LARGEST, Imported, read_sheet

SAMPLE = Path(__file__).parent / "samples" / "library_card_sheet.json"
SHEET: dict[str, Any] = json.loads(SAMPLE.read_bytes())


def changed(value: Any, *path: str | int) -> dict[str, Any]:
    """The sound sheet with the value at a path replaced."""
    sheet = copy.deepcopy(SHEET)
    place: Any = sheet
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return sheet


def read(sheet: object) -> Imported:
    return read_sheet(sheet, agency="THU_VIEN")


def found(sheet: object) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in read(sheet).findings]


def paths(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in a sheet, but its root."""
    if path:
        yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from paths(inner, *path, key)


PATHS = list(paths(SHEET))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"total_days": ' + b"9" * 5000 + b"}",
        b'{"title": "' + b"x" * LARGEST + b'"}',
    ],
    ids=["empty", "cut off", "not UTF-8", "nested", "endless number", "too large"],
)
def test_what_is_not_json_is_said_to_be_unreadable(raw: bytes) -> None:
    assert found(raw) == [("unreadable_sheet", "")]


@pytest.mark.parametrize(
    "thing",
    [object(), (), {1: 2}, {"steps": ({},)}, {None: {"code": {1, 2}}}],
    ids=lambda thing: type(thing).__name__,
)
def test_what_no_json_can_say_is_no_sheet(thing: object) -> None:
    imported = read(thing)
    assert imported.definition is None
    assert imported.findings


def test_a_sheet_that_contains_itself_is_read_like_any_other() -> None:
    sheet = copy.deepcopy(SHEET)
    sheet["form"] = sheet
    sheet["steps"][0]["tasks"].append(sheet)
    assert ("wrong_type", "/form") in found(sheet)


ALIEN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 10**400, "NULL", "\ud800", "\x00", "TV01::NHAN"])
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(sorted({str(path[-1]) for path in PATHS}))
            | st.text(st.characters(exclude_categories=()), max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


def assert_accounted_for(imported: Imported) -> None:
    """Without a draft there are findings; with one it is whole, and its errors are the linter's or the sheet's."""
    if imported.definition is None:
        assert any(finding.severity is Severity.ERROR for finding in imported.findings)
        return
    assert definition_from_json(definition_to_json(imported.definition)) == imported.definition
    json.dumps(definition_to_json(imported.definition), ensure_ascii=False).encode()
    if imported.publishable:
        assert run_to_end(imported.definition) is not None
        assert not [each for each in findings(imported.definition) if each.severity is Severity.ERROR]
    for finding in imported.findings:
        assert finding.message.vi
        (finding.message.vi + finding.message.en + finding.pointer).encode()


@settings(deadline=None)
@given(st.binary(max_size=60) | ALIEN | st.builds(lambda value: json.dumps(value).encode(), ALIEN))
def test_nothing_breaks_reading(raw: object) -> None:
    assert_accounted_for(read(raw))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), ALIEN), min_size=1, max_size=3))
def test_a_damaged_sheet_is_read_as_far_as_it_goes(damages: list[tuple[tuple[str | int, ...], Any]]) -> None:
    sheet = copy.deepcopy(SHEET)
    for path, value in damages:
        place: Any = sheet
        for key in path[:-1]:
            inside = isinstance(place, list) and isinstance(key, int) and key < len(place)
            if not (inside or (isinstance(place, dict) and key in place)):
                break
            place = place[key]
        if isinstance(place, dict):
            place[str(path[-1])] = value
    assert_accounted_for(read(sheet))


def test_an_endless_field_id_is_cut_so_that_the_draft_can_be_stored() -> None:
    imported = read(changed("x" * 10_000, "form", 8, "id"))
    assert [(finding.code, finding.pointer) for finding in imported.findings] == [("too_long", "/form/8/id")]
    assert imported.definition is not None
    assert_accounted_for(imported)


@pytest.mark.parametrize("alien", [{"lạ": 1}, "\ud800", float("nan")], ids=["object", "surrogate", "NaN"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(map(str, path)))
def test_a_value_of_another_kind_is_found_wherever_it_stands(
    path: tuple[str | int, ...], alien: object
) -> None:
    imported = read(changed(alien, *path))
    assert any(finding.severity is Severity.ERROR for finding in imported.findings)
    assert_accounted_for(imported)


OPTIONAL = {"sheet", "role", "form", "section", "label", "required", "validate"} | {
    "pauses_clock",
    "resumes_clock",
    "business_done",
}


@pytest.mark.parametrize(
    "path",
    [path for path in PATHS if isinstance(path[-1], str) and path[-1] not in OPTIONAL],
    ids=lambda path: "/".join(map(str, path)),
)
def test_a_member_that_is_missing_is_found(path: tuple[str | int, ...]) -> None:
    sheet = copy.deepcopy(SHEET)
    place: Any = sheet
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    assert any(finding.severity is Severity.ERROR for finding in read(sheet).findings)
