"""Drawings of ours that an analyst edits in a modelling tool, which leaves our attributes as they were."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from procedures.domain.bpmn import read_bpmn, write_bpmn
from procedures.domain.definition import END, Definition, Step, Transition
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Text


def days(amount: str, kind: TermKind = TermKind.WORKING_DAYS) -> Term:
    return Term(kind, Decimal(amount))


ASKED = (Transition("SIGN", "ok", Text("Đạt", "Fine")), Transition(END, "no"))
DRAWN = Definition(
    "MAU",
    Text("Cấp thẻ", "A card"),
    "H99.01",
    days("5"),
    "RECEIVE",
    (
        Step("RECEIVE", Text("Nhận", "Receive"), "DESK", (Transition("ASK"),)),
        Step("ASK", Text("Hỏi", "Ask"), "TAX", ASKED, agency="H99.02", allowance=days("2"), silence_consents=True),
        Step("SIGN", Text("Ký", "Sign"), "PHÒNG", (Transition(END),), allowance=days("1")),
    ),
)  # fmt: skip


def step(at: int, **parts: object) -> Definition:
    steps = list(DRAWN.steps)
    steps[at] = replace(steps[at], **parts)  # type: ignore[arg-type]
    return replace(DRAWN, steps=tuple(steps))


def way(**parts: object) -> Definition:
    return step(1, transitions=(replace(ASKED[0], **parts), ASKED[1]))  # type: ignore[arg-type]


def in_place_of(old: str, new: str) -> Callable[[str], str]:
    """A name or duration is typed over: of whatever is drawn, not of our attributes."""

    def edit(drawn: str) -> str:
        edited = re.sub(rf"(?<![:\w])(name=\"|<bpmn:timeDuration>){old}(?=[\"<])", rf"\g<1>{new}", drawn)
        assert edited != drawn
        return edited

    return edit


def moved(drawn: str) -> str:
    """The task SIGN is dragged into the lane of the task ASK."""
    taken = drawn.replace("<bpmn:flowNodeRef>SIGN</bpmn:flowNodeRef>", "")
    ask = "<bpmn:flowNodeRef>ASK</bpmn:flowNodeRef>"
    return taken.replace(ask, ask + "<bpmn:flowNodeRef>SIGN</bpmn:flowNodeRef>")


EDITS: dict[str, tuple[Callable[[str], str], Definition, int]] = {
    "a timer": (in_place_of("P2D", "P7D"), step(1, allowance=days("7")), 1),
    "a timer in weeks": (in_place_of("P2D", "P2W"), step(1, allowance=days("14")), 1),
    "a timer in hours": (
        in_place_of("P2D", "PT4H"),
        step(1, allowance=days("4", TermKind.WORKING_HOURS)),
        1,
    ),
    "a timer that interrupts nobody": (in_place_of("P1D", "P3D"), step(2, allowance=days("3")), 1),
    "a timer that is taken away": (
        lambda drawn: re.sub(r'(?s)<bpmn:boundaryEvent id="Timer_SIGN".*?</bpmn:boundaryEvent>', "", drawn),
        step(2, allowance=NO_TERM),
        0,
    ),
    "the lane of a unit": (in_place_of("TAX", "Chi cục thuế"), step(1, unit="CHI_CUC_THUE"), 1),
    "the lane of a unit with letters": (in_place_of("PHÒNG", "Phòng A"), step(2, unit="PHONG_A"), 1),
    "the lane that a task stands in": (moved, step(2, unit="TAX", agency="H99.02"), 0),
    "the title of a way": (in_place_of("Đạt", "Đồng ý"), way(title=Text("Đồng ý", "Fine")), 1),
    "the outcome of a way": (
        in_place_of("no", "Từ chối"),
        step(1, transitions=(ASKED[0], replace(ASKED[1], title=Text("Từ chối", "Từ chối")))),
        0,
    ),
    "the title of a step": (in_place_of("Ký", "Ký duyệt"), step(2, title=Text("Ký duyệt", "Sign")), 0),
    "the pool": (
        lambda drawn: drawn.replace('<bpmn:participant id="Pool" name="Cấp thẻ"', '<bpmn:participant id="Pool" name="Thẻ"'),
        replace(DRAWN, title=Text("Thẻ", "A card")),
        0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_what_is_edited_in_a_drawing_counts_more_than_our_attribute_beside_it(what: str) -> None:
    edit, expected, told = EDITS[what]
    read = read_bpmn(edit(write_bpmn(DRAWN).decode()).encode(), agency="H99.01")
    assert read.definition == expected
    said = [finding for finding in read.findings if finding.code == "drawn_otherwise"]
    assert len(said) == told
    assert all(finding.pointer.startswith("#") for finding in said)


def test_it_is_said_in_words_what_was_taken_and_what_was_not() -> None:
    edit = EDITS["a timer"][0]
    findings = read_bpmn(edit(write_bpmn(DRAWN).decode()).encode(), agency="H99.01").findings
    (said,) = [finding for finding in findings if finding.code == "drawn_otherwise"]
    assert said.pointer == "#Timer_ASK"
    assert said.message.vi == (
        "Sơ đồ ghi 7 ngày làm việc, còn thuộc tính motcua:allowance ghi 2 ngày làm việc; hình vẽ được dùng."
    )
    assert said.message.en == (
        "The drawing says 7 working days, and the attribute motcua:allowance 2 working days; what is drawn was taken."
    )


def test_a_way_that_loses_its_name_loses_its_title_and_keeps_its_outcome() -> None:
    drawn = write_bpmn(DRAWN).decode().replace(' name="Đạt"', "")
    read = read_bpmn(drawn.encode(), agency="H99.01")
    assert read.definition == way(title=None)
    assert [finding.code for finding in read.findings if finding.code == "drawn_otherwise"]


def test_an_attribute_of_a_lane_that_somebody_wrote_by_hand_counts_whatever_the_lane_is_called() -> None:
    drawn = re.sub(r' motcua:drawnAs="[^"]*"', "", write_bpmn(DRAWN).decode())
    read = read_bpmn(in_place_of("TAX", "Chi cục thuế")(drawn).encode(), agency="H99.01")
    assert read.definition == DRAWN
    assert "drawn_otherwise" not in {finding.code for finding in read.findings}
