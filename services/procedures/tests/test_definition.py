"""Definitions: their JSON, and the walk through their steps."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.definition import (
    END,
    Definition,
    Fee,
    Join,
    RequiredDocument,
    Stage,
    Step,
    Transition,
    UnknownOutcome,
    UnknownStep,
    can_end,
    ends,
    next_steps,
    reachable,
    run_to_end,
    start,
)
from procedures.domain.definition_json import DefinitionMalformed, definition_from_json, definition_to_json
from procedures.domain.external_work import ExternalWork
from procedures.domain.json_input import as_written
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Text

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)
codes = words.filter(bool)
texts = st.builds(Text, vi=words, en=words)
terms = st.one_of(
    st.just(NO_TERM),
    st.builds(
        lambda kind, quarters: Term(kind, Decimal(quarters) / 4),
        st.sampled_from([TermKind.WORKING_DAYS, TermKind.WORKING_HOURS]),
        st.integers(0, 400),
    ),
    st.builds(lambda days: Term(TermKind.CALENDAR_DAYS, Decimal(days)), st.integers(0, 400)),
)
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # no negative zero
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
forks = st.lists(codes, min_size=2, max_size=4, unique=True)
transitions = st.one_of(
    st.builds(Transition, to=st.none() | codes, outcome=st.none() | codes, title=st.none() | texts),
    st.builds(lambda to, outcome: Transition(to[0], outcome, beside=tuple(to[1:])), forks, st.none() | codes),
)
steps = st.builds(
    Step,
    code=codes,
    title=texts,
    unit=codes,
    transitions=st.lists(transitions, max_size=3).map(tuple),
    role=st.none() | codes,
    agency=st.none() | codes,
    stage=st.none() | codes,
    allowance=terms,
    pauses_clock=st.booleans(),
    resumes_clock=st.booleans(),
    completes_processing=st.booleans(),
    join=st.none() | st.builds(Join, st.none() | st.integers(1, 50)),
    exempt=st.booleans(),
    silence_consents=st.booleans(),
    external=st.none() | st.builds(ExternalWork, st.integers(1, 20)),
)
definitions = st.builds(
    Definition,
    code=codes,
    title=texts,
    agency=codes,
    term=terms,
    first_step=codes,
    steps=st.lists(steps, max_size=4).map(tuple),
    stages=st.lists(st.builds(Stage, codes, texts, terms), max_size=3).map(tuple),
    legal_basis=st.lists(codes, max_size=2).map(tuple),
    documents=st.lists(
        st.builds(
            RequiredDocument,
            code=codes,
            title=texts,
            required=st.booleans(),
            media_types=st.sampled_from([(), ("application/pdf",), ("image/png", "image/svg+xml")]),
            max_bytes=st.none() | st.integers(1, 10**9),
        ),
        max_size=3,
    ).map(tuple),
    form=st.none() | st.dictionaries(words, plain_json, max_size=3),
    fee=st.none() | st.builds(Fee, st.integers(0, 10**15), st.sampled_from(["VND", "USD"])),
)


def graph(first: str, **ways: list[str | None]) -> Definition:
    """Steps and where they lead, each way with its number as outcome; `None` is the end."""
    title = Text(vi="Việc", en="Work")
    return Definition(
        code="P",
        title=title,
        agency="A",
        term=NO_TERM,
        first_step=first,
        steps=tuple(
            Step(
                code=code,
                title=title,
                unit="U",
                transitions=tuple(Transition(to, outcome=str(at)) for at, to in enumerate(following)),
            )
            for code, following in ways.items()
        ),
    )


LOOPING = graph(
    "receive", receive=["check"], check=["approve", "receive", "refuse"], approve=[END], refuse=[END]
)

graphs = st.dictionaries(
    st.sampled_from("abcdefg"), st.lists(st.none() | st.sampled_from("abcdefg"), max_size=3), min_size=1
).map(lambda ways: graph(next(iter(ways)), **ways))


@settings(deadline=None)
@given(definitions)
def test_a_definition_comes_back_from_its_json_as_it_was(definition: Definition) -> None:
    sent = json.loads(json.dumps(definition_to_json(definition)))
    assert definition_from_json(sent) == definition


@settings(deadline=None)
@given(st.dictionaries(words, plain_json, max_size=3))
def test_a_form_comes_back_from_a_store_that_writes_numbers_out(form: dict[str, Any]) -> None:
    """PostgreSQL's `jsonb` gives 1e16 back as 10000000000000000."""
    definition = replace(LOOPING, form=form)
    stored = json.dumps(definition_to_json(definition))
    written_out = re.sub(r"-?\d(\.\d+)?e\+\d+", lambda number: f"{Decimal(number[0]):f}", stored)
    assert definition_from_json(as_written(json.loads(written_out))) == definition


def test_all_faults_of_a_definition_are_named_at_once() -> None:
    sent = definition_to_json(LOOPING)
    sent["titel"] = sent.pop("title")
    sent["term"] = {"kind": "moons", "amount": 2}
    sent["fee"] = {"amount": -1, "currency": "dong"}
    sent["legalBasis"] = [""]
    sent["documents"] = [
        {"code": "D", "title": {"vi": "Đơn", "en": "Form"}, "mediaTypes": ["pdf"], "maxBytes": 0}
    ]
    sent["form"] = {"type": "object", "maximum": float("nan"), "deep": {"a/b~": "\ud800"}}
    sent["steps"][0]["transitions"] = [{"outcome": 3}, "check"]
    sent["steps"][1]["pausesClock"] = "yes"
    sent["steps"][2] = None
    with pytest.raises(DefinitionMalformed) as refused:
        definition_from_json(sent)
    assert {(fault.pointer, fault.code) for fault in refused.value.faults} == {
        ("/titel", "unknown_key"),
        ("/title", "missing"),
        ("/term/kind", "unknown_kind"),
        ("/fee/amount", "wrong_number"),
        ("/fee/currency", "not_currency"),
        ("/legalBasis/0", "empty"),
        ("/documents/0/mediaTypes/0", "not_media_type"),
        ("/documents/0/maxBytes", "wrong_number"),
        ("/form/maximum", "wrong_type"),
        ("/form/deep/a~1b~0", "unreadable_text"),
        ("/steps/0/transitions/0/to", "missing"),
        ("/steps/0/transitions/0/outcome", "wrong_type"),
        ("/steps/0/transitions/1", "wrong_type"),
        ("/steps/1/pausesClock", "wrong_type"),
        ("/steps/2", "wrong_type"),
    }


@settings(deadline=None)
@given(plain_json)
def test_what_is_no_definition_is_refused_with_its_faults(value: object) -> None:
    with pytest.raises(DefinitionMalformed) as refused:
        definition_from_json(value)
    assert refused.value.faults


def test_a_form_that_contains_itself_is_refused() -> None:
    form: dict[str, object] = {"type": "object"}
    form["allOf"] = [form]
    with pytest.raises(DefinitionMalformed) as refused:
        definition_from_json({**definition_to_json(LOOPING), "form": form})
    assert [fault.code for fault in refused.value.faults] == ["too_large"]


def test_a_case_starts_at_the_first_step() -> None:
    assert [step.code for step in start(LOOPING)] == ["receive"]


def test_an_outcome_chooses_the_way_on() -> None:
    assert [step.code for step in next_steps(LOOPING, "check", "2")] == ["refuse"]


def test_a_step_with_one_way_on_needs_no_outcome() -> None:
    assert [step.code for step in next_steps(LOOPING, "receive", None)] == ["check"]
    assert [step.code for step in next_steps(LOOPING, "receive", "0")] == ["check"]


def test_nothing_opens_after_the_end() -> None:
    assert next_steps(LOOPING, "approve", None) == ()


@pytest.mark.parametrize(("step", "outcome"), [("check", None), ("check", "7"), ("receive", "1")])
def test_an_outcome_that_a_step_does_not_have_is_refused_naming_those_it_has(
    step: str, outcome: str | None
) -> None:
    with pytest.raises(UnknownOutcome) as refused:
        next_steps(LOOPING, step, outcome)
    assert refused.value.extensions["outcomes"] == [way.outcome for way in LOOPING.step(step).transitions]


def test_a_step_that_the_procedure_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownStep):
        next_steps(LOOPING, "archive", None)
    with pytest.raises(UnknownStep):
        start(replace(LOOPING, first_step="archive"))


def test_what_can_be_reached_and_where_it_ends_is_known_in_spite_of_loops() -> None:
    definition = graph("a", a=["b", "a"], b=["a", END], lost=["b"], trap=["trap"])
    assert reachable(definition) == {"a", "b"}
    assert ends(definition) == {"b"}
    assert can_end(definition) == {"a", "b", "lost"}


def test_the_usual_way_takes_the_first_way_on_that_leads_to_the_end() -> None:
    assert run_to_end(LOOPING) == ("receive", "check", "approve")
    assert run_to_end(graph("a", a=["trap", "b"], b=["a", END], trap=["trap"])) == ("a", "b")


def test_there_is_no_way_to_an_end_that_does_not_exist() -> None:
    assert run_to_end(graph("a", a=["b"], b=["a", "nowhere"])) is None


@settings(deadline=None)
@given(graphs)
def test_a_run_to_the_end_follows_the_transitions_and_is_found_whenever_there_is_one(
    definition: Definition,
) -> None:
    way = run_to_end(definition)
    assert (way is not None) == (definition.first_step in can_end(definition))
    if way is not None:
        assert way[0] == definition.first_step
        for code, following in zip(way, (*way[1:], END), strict=True):
            assert following in [way_on.to for way_on in definition.step(code).transitions]
        assert len(set(way)) == len(way)


@settings(deadline=None)
@given(graphs)
def test_from_a_step_the_end_can_be_reached_exactly_if_a_case_there_can_be_run_to_it(
    definition: Definition,
) -> None:
    able = {step.code for step in definition.steps if run_to_end(replace(definition, first_step=step.code))}
    assert able == can_end(definition)
