"""The two procedures of the register that pause for the tax, against dates worked out by hand.

In 2026 the country is off on Monday 27 April (for the Hùng Kings' Sunday), Thursday 30 April and Friday 1 May.
Both procedures have 34 working days. Each step before the tax notice is done on the day of receipt, Monday 2
March at 08:00, so the agency holds the notice until it hands it over:

TN03   handed over on Tuesday 24 March at 08:00, after 3 weeks (15 days) and a day: 16 used, 18 left.
       The receipt comes on Wednesday 22 April at 10:00. 23 and 24 April (2), 28 and 29 April (4), Monday 4 May
       (5), 11 May (10), 18 May (15), 19, 20 and 21 May (18): due on Thursday 21 May at 10:00.
TN09   handed over on Monday 23 March at 08:00, after 3 weeks: 15 used, 19 left.
       The receipt comes on Saturday 28 March at 09:00, outside hours, so Monday 30 March is the first day: until
       3 April (5), 10 April (10), 17 April (15), 20, 21, 22 and 23 April (19): due when work ends on Thursday 23
       April, at 17:30.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.case import Case, Outcome, opened
from procedures.domain.case_clock import explain
from procedures.domain.clock import Stop
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition
from procedures.domain.handling import Official
from procedures.domain.holidays_vn import vietnam
from procedures.domain.register_sheet import read_sheet
from procedures.domain.status import Status

REPOSITORY = Path(__file__).parents[2]
REGISTERS = Path(os.environ.get("MOTCUA_DATA", REPOSITORY.parent / "shared" / "data")) / "registers"

if not REGISTERS.is_dir():
    pytest.skip(f"no register sheets at {REGISTERS}; set MOTCUA_DATA", allow_module_level=True)

CALENDAR = vietnam([2026])
ACTOR = Actor("someone", "official", "H99.01")
DATES = {
    "TN03": ("2026-03-24 08:00", "2026-04-22 10:00", "2026-05-21 10:00"),
    "TN09": ("2026-03-23 08:00", "2026-03-28 09:00", "2026-04-23 17:30"),
}
"""When the notice was handed over, when the receipt came, when the case is due by hand."""
UNPAUSED = "2026-04-17 08:00"
"""34 working days after Monday 2 March at 08:00: six weeks and four days."""

each_procedure = pytest.mark.parametrize("name", DATES)


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


class Played:
    """A case of the procedure, and what is done to it."""

    def __init__(self, name: str) -> None:
        definition = read_sheet((REGISTERS / f"{name}.json").read_bytes(), agency="H99.01").definition
        assert definition is not None
        self.definition: Definition = definition
        self.at("2026-03-02 08:00")
        task = handling.receiving_task(definition, CALENDAR, self.now)
        act = Submitted(definition.code, 1, definition.agency, "citizen", "", (), (task,), None)
        self.case: Case = opened(UUID(int=1), Entry(1, self.now, ACTOR, act))
        self.done(handling.accept(self.case, definition, CALENDAR, self.official, self.now))

    @property
    def official(self) -> Official:
        """Whoever may do the open task."""
        (task,) = self.case.tasks
        return Official(task.agency, frozenset({(task.unit, task.role or "")}))

    def at(self, text: str) -> "Played":
        self.now = local(text)
        return self

    def done(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            self.case = self.case.after(Entry(self.case.sequence + 1, self.now, ACTOR, act))

    def complete(self) -> None:
        (task,) = self.case.tasks
        self.done(
            handling.complete_task(
                self.case,
                self.definition,
                CALENDAR,
                self.official,
                self.now,
                step=task.step,
                outcome=None,
                note=None,
            )
        )

    def until(self, pauses: str) -> "Played":
        """Complete steps until the one that pauses, or resumes, the clock is open."""
        while not getattr(self.definition.step(self.case.tasks[0].step), pauses):
            self.complete()
        return self

    def decide(self) -> None:
        self.done(
            decide(
                self.case, self.definition, self.official, outcome=Outcome.GRANTED, reason="Đủ.", number=None
            )
        )


def paid(name: str) -> Played:
    """The tax notice was handed over and the receipt has come."""
    handed_over, receipt, _ = DATES[name]
    played = Played(name).until("pauses_clock").at(handed_over)
    played.complete()
    played.until("resumes_clock").at(receipt).complete()
    return played


@each_procedure
def test_before_the_notice_the_case_is_due_after_its_34_days(name: str) -> None:
    assert Played(name).case.due_at == local(UNPAUSED)


@each_procedure
def test_while_the_tax_is_paid_nothing_is_due(name: str) -> None:
    played = Played(name).until("pauses_clock").at(DATES[name][0])
    played.complete()
    assert (played.case.stops, played.case.due_at) == ((Stop.STEP,), None)


@each_procedure
def test_once_it_is_paid_the_case_is_due_on_the_day_worked_out_by_hand(name: str) -> None:
    assert paid(name).case.due_at == local(DATES[name][2])


@each_procedure
@pytest.mark.parametrize(("minutes", "late"), [(0, False), (1, True)])
def test_a_decision_at_that_instant_is_in_time_and_a_minute_later_is_not(
    name: str, minutes: int, late: bool
) -> None:
    played = paid(name)
    played.at(DATES[name][2]).now += timedelta(minutes=minutes)
    played.decide()
    while played.case.status is not Status.CLOSED:
        played.complete()
    assert played.case.on_time is not late


@each_procedure
def test_the_clock_tells_the_three_intervals(name: str) -> None:
    handed_over, receipt, due = DATES[name]
    explained = explain(paid(name).case, CALENDAR, local(due))
    received = "2026-03-02 08:00"
    assert [(part.begins_at, part.ends_at, part.counts) for part in explained.intervals] == [
        (local(received), local(handed_over), True),
        (local(handed_over), local(receipt), False),
        (local(receipt), local(due), True),
    ]
    assert (explained.elapsed, explained.remaining) == (timedelta(hours=34 * 8), timedelta())
