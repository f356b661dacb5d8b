"""Invented procedures for random histories: steps of several agencies side by side, stages, pauses, silence."""

import random
from decimal import Decimal

from procedures.domain.case import Task
from procedures.domain.definition import END, Definition, Join, Stage, Step, Transition
from procedures.domain.handling import Official
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import Expiry, Extension, SupplementRule, TimeRules
from shared.errors import Text

AGENCY, PARTNER, ASKED = "H99.01", "H99.02", "H99.03"
WORDS = Text("Mẫu", "Sample")


def some_term(dice: random.Random, *, none: float = 0.2) -> Term:
    if dice.random() < none:
        return NO_TERM
    kind = dice.choice([TermKind.WORKING_DAYS, TermKind.WORKING_HOURS, TermKind.CALENDAR_DAYS])
    if kind is TermKind.WORKING_DAYS:
        return Term(kind, Decimal(dice.randint(0, 20)) / 2)
    if kind is TermKind.WORKING_HOURS:
        return Term(kind, Decimal(dice.randint(0, 160)) / 4)
    return Term(kind, Decimal(dice.randint(0, 15)))


def some_definition(dice: random.Random) -> Definition:
    """Received; a step or two; two side by side; a step on which they join; steps that loop; handed over."""

    def step(code: str, *ways: Transition, unit: str = "PHONG", **more: object) -> Step:
        silent = code not in ("NHAN", "E") and dice.random() < 0.2
        return Step(
            code,
            WORDS,
            unit,
            ways,
            allowance=some_term(dice, none=0.4),
            silence_consents=silent,
            **more,  # type: ignore[arg-type]
        )

    def stage() -> str | None:
        return dice.choice([None, "1", "2"])

    pauses, partner = dice.random() < 0.5, dice.choice([None, PARTNER])
    term = some_term(dice, none=0.1)
    kinds = [TermKind.CALENDAR_DAYS] if term.kind is TermKind.CALENDAR_DAYS else [TermKind.WORKING_HOURS]
    return Definition(
        "MAU",
        WORDS,
        AGENCY,
        term,
        "NHAN",
        (
            step("NHAN", Transition("A"), unit="MOT_CUA"),
            step("A", Transition("B"), stage=stage(), pauses_clock=pauses),
            step("B", Transition("C", beside=("D",)), stage=stage(), resumes_clock=pauses),
            step("C", Transition("E"), stage=stage(), exempt=dice.random() < 0.5),
            step(
                "D", Transition("E"), unit="THUE", agency=partner, stage=stage(), exempt=dice.random() < 0.3
            ),
            step("E", Transition("A", "again"), Transition("F", "on"), stage=stage(), join=Join()),
            step("F", Transition(END), unit="MOT_CUA"),
        ),
        (Stage("1", WORDS, some_term(dice)), Stage("2", WORDS, some_term(dice))),
        time_rules=TimeRules(
            reminder=dice.choice([NO_TERM, Term(TermKind.WORKING_HOURS, Decimal(dice.randint(1, 30)))]),
            extension=Extension(Term(dice.choice(kinds), Decimal(10)), 3),
            supplements=SupplementRule(answer_within=some_term(dice), on_expiry=dice.choice([*Expiry])),
            consent_by_silence=term != NO_TERM and dice.random() < 0.2,
        ),
    )


def holder(task: Task) -> Official:
    """Who may do it."""
    return Official(task.agency, frozenset({(task.unit, "XU_LY")}))


def hands(agency: str | None, unit: str | None) -> str:
    return f"{agency}/{unit}"
