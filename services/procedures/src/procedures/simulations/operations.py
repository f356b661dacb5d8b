"""Trying out a version: invented cases through it, by the agency's calendar."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.catalogue.forms import Form
from procedures.catalogue.operations import get_version
from procedures.documents.operations import missing_faults
from procedures.domain.by_rule import documents_needed
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.json_input import escaped, quoted
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.scenario import Scenario
from procedures.domain.simulation import Simulation, simulate
from shared.errors import Fault, Invalid, Text


@dataclass(frozen=True, slots=True)
class Tried:
    """A simulation, the calendar that it went by, and what is wrong with the invented submission."""

    simulation: Simulation
    calendar: WorkingCalendar
    form_faults: Sequence[Fault]


async def simulate_version(
    tx: AsyncConnection,
    *,
    agency: str,
    code: str,
    version: int,
    scenario: Scenario,
    form: Mapping[str, Any] | None,
) -> Tried:
    """Try out a version of the agency's procedure, in whatever status.

    Raises:
        ProcedureNotFound: the agency has none.
        Invalid: the scenario speaks of steps or outcomes that there are not.
    """
    row = await get_version(tx, code, version, agency=agency)
    definition = definition_from_json(row.definition)
    faults = list(_unknown(definition, scenario))
    if faults:
        raise Invalid(faults=faults)
    calendar = await calendar_of(tx, definition.agency)
    simulation = await asyncio.to_thread(simulate, definition, calendar, scenario)
    answers = () if form is None else _form_faults(definition, form)
    return Tried(simulation, calendar, (*answers, *_missing(definition, calendar, scenario)))


def _unknown(definition: Definition, scenario: Scenario) -> Iterator[Fault]:
    """What of the scenario has nothing to do with the procedure."""
    steps = {step.code: step for step in definition.steps}
    named = [
        *((f"/takes/{escaped(code)}", code) for code in scenario.takes),
        *((f"/outcomes/{escaped(code)}", code) for code in scenario.outcomes),
        *((f"/supplements/{at}/step", one.step) for at, one in enumerate(scenario.supplements)),
        *((f"/extensions/{at}/step", one.step) for at, one in enumerate(scenario.extensions)),
    ]
    for pointer, code in named:
        if code not in steps:
            yield Fault(
                pointer,
                "unknown_step",
                Text(f"Thủ tục không có bước {quoted(code)}.", f"There is no step {quoted(code)}."),
            )
    for code, outcomes in scenario.outcomes.items():
        known = [way.outcome for way in steps[code].transitions] if code in steps else outcomes
        for at, outcome in enumerate(outcomes):
            if outcome not in known and not (outcome is None and len(known) == 1):
                said = ", ".join(quoted(each) for each in known)
                yield Fault(
                    f"/outcomes/{escaped(code)}/{at}",
                    "unknown_outcome",
                    Text(f"Chỉ có các kết quả: {said}.", f"The outcomes are: {said}."),
                )


def _missing(definition: Definition, calendar: WorkingCalendar, scenario: Scenario) -> Sequence[Fault]:
    """Which documents such answers call for, of those that are not attached."""
    if scenario.documents is None:
        return ()
    submitted = calendar.local_date(scenario.starts_at)
    _, needed = documents_needed(definition, inputs_of(scenario.form, scenario.documents, submitted))
    return missing_faults(definition, scenario.documents, needed)


def _form_faults(definition: Definition, form: Mapping[str, Any]) -> Sequence[Fault]:
    try:
        return Form(definition.form).faults(form)
    except ValueError:  # the form itself is unfit, which the linter says
        return ()
