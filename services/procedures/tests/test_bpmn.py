"""Procedures as BPMN diagrams: drawn elsewhere and read, written and read back."""

import random
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.bpmn import read_bpmn, write_bpmn
from procedures.domain.bpmn.drawing import NotDrawable
from procedures.domain.bpmn.durations import allowance_of, duration_of
from procedures.domain.definition import END, Definition, Join, Step, Transition
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.external_work import ExternalWork
from procedures.domain.linked_cases import CaseToOpen
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Text

DRAWN = (Path(__file__).parent / "samples" / "cap-phep-xay-dung.bpmn").read_bytes()
NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def process(inner: str) -> bytes:
    return (
        f'<definitions xmlns="{NAMESPACE}" xmlns:motcua="urn:motcua:procedures:bpmn:1">'
        f'<process id="MAU" name="Mẫu"><laneSet id="l"><lane id="l1" name="Một cửa">'
        f"{''.join(f'<flowNodeRef>{name}</flowNodeRef>' for name in 'abcd')}</lane></laneSet>{inner}"
        "</process></definitions>"
    ).encode()


def flow(source: str, target: str, **more: str) -> str:
    attributes = " ".join(f'{key}="{value}"' for key, value in more.items())
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}" {attributes}/>'


def timer(task: str, interrupts: str, name: str = "t") -> str:
    return (
        f'<boundaryEvent id="{name}" attachedToRef="{task}" cancelActivity="{interrupts}"><timerEventDefinition>'
        "<timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>"
    )


def waits(name: str) -> str:
    return (
        f'<intermediateCatchEvent id="{name}" name="Niêm yết"><timerEventDefinition><timeDuration>P15D'
        "</timeDuration></timerEventDefinition></intermediateCatchEvent>"
    )


def codes(raw: bytes) -> set[str]:
    return {finding.code for finding in read_bpmn(raw, agency="H99.01").findings}


def test_a_diagram_drawn_in_a_modelling_tool_becomes_a_procedure_that_can_be_published() -> None:
    read = read_bpmn(DRAWN, agency="H99.01")
    assert read.publishable, read.findings
    assert read.definition is not None
    steps = {step.code: step for step in read.definition.steps}
    assert read.definition.title.vi == "Cấp giấy phép xây dựng nhà ở"
    assert read.definition.first_step == "TIEP_NHAN_HO_SO"
    assert {code: step.unit for code, step in steps.items()} == {
        "TIEP_NHAN_HO_SO": "BO_PHAN_MOT_CUA",
        "THAM_DINH": "PHONG_QUAN_LY_DO_THI",
        "HOI_CANH_SAT_PHONG_CHAY": "PHONG_QUAN_LY_DO_THI",
        "HOI_PHONG_MOI_TRUONG": "PHONG_QUAN_LY_DO_THI",
        "KY_DUYET": "LANH_DAO",
        "TRA_KET_QUA": "BO_PHAN_MOT_CUA",
    }
    asked, not_asked = steps["THAM_DINH"].transitions
    assert (asked.outcome, len(asked.targets)) == ("can", 2)
    assert (not_asked.outcome, not_asked.targets) == ("khong_can", ("KY_DUYET",))
    assert steps["KY_DUYET"].join == Join()
    environment = steps["HOI_PHONG_MOI_TRUONG"]
    assert environment.silence_consents
    assert environment.allowance == Term(TermKind.CALENDAR_DAYS, Decimal(5))
    assert steps["TRA_KET_QUA"].transitions[0].to is END


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("", "no_process"),
        ('<startEvent id="s"/><endEvent id="e"/>' + flow("s", "e"), "no_task"),
        ('<startEvent id="s"/><task id="a"/>' + flow("s", "a"), "implicit_end"),
        ('<task id="a"/><endEvent id="e"/>' + flow("a", "e"), "no_single_start"),
        ('<startEvent id="s"/><task id="z"/>' + flow("s", "z"), "no_lane"),
        ('<startEvent id="s"/><task id="a"/><subProcess id="x" name="Con"/>' + flow("s", "a"), "unknown_element"),
        ('<startEvent id="s"/><task id="a"/>' + flow("s", "a") + flow("a", "x"), "loose_flow"),
        (
            '<startEvent id="s"/><task id="a"/><exclusiveGateway id="g"/><exclusiveGateway id="h"/>'
            + flow("s", "a") + flow("a", "g") + flow("g", "h") + flow("h", "g"),
            "gateway_loop",
        ),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/><task id="c"/><inclusiveGateway id="g"/>'
            + flow("s", "a") + flow("a", "g") + flow("g", "b") + flow("g", "c"),
            "inclusive_split",
        ),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/><task id="c"/>' + flow("s", "a") + flow("a", "b")
            + '<sequenceFlow id="f" sourceRef="a" targetRef="c"><conditionExpression>x</conditionExpression></sequenceFlow>',
            "inclusive_split",
        ),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/><parallelGateway id="g"/><endEvent id="e"/>'
            + flow("s", "a") + flow("a", "g") + flow("b", "g") + flow("g", "e"),
            "join_without_step",
        ),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/><parallelGateway id="g"/>'
            + flow("s", "g") + flow("g", "a") + flow("g", "b"),
            "start_branches",
        ),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/>' + flow("s", "a") + flow("a", "b")
            + '<boundaryEvent id="t" attachedToRef="a"><timerEventDefinition><timeDuration>soon</timeDuration>'
            "</timerEventDefinition></boundaryEvent>" + flow("t", "b"),
            "timer_unreadable",
        ),
        (
            '<startEvent id="s"/><task id="a"/><intermediateCatchEvent id="b"><timerEventDefinition>'
            "<timeDate>2026-01-01</timeDate></timerEventDefinition></intermediateCatchEvent>"
            + flow("s", "a") + flow("a", "b"),
            "timer_unreadable",
        ),
        (
            '<startEvent id="s"/><task id="a"/><intermediateCatchEvent id="b"><signalEventDefinition/>'
            "</intermediateCatchEvent>" + flow("s", "a") + flow("a", "b"),
            "unknown_element",
        ),
        ('<startEvent id="s"/><task id="a"/>' + flow("s", "b") + flow("b", "a") + waits("b"), "start_branches"),
        ('<startEvent id="s"><timerEventDefinition/></startEvent><task id="a"/>' + flow("s", "a"), "timer_not_mapped"),
        ('<startEvent id="s"/><task id="a"/><task id="b"/>' + flow("s", "a") + timer("a", "false") + flow("t", "b"), "timer_not_mapped"),
        (
            '<startEvent id="s"/><task id="a"/><task id="b"/>' + flow("s", "a") + flow("a", "b") + timer("a", "true")
            + timer("a", "false", "u") + flow("t", "b"),
            "timer_not_mapped",
        ),
        (
            '<startEvent id="s"/><task id="a" motcua:allowance="3 moons"/>' + flow("s", "a"),
            "unknown_kind",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_named_in_a_sentence(inner: str, code: str) -> None:
    read = read_bpmn(process(inner), agency="H99.01")
    (found, *_) = [finding for finding in read.findings if finding.code == code]
    assert found.message.vi.strip()
    assert found.message.en.strip()
    assert found.pointer.startswith("#")


def test_flows_with_conditions_and_a_default_out_of_a_task_are_a_choice() -> None:
    inner = (
        '<startEvent id="s"/><task id="a"/><task id="b" default="b-e"/><task id="c"/><endEvent id="e"/>'
        + flow("s", "a") + flow("a", "b") + flow("b", "e", name="Còn lại") + flow("c", "e")
        + '<sequenceFlow id="f" sourceRef="b" targetRef="c" name="Đạt"><conditionExpression>ok</conditionExpression>'
        "</sequenceFlow>"
    )  # fmt: skip
    read = read_bpmn(process(inner), agency="H99.01")
    assert read.definition is not None
    assert [(way.outcome, way.targets) for way in read.definition.step("b").transitions] == [
        ("con_lai", ()),
        ("dat", ("c",)),
    ]
    assert read.publishable


def test_a_timer_that_is_waited_for_is_a_step_that_goes_on_by_itself() -> None:
    inner = (
        '<startEvent id="s"/><task id="a"/><task id="c"/><endEvent id="e"/>' + waits("b")
        + flow("s", "a") + flow("a", "b") + flow("b", "c") + flow("c", "e")
    )  # fmt: skip
    read = read_bpmn(process(inner), agency="H99.01")
    assert read.definition is not None
    assert (read.publishable, [step.code for step in read.definition.steps]) == (True, ["a", "c", "b"])
    waiting = read.definition.step("b")
    assert (waiting.title.vi, waiting.silence_consents) == ("Niêm yết", True)
    assert waiting.allowance == Term(TermKind.CALENDAR_DAYS, Decimal(15))
    assert read_bpmn(write_bpmn(read.definition), agency="H99.01").definition == read.definition


def test_a_timer_that_interrupts_nobody_says_how_long_a_step_has() -> None:
    inner = (
        '<startEvent id="s"/><task id="a"/><endEvent id="e"/><endEvent id="x"/>' + timer("a", "false")
        + flow("s", "a") + flow("a", "e") + flow("t", "x")
    )  # fmt: skip
    for drawn in (inner, inner.replace(flow("t", "x"), "")):
        read = read_bpmn(process(drawn), agency="H99.01")
        assert read.definition is not None
        (step,) = read.definition.steps
        assert (step.allowance, step.silence_consents) == (Term(TermKind.CALENDAR_DAYS, Decimal(3)), False)
        assert {finding.code for finding in read.findings} == {"no_fixed_term"}
        again = write_bpmn(read.definition).decode()
        assert 'cancelActivity="false"' in again
        assert "<bpmn:timeDuration>P3D</bpmn:timeDuration>" in again


@pytest.mark.parametrize(
    ("drawn", "minutes"),
    [("PT5M", 5), ("PT10M", 10), ("PT20M", 20), ("PT1H20M", 80), ("PT8H1M", 481), ("PT3600H7M", 216_007)],
)
def test_a_timer_of_minutes_is_read_and_written_to_the_minute(drawn: str, minutes: int) -> None:
    inner = (
        '<startEvent id="s"/><task id="a"/><endEvent id="e"/>' + timer("a", "false").replace("P3D", drawn)
        + flow("s", "a") + flow("a", "e")
    )  # fmt: skip
    read = read_bpmn(process(inner), agency="H99.01")
    assert read.definition is not None, read.findings
    (step,) = read.definition.steps
    assert step.allowance.length == timedelta(minutes=minutes)
    again = write_bpmn(read.definition)
    assert f"<bpmn:timeDuration>PT{minutes}M</bpmn:timeDuration>" in again.decode()
    assert read_bpmn(again, agency="H99.01").definition == read.definition
    assert definition_from_json(definition_to_json(read.definition)) == read.definition


def test_part_of_a_working_day_is_drawn_in_whole_hours_or_in_minutes() -> None:
    for minutes, drawn in ((240, "PT4H"), (160, "PT160M")):
        term = Term.from_json({"kind": "working_days", "amount": minutes / 480})
        assert duration_of(term) == drawn
        assert allowance_of(drawn, term) == term.to_json()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not xml",
        b"<html/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b"<a>" * 100_000,
        "không phải".encode("utf-16"),
        b"<definitions/>" + b" " * 3_000_000,
    ],
)
def test_what_is_no_diagram_is_refused_without_a_trace(raw: bytes) -> None:
    assert codes(raw) == {"unreadable_diagram"}


def test_however_a_diagram_is_damaged_it_is_read_or_refused() -> None:
    chance = random.Random(7)
    parts = re.split(rb"(?<=>)", DRAWN)
    for _ in range(300):
        damaged = list(parts)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            match chance.randrange(3):
                case 0:
                    del damaged[at]
                case 1:
                    damaged.insert(at, chance.choice(parts))
                case _:
                    damaged[at] = damaged[at].replace(b"Activity", b"Gateway").replace(b"_0", b"_1")
        read = read_bpmn(b"".join(damaged), agency="H99.01")
        assert read.definition is not None or read.findings


def test_a_procedure_with_errors_in_its_steps_gives_no_drawing() -> None:
    read = read_bpmn(DRAWN, agency="H99.01").definition
    assert read is not None
    lost = replace(
        read, steps=(replace(read.steps[0], transitions=(Transition("NOWHERE"),)), *read.steps[1:])
    )
    for unsound in (
        lost,
        replace(read, steps=(*read.steps, read.steps[0])),
        replace(read, first_step="NOWHERE"),
    ):
        with pytest.raises(NotDrawable):
            write_bpmn(unsound)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8).map(
    str.strip
)
TEXTS = st.builds(Text, WORDS, WORDS)
TERMS = st.one_of(
    st.just(NO_TERM),
    st.builds(Term, st.just(TermKind.WORKING_DAYS), st.sampled_from([Decimal("0.5"), Decimal(3)])),
    st.builds(Term, st.just(TermKind.CALENDAR_DAYS), st.just(Decimal(20))),
)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Procedures whose steps lead anywhere, fork, join and end."""
    names = draw(
        st.lists(
            st.sampled_from(["A", "b-1", "Activity_1234567", "THẨM ĐỊNH", "true", "[x]", "Fork_A"]),
            unique=True, min_size=1,
        )
    )  # fmt: skip
    targets = st.lists(st.sampled_from(names), max_size=3, unique=True)

    def ways(only_one: bool) -> tuple[Transition, ...]:
        several = draw(st.integers(1, 1 if only_one else 3))
        outcomes = (
            [f"o{at}" for at in range(several)] if several > 1 else [draw(st.sampled_from([None, "o"]))]
        )
        made = []
        for outcome in outcomes:
            to = draw(targets)
            title = draw(st.none() | TEXTS)
            made.append(Transition(to[0] if to else END, outcome, title, tuple(to[1:])))
        return tuple(made)

    steps = tuple(
        Step(
            code=name,
            title=draw(TEXTS),
            unit=draw(st.sampled_from(["BP_MOT_CUA", "PHÒNG", "null", '"'])),
            transitions=ways(name == names[0]),
            role=draw(st.sampled_from([None, "XU_LY", "true", "{"])),
            agency=draw(st.sampled_from([None, "H99.02"])),
            allowance=draw(TERMS),
            pauses_clock=draw(st.booleans()),
            join=draw(st.sampled_from([None, Join(), Join(2)])),
            exempt=draw(st.booleans()),
            opens_case=draw(st.sampled_from([None, CaseToOpen("DAT", (("chu", "ten"),), (("SO", "THE"),))])),
            silence_consents=draw(st.booleans()),
            external=draw(st.sampled_from([None, ExternalWork(), ExternalWork(1)])),
        )
        for name in names
    )
    form = draw(st.none() | st.just({"type": "object", "title": "<&>\"'"}))
    return Definition("MAU", draw(TEXTS), "H99.01", draw(TERMS), names[0], steps, form=form)


def _plain(definition: Definition) -> Definition:
    """Titles that are empty come back as the code; so give each one."""

    def titled(text: Text, name: str) -> Text:
        return Text(text.vi or name, text.en or name)

    steps = tuple(replace(step, title=titled(step.title, "x")) for step in definition.steps)
    return replace(definition, title=titled(definition.title, "x"), steps=steps)


@settings(deadline=None)
@given(definitions().map(_plain))
def test_a_procedure_comes_back_from_its_drawing_as_it_was(definition: Definition) -> None:
    read = read_bpmn(write_bpmn(definition), agency="H99.01")
    assert read.definition == definition, read.findings
    assert not {finding.code for finding in read.findings} & {"unreadable_diagram", "no_lane", "loose_flow"}


def test_shapes_of_a_drawing_do_not_lie_on_each_other() -> None:
    from procedures.domain.bpmn.drawing import drawing_of
    from procedures.domain.bpmn.layout import laid_out

    read: Any = read_bpmn(DRAWN, agency="H99.01").definition
    drawing = drawing_of(read)
    boxes = [
        box
        for name, box in laid_out(drawing).shapes.items()
        if not any(shape.id == name and shape.attached_to for shape in drawing.shapes)
    ]
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
