"""Definitions written as register sheets: what fits comes back equal, what does not fit is named."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.definition import Definition, Fee, Join, Stage, Transition
from procedures.domain.register_sheet import read_sheet
from procedures.domain.sheet_export import lost_in_sheet, sheet_of
from procedures.domain.terms import Term, TermKind
from shared.errors import Text

SAMPLE = Path(__file__).parent / "samples" / "library_card_sheet.json"


def drafted() -> Definition:
    draft = read_sheet(SAMPLE.read_bytes(), agency="LIBRARY").definition
    assert draft is not None
    return draft


DRAFT = drafted()


def lost(definition: Definition) -> list[str]:
    return [change.pointer for change in lost_in_sheet(definition, sheet_of(definition)) or ()]


def with_step(at: int, **parts: Any) -> Definition:
    steps = list(DRAFT.steps)
    steps[at] = replace(steps[at], **parts)
    return replace(DRAFT, steps=tuple(steps))


def test_a_definition_that_came_from_a_sheet_is_written_as_that_sheet() -> None:
    sheet = json.loads(json.dumps(sheet_of(DRAFT)))
    assert read_sheet(sheet, agency="LIBRARY") == read_sheet(SAMPLE.read_bytes(), agency="LIBRARY")
    assert lost(DRAFT) == []


def test_english_titles_and_the_codes_of_stages_are_not_missed() -> None:
    stages = tuple(replace(stage, code=f"S{stage.code}") for stage in DRAFT.stages)
    steps = tuple(
        replace(step, stage=f"S{step.stage}", title=Text(step.title.vi, "x")) for step in DRAFT.steps
    )
    assert lost(replace(DRAFT, stages=stages, steps=steps, title=Text(DRAFT.title.vi, "Card"))) == []


def test_hours_that_come_to_days_are_days() -> None:
    hours = with_step(2, allowance=Term(TermKind.WORKING_HOURS, Decimal(8)))
    assert sheet_of(hours)["steps"][1]["tasks"][0]["days"] == 1


UNFIT: dict[str, tuple[Definition, list[str]]] = {
    "several ways on": (
        with_step(2, transitions=(*DRAFT.steps[2].transitions, Transition(None, "no"))),
        ["/steps/2/transitions/1"],
    ),
    "a fork": (
        with_step(1, transitions=(Transition("TV01::ANH", beside=("TV01::IN",)),)),
        ["/steps/1/transitions/0/to"],
    ),
    "a join": (with_step(3, join=Join()), ["/steps/3/join"]),
    "an agency of its own": (with_step(3, agency="POLICE"), ["/steps/3/agency"]),
    "another unit within a stage": (with_step(1, unit="LAB"), ["/steps/1/unit"]),
    "a term in calendar days": (replace(DRAFT, term=Term(TermKind.CALENDAR_DAYS, Decimal(4))), ["/term"]),
    "a fee in another currency": (replace(DRAFT, fee=Fee(20000, "USD")), ["/fee"]),
    "a legal basis": (replace(DRAFT, legal_basis=("Luật",)), ["/legalBasis/0"]),
    "a form of its own kind": (
        replace(DRAFT, form={"type": "object"}, documents=()),
        ["/form"],
    ),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_a_sheet_cannot_say_is_named(what: str) -> None:
    definition, pointers = UNFIT[what]
    assert lost(definition) == pointers


def test_steps_of_no_stage_stand_alone_and_are_named() -> None:
    assert "/steps/4/stage" in lost(with_step(4, stage=None))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "required", "x-motcua"]),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["sections", "fields", "a", "widget", "title"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ),
        max_size=4,
    ),
    st.lists(st.sampled_from(DRAFT.steps), max_size=4),
    st.lists(st.sampled_from([*DRAFT.stages, Stage("9", Text("", ""), Term(TermKind.NONE))]), max_size=3),
)
def test_whatever_a_draft_says_the_answer_is_a_sheet_or_what_it_lacks(
    form: dict[str, Any], steps: list[Any], stages: list[Any]
) -> None:
    definition = replace(DRAFT, form=form, steps=tuple(steps), stages=tuple(stages))
    found = lost_in_sheet(definition, json.loads(json.dumps(sheet_of(definition))))
    assert found is None or isinstance(found, tuple)
