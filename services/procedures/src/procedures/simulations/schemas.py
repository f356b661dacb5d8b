"""Bodies of requests and answers about simulations."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from procedures.domain.case import Outcome
from procedures.domain.clock import Stop
from procedures.domain.simulation import MOST_RUNS
from procedures.domain.time_rules import MOST_TIMES
from procedures.durations import Duration
from shared.schema import Schema, Words

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
StepCode = Annotated[str, Field(max_length=200)]


class SupplementOfSimulation(Schema):
    """The applicant is asked for something as soon as the case comes to a step."""

    step: StepCode = Field(examples=["XU_LY"])
    takes: dict[str, Any] = Field(
        description="How long until it is brought, as a term; of kind `none`: never, and what follows is as the "
        "procedure says",
        examples=[{"kind": "calendar_days", "amount": 10}],
    )


class ExtensionOfSimulation(Schema):
    """The agency gives itself more time as soon as the case comes to a step."""

    step: StepCode = Field(examples=["XU_LY"])
    by: dict[str, Any] = Field(
        description="How much more, as a term", examples=[{"kind": "working_days", "amount": 5}]
    )


class ScenarioOfSimulation(Schema):
    """What is invented. All of it may be left out."""

    starts_at: AwareDatetime | None = Field(
        None,
        ge=_EARLIEST,
        le=_LATEST,
        description="When the case is submitted; now, when left out",
        examples=["2026-11-23T01:30:00Z"],
    )
    form: dict[str, Any] | None = Field(
        None,
        description="Invented answers, to be held against the form",
        examples=[{"fullName": "Trần Thị Mẫu"}],
    )
    documents: list[StepCode] | None = Field(
        None,
        max_length=300,
        description="Which documents are attached; all that the procedure lists, when left out",
        examples=[["GIAY_CHUNG_SINH"]],
    )
    takes: dict[StepCode, dict[str, Any]] = Field(
        default_factory=dict,
        max_length=300,
        description="How long each step is worked on, as a term; of kind `none`: nobody ever does it. A step that "
        "is left out takes its allowance, or no time when it has none",
        examples=[{"XU_LY": {"kind": "working_days", "amount": 4}}],
    )
    outcomes: dict[StepCode, list[str | None]] = Field(
        default_factory=dict,
        max_length=300,
        description="The outcomes of each step in turn; the last one from then on",
        examples=[{"XU_LY": [None]}],
    )
    decision: Outcome = Field(Outcome.GRANTED, description="How the matter is decided")
    pays_after: dict[str, Any] | None = Field(
        None,
        description="How long after it is asked for a fee is paid, as a term; of kind `none`: never. At once, when "
        "left out",
        examples=[{"kind": "calendar_days", "amount": 2}],
    )
    supplements: list[SupplementOfSimulation] = Field(
        default_factory=list,
        max_length=MOST_TIMES,
        description="What the applicant is asked for; of several at one step the next when the one before is brought",
    )
    extensions: list[ExtensionOfSimulation] = Field(
        default_factory=list, max_length=MOST_TIMES, description="How the agency gives itself more time"
    )
    explore: bool = Field(
        False, description="Try every way on of the steps whose outcome is left out, not the usual one"
    )
    most_runs: int = Field(50, ge=1, le=MOST_RUNS, description="How many runs there may be when exploring")


class OpenedStep(Schema):
    """A step of a run, and when it is due."""

    step: str = Field(examples=["XU_LY"])
    title: Words
    agency: str = Field(examples=["H99.01"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    due_at: datetime | None = None


class HappeningView(Schema):
    """Something that happens to the case of a run."""

    at: datetime
    kind: Literal[
        "submitted",
        "accepted",
        "completed",
        "consented_by_silence",
        "decided",
        "granted_by_silence",
        "closed",
        "reminded",
        "became_overdue",
        "rule_applied",
        "fee_demanded",
        "fee_exempted",
        "fee_paid",
        "fee_reminded",
        "fee_expired",
        "supplement_requested",
        "supplemented",
        "supplement_reminded",
        "supplement_expired",
        "extended",
        "lapsed",
    ]
    step: OpenedStep | None = Field(None, description="The step that was done, or became overdue")
    outcome: str | None = Field(None, examples=["done"])
    late: Duration = Field(description="Working time, as ISO 8601 duration, for which the unit was late")
    opens: list[OpenedStep]
    lapses: list[str] = Field(description="Steps that are not waited for any more", examples=[[]])
    stops: list[Stop] = Field(description="Why the clock stands still from now on")
    due_at: datetime | None = Field(None, description="When the answer is due from now on")
    answer_by: datetime | None = Field(
        None, description="Until when the applicant has time to bring what is asked for"
    )
    text: Words


class WayOn(Schema):
    """A way on from a step."""

    step: str = Field(examples=["XU_LY"])
    outcome: str | None = Field(None, examples=["done"])


class Delay(Schema):
    """By how much a unit was late in a run."""

    agency: str = Field(examples=["H99.01"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    working_time: Duration


class DeadEndView(Schema):
    """Why a run did not come to its end."""

    code: Literal["goes_round", "waits_for_ever", "not_decided", "not_possible", "broken_off"]
    steps: list[str] = Field(examples=[["XU_LY"]])
    text: Words


class RunView(Schema):
    """An invented case from its submission to its end, or to where it could not go on."""

    due_at: datetime | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    on_time: bool | None = None
    dead_end: DeadEndView | None = None
    chosen: list[WayOn] = Field(description="The ways that were gone")
    delays: list[Delay]
    happenings: list[HappeningView]
    text: Words


class FormFault(Schema):
    """What is wrong with the invented answers."""

    pointer: str = Field(examples=["/form/fullName"])
    code: str = Field(examples=["required"])
    text: Words


class SimulationView(Schema):
    """What came of trying a version out."""

    text: Words
    complete: bool = Field(description="Whether every way was gone that the scenario leaves open")
    untried: list[WayOn] = Field(description="Ways on that no run has taken")
    form_faults: list[FormFault]
    runs: list[RunView]
