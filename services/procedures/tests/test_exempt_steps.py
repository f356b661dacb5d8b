"""A step of another agency that the law exempts, while the applicant is asked for something besides."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from procedures.domain import external_task, handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.case import Attachment, MissingItem, opened
from procedures.domain.clock import Stop
from procedures.domain.definition import END, Definition, Join, Step, Transition
from procedures.domain.external_work import ExternalWork
from procedures.domain.firing import fire
from procedures.domain.handling import Official
from procedures.domain.holidays_vn import vietnam
from procedures.domain.status import ActionNotAllowed, Status
from procedures.domain.terms import Term, TermKind
from shared.errors import Text
from shared.ids import new_id

CALENDAR = vietnam([2026])
WORDS = Text("Mẫu", "Sample")
DESK = Official("H99.01", frozenset({("BP_MOT_CUA", "TIEP_NHAN")}))
LAND = Official("H99.01", frozenset({("PHONG_DAT_DAI", "XU_LY")}))
TAX = Official("H99.02", frozenset({("BP_THUE", "XU_LY")}))


def local(text: str) -> datetime:
    """An instant from the wall clock of an office in Viet Nam."""
    return (datetime.fromisoformat(text) - timedelta(hours=7)).replace(tzinfo=UTC)


def days(number: int) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(number))


LAND_TITLE = Definition(
    "MAU",
    WORDS,
    "H99.01",
    days(10),
    "NHAN",
    (
        Step("NHAN", WORDS, "BP_MOT_CUA", (Transition("XET", beside=("HOI_THUE",)),)),
        Step("XET", WORDS, "PHONG_DAT_DAI", (Transition("TRA"),)),
        Step(
            "HOI_THUE",
            WORDS,
            "BP_THUE",
            (Transition("TRA"),),
            agency="H99.02",
            allowance=days(2),
            exempt=True,
            silence_consents=True,
            external=ExternalWork(),
        ),
        Step("TRA", WORDS, "BP_MOT_CUA", (Transition(END),), join=Join()),
    ),
)
"""Examined beside the tax office, which has two days to answer; its silence is consent."""


class Desk:
    """A case received on Monday 2 March 2026 at 08:30, its applicant asked for a paper an hour later."""

    def __init__(self) -> None:
        self.now = local("2026-03-02 08:30")
        task = handling.receiving_task(LAND_TITLE, CALENDAR, self.now)
        act = Submitted("MAU", 1, "H99.01", "citizen", "", (), (task,), None)
        self.case = opened(new_id(), Entry(1, self.now, Actor("citizen", "person"), act))
        self.done(handling.accept(self.case, LAND_TITLE, CALENDAR, DESK, self.now))
        self.now = local("2026-03-02 09:30")
        items = [MissingItem("SO_DO", "Thiếu.")]
        self.done(handling.request_supplement(self.case, CALENDAR, LAND, self.now, items))

    def done(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self.case = self.case.after(Entry(self.case.sequence + 1, self.now, Actor("x", "official"), act))

    def complete(self, step: str, official: Official) -> None:
        self.done(
            handling.complete_task(
                self.case, LAND_TITLE, CALENDAR, official, self.now, step=step, outcome=None, note=None
            )
        )

    def bring(self) -> None:
        paper = Attachment(new_id(), "SO_DO", "application/pdf", 1, "")
        self.done(handling.supplement(self.case, CALENDAR, self.now, attachments=[paper], note=None))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_other_agency_answers_though_the_applicant_is_asked(desk: Desk) -> None:
    tax_office = desk.case.task("HOI_THUE")
    assert tax_office is not None
    assert tax_office.due_at == local("2026-03-04 08:30")
    desk.now = local("2026-03-04 08:00")
    desk.complete("HOI_THUE", TAX)
    assert desk.case.status is Status.SUPPLEMENT_REQUESTED
    assert (desk.case.stops, desk.case.due_at) == ((Stop.SUPPLEMENT,), None)
    assert [task.step for task in desk.case.tasks] == ["XET"]


def test_the_request_survives_the_answer_and_the_clock_runs_on_when_the_paper_comes(desk: Desk) -> None:
    desk.now = local("2026-03-04 08:00")
    desk.complete("HOI_THUE", TAX)
    desk.now = local("2026-03-09 08:30")
    desk.bring()
    assert (desk.case.status, desk.case.stops) == (Status.ACCEPTED, ())
    # None of the ten days is used: the tax office was at work on it from the beginning.
    assert desk.case.due_at == local("2026-03-23 08:30")


def test_a_system_of_the_other_agency_may_answer_too(desk: Desk) -> None:
    desk.done(
        external_task.complete(
            desk.case,
            LAND_TITLE,
            CALENDAR,
            desk.now,
            step="HOI_THUE",
            outcome=None,
            note=None,
            attachments=(),
        )
    )
    assert desk.case.task("HOI_THUE") is None


def test_what_counts_towards_the_term_waits_for_the_applicant(desk: Desk) -> None:
    with pytest.raises(ActionNotAllowed) as refused:
        desk.complete("XET", LAND)
    assert {"complete_exempt_task", "supplement"} <= set(refused.value.extensions["nextActions"])
    assert "complete_task" not in refused.value.extensions["nextActions"]


def test_silence_is_consent_of_one_that_might_have_spoken(desk: Desk) -> None:
    desk.now = local("2026-03-04 08:31")
    desk.done(fire(desk.case, LAND_TITLE, CALENDAR, desk.now))
    assert desk.case.task("HOI_THUE") is None
    assert (desk.case.status, desk.case.stops) == (Status.SUPPLEMENT_REQUESTED, (Stop.SUPPLEMENT,))


def test_a_step_that_opens_meanwhile_is_due_when_the_clock_runs_again(desk: Desk) -> None:
    desk.now = local("2026-03-03 08:30")
    desk.complete("HOI_THUE", TAX)
    (open_task,) = desk.case.tasks
    assert open_task.due_at is None
    desk.now = local("2026-03-09 08:30")
    desk.bring()
    (open_task,) = desk.case.tasks
    assert open_task.due_at == desk.case.due_at
