"""`python -m procedures simulate FILE`: try out a definition, a sheet or a diagram, without a database."""

import argparse
import json
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from procedures.calendars.operations import national_calendar
from procedures.domain.bpmn import read_bpmn
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.register_sheet import Imported, read_sheet
from procedures.domain.scenario import InventedExtension, InventedSupplement, Scenario
from procedures.domain.simulation import simulate
from procedures.domain.simulation_words import simulation_in_words, timeline
from procedures.domain.terms import MOST, NO_TERM, Term, TermKind
from shared.clock import SystemClock
from shared.errors import MotcuaError
from shared.process import Command
from shared.settings import ServiceSettings

_NEVER = "never"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a definition or a register sheet as JSON, or a BPMN diagram"
    )
    parser.add_argument("--agency", default="SIMULATION", help="whose a sheet or diagram is taken to be")
    parser.add_argument("--calendar", type=Path, help="a working calendar as JSON; else the country's")
    parser.add_argument("--start", type=datetime.fromisoformat, help="2026-01-05T08:30+07:00; else now")
    parser.add_argument(
        "--takes",
        action="append",
        default=[],
        type=_takes,
        metavar="STEP=DAYS",
        help="working days that a step takes, or `never`",
    )
    parser.add_argument(
        "--outcome",
        action="append",
        default=[],
        type=_pair,
        metavar="STEP=OUTCOME",
        help="how a step ends; given again, how it ends the next time",
    )
    parser.add_argument("--form", type=Path, help="invented answers as JSON, for the rules to look at")
    parser.add_argument(
        "--pays-after",
        type=_days,
        metavar="DAYS",
        help="working days after which a fee is paid, or `never`; else at once",
    )
    parser.add_argument(
        "--asks",
        action="append",
        default=[],
        type=_takes,
        metavar="STEP=DAYS",
        help="the applicant is asked for something at a step, and takes so many working days, or `never` brings it",
    )
    parser.add_argument(
        "--extends",
        action="append",
        default=[],
        type=_takes,
        metavar="STEP=DAYS",
        help="the term is extended at a step, by so many working days",
    )
    parser.add_argument("--explore", action="store_true", help="try every way")
    parser.add_argument("--language", choices=["vi", "en"], default="vi")


def _pair(written: str) -> tuple[str, str]:
    step, separator, value = written.rpartition("=")
    if not separator:
        raise argparse.ArgumentTypeError("needs STEP=…")
    return step, value


def _takes(written: str) -> tuple[str, Term]:
    step, value = _pair(written)
    return step, _days(value)


def _days(value: str) -> Term:
    if value == _NEVER:
        return NO_TERM
    try:
        days = Decimal(value)
    except InvalidOperation:
        days = Decimal(-1)
    if not 0 <= days <= MOST:
        raise argparse.ArgumentTypeError(f"needs working days from 0 to {MOST}, or {_NEVER}")
    return Term(TermKind.WORKING_DAYS, days)


async def _simulate(arguments: argparse.Namespace, _: ServiceSettings) -> int:
    """0 when every run came to its end, 1 when one did not, 2 when a file could not be read."""
    try:
        definition = _read(arguments.file, arguments.agency)
        calendar = national_calendar()
        if arguments.calendar is not None:
            calendar = WorkingCalendar.from_json(json.loads(arguments.calendar.read_bytes()))
        form = {} if arguments.form is None else _answers(arguments.form)
    except (OSError, ValueError, RecursionError, MotcuaError) as error:
        print(f"procedures: cannot be read: {error}", file=sys.stderr)
        for fault in error.faults if isinstance(error, MotcuaError) else ():
            print(
                f"  {fault.pointer or '/'}: {fault.detail.in_language(arguments.language)}", file=sys.stderr
            )
        return 2
    outcomes: dict[str, list[str | None]] = {}
    for step, outcome in arguments.outcome:
        outcomes.setdefault(step, []).append(outcome)
    start = arguments.start or SystemClock().now()
    scenario = Scenario(
        starts_at=start if start.tzinfo else start.astimezone(),
        takes=dict(arguments.takes),
        outcomes=outcomes,
        form=form,
        pays_after=arguments.pays_after,
        supplements=[InventedSupplement(step, takes) for step, takes in arguments.asks],
        extensions=[InventedExtension(step, by) for step, by in arguments.extends],
        explore=arguments.explore,
    )
    simulation = simulate(definition, calendar, scenario)
    print(definition.title.in_language(arguments.language))
    for number, run in enumerate(simulation.runs, 1):
        print(f"\n{number}")
        for line in timeline(run, calendar):
            print(f"  {line.in_language(arguments.language)}")
    print(f"\n{simulation_in_words(simulation).in_language(arguments.language)}")
    return int(any(run.dead_end is not None for run in simulation.runs) or not simulation.runs)


def _answers(file: Path) -> dict[str, Any]:
    """The answers in a file.

    Raises:
        OSError, ValueError: they are no JSON object.
    """
    answers = json.loads(file.read_bytes())
    if not isinstance(answers, dict):
        raise ValueError("answers are a JSON object")
    return answers


def _read(file: Path, agency: str) -> Definition:
    """The definition in a file, or the draft that a register sheet or a diagram gives.

    Raises:
        OSError, ValueError, MotcuaError: the file is none of them.
    """
    raw = file.read_bytes()
    if file.suffix == ".bpmn":
        return _draft(read_bpmn(raw, agency=agency))
    parsed = json.loads(raw)
    if isinstance(parsed, dict) and "total_days" in parsed:
        return _draft(read_sheet(parsed, agency=agency))
    return definition_from_json(parsed)


def _draft(imported: Imported) -> Definition:
    if imported.definition is None:
        raise ValueError("it gives no draft; `import` says why")
    return imported.definition


SIMULATE = Command("simulate", "try out a procedure in simulated time", _simulate, _arguments)
