"""The route of simulations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from procedures.cases.views import words
from procedures.catalogue.operations import ProcedureNotFound
from procedures.catalogue.routes import Code, Editor, Version
from procedures.dependencies import agency_of
from procedures.domain.happenings import Happening, Opened, Run
from procedures.domain.json_input import Node, escaped
from procedures.domain.scenario import InventedExtension, InventedSupplement, Scenario
from procedures.domain.simulation_words import (
    dead_end_in_words,
    happening_in_words,
    run_in_words,
    simulation_in_words,
)
from procedures.domain.terms import Term
from procedures.simulations.operations import Tried, simulate_version
from procedures.simulations.schemas import (
    DeadEndView,
    Delay,
    FormFault,
    HappeningView,
    OpenedStep,
    RunView,
    ScenarioOfSimulation,
    SimulationView,
    WayOn,
)
from shared.errors import Fault, Invalid
from shared.web import Db, Now, problems

router = APIRouter(prefix="/procedures/v1", tags=["catalogue"])


@router.post(
    "/procedures/{code}/versions/{version}/simulations",
    response_model=SimulationView,
    responses=problems(ProcedureNotFound),
)
async def simulate(
    body: ScenarioOfSimulation, code: Code, version: Version, who: Editor, db: Db, now: Now
) -> SimulationView:
    """Try out a version of your agency's procedure, a draft for instance, with invented cases.

    The cases run in simulated time by the same rules as real ones, and by your agency's calendar. Nothing of
    it is stored.
    """
    terms = _terms(body)
    scenario = Scenario(
        starts_at=body.starts_at or now,
        takes=terms.takes,
        supplements=terms.supplements,
        extensions=terms.extensions,
        outcomes=body.outcomes,
        decision=body.decision,
        form=body.form or {},
        documents=body.documents,
        pays_after=terms.pays_after,
        explore=body.explore,
        most_runs=body.most_runs,
    )
    async with db.reading() as tx:
        tried = await simulate_version(
            tx, agency=agency_of(who), code=code, version=version, scenario=scenario, form=body.form
        )
    return _view(tried)


@dataclass(frozen=True, slots=True)
class _Terms:
    takes: Mapping[str, Term]
    pays_after: Term | None
    supplements: Sequence[InventedSupplement]
    extensions: Sequence[InventedExtension]


def _terms(body: ScenarioOfSimulation) -> _Terms:
    """What the body says of durations.

    Raises:
        Invalid: with the faults of all of them.
    """
    faults: list[Fault] = []

    def term(value: object, pointer: str) -> Term:
        return Term.read(Node(value, pointer, faults))

    terms = _Terms(
        takes={code: term(value, f"/takes/{escaped(code)}") for code, value in body.takes.items()},
        pays_after=None if body.pays_after is None else term(body.pays_after, "/paysAfter"),
        supplements=[
            InventedSupplement(one.step, term(one.takes, f"/supplements/{at}/takes"))
            for at, one in enumerate(body.supplements)
        ],
        extensions=[
            InventedExtension(one.step, term(one.by, f"/extensions/{at}/by"))
            for at, one in enumerate(body.extensions)
        ],
    )
    if faults:
        raise Invalid(faults=faults)
    return terms


def _view(tried: Tried) -> SimulationView:
    simulation = tried.simulation
    return SimulationView(
        text=words(simulation_in_words(simulation)),
        complete=simulation.complete,
        untried=[WayOn(step=step, outcome=outcome) for step, outcome in simulation.untried],
        form_faults=[
            FormFault(pointer=fault.pointer, code=fault.code, text=words(fault.detail))
            for fault in tried.form_faults
        ],
        runs=[_run(run, tried) for run in simulation.runs],
    )


def _run(run: Run, tried: Tried) -> RunView:
    hung = run.dead_end
    return RunView(
        due_at=run.due_at,
        decided_at=run.decided_at,
        ended_at=run.ended_at,
        on_time=run.on_time,
        dead_end=hung
        and DeadEndView.model_validate(
            {"code": hung.code, "steps": list(hung.steps), "text": words(dead_end_in_words(hung))}
        ),
        chosen=[WayOn(step=step, outcome=outcome) for step, outcome in run.chosen],
        delays=[
            Delay(agency=agency, unit=unit, working_time=late) for (agency, unit), late in run.delays.items()
        ],
        happenings=[_happening(happening, tried) for happening in run.happenings],
        text=words(run_in_words(run, tried.calendar)),
    )


def _happening(happening: Happening, tried: Tried) -> HappeningView:
    return HappeningView.model_validate(
        {
            "at": happening.at,
            "kind": happening.kind,
            "step": happening.step and _opened(happening.step),
            "outcome": happening.outcome,
            "late": happening.late,
            "opens": [_opened(opened) for opened in happening.opens],
            "lapses": list(happening.lapses),
            "stops": list(happening.stops),
            "due_at": happening.due_at,
            "answer_by": happening.answer_by,
            "text": words(happening_in_words(happening, tried.calendar)),
        }
    )


def _opened(opened: Opened) -> OpenedStep:
    return OpenedStep(
        step=opened.step,
        title=words(opened.title),
        agency=opened.agency,
        unit=opened.unit,
        due_at=opened.due_at,
    )
