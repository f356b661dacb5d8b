"""A procedure as data: what is asked for, what it costs, how long it takes, and the steps it goes through.

A definition is a draft until it is published; a draft may be wrong (a step that leads nowhere), so nothing
here refuses it: `findings` names what is wrong, and only parsing refuses what is not a definition at all.

The steps form a graph that may branch, fork, join and loop. Walking it always speaks of the *set* of steps
that are open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from procedures.domain.appeal_rule import AppealRule
from procedures.domain.automation import NO_AUTOMATION, Automation
from procedures.domain.external_work import ExternalWork
from procedures.domain.fee_demand import FeeDemand
from procedures.domain.linked_cases import CaseToOpen
from procedures.domain.result import ResultType
from procedures.domain.retention import RetentionRule
from procedures.domain.rules import Rule
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.time_rules import NO_RULES, TimeRules
from shared.errors import Invalid, NotFound, Text

END: Final = None
"""Where a transition leads that ends the case."""


class UnknownStep(NotFound):
    """The procedure has no step of this code."""

    slug = "step-unknown"
    title = Text(vi="Thủ tục không có bước này.", en="The procedure has no such step.")


class UnknownOutcome(Invalid):
    """The step does not end like this; `outcomes` lists how it can."""

    slug = "outcome-unknown"
    title = Text(
        vi="Bước này không có kết quả như vậy; hãy chọn một kết quả trong danh sách.",
        en="The step has no such outcome; choose one that is listed.",
    )


@dataclass(frozen=True, slots=True)
class Fee:
    """What the applicant pays, in minor units of an ISO 4217 currency (the dong has none below it)."""

    amount: int
    currency: str = "VND"


@dataclass(frozen=True, slots=True)
class RequiredDocument:
    """A paper that belongs to the application, or may (`required` is false)."""

    code: str
    title: Text
    required: bool = True
    media_types: tuple[str, ...] = ()
    """The types that are taken; none named: all that the service takes."""
    max_bytes: int | None = None
    """The largest that is taken; None: as large as the service takes."""

    def takes(self, media_type: str, size: int) -> bool:
        """Whether a file of this type and size is taken."""
        fits = not self.media_types or media_type in self.media_types
        return fits and (self.max_bytes is None or size <= self.max_bytes)


@dataclass(frozen=True, slots=True)
class Transition:
    """A way on from a step. Among several, the `outcome` tells them apart; the first is the usual one."""

    to: str | None
    outcome: str | None = None
    title: Text | None = None
    beside: tuple[str, ...] = ()
    """Further steps that open at the same time: the case forks."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The steps that it leads to; none at the end."""
        return () if self.to is END else (self.to, *self.beside)


@dataclass(frozen=True, slots=True)
class Join:
    """A step that waits for branches: for all that can still come, or for `needed` of them."""

    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that share one allowance, counted from when the first of them opens."""

    code: str
    title: Text
    allowance: Term


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of work of one unit. Its effects on the legal clock take place when it is completed."""

    code: str
    title: Text
    unit: str
    transitions: tuple[Transition, ...]
    role: str | None = None
    """Who in the unit; None: anyone there."""
    agency: str | None = None
    """Whose unit it is; None: the responsible agency's."""
    stage: str | None = None
    allowance: Term = NO_TERM
    """Its own part of the time; no term: whatever its stage or the procedure leaves it."""
    pauses_clock: bool = False
    """From its completion on the time is the applicant's, until a step resumes the clock."""
    resumes_clock: bool = False
    completes_processing: bool = False
    """With its completion the agency has done its part; what follows is handing over."""
    decides: bool = False
    """Whoever does it decides the matter, there and nowhere else, and issues and revokes the results."""
    join: Join | None = None
    """None: it opens as soon as one way leads to it."""
    exempt: bool = False
    """While it is open the time does not count: a consultation that the law exempts."""
    silence_consents: bool = False
    """When it is not done by its due instant, it is completed on its first way, by silence."""
    external: ExternalWork | None = None
    """None: officials do it; else systems of its agency may."""
    opens_case: CaseToOpen | None = None
    """A case of another procedure that is opened with it, and that it waits for."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A procedure; equal when every part is."""

    code: str
    title: Text
    agency: str
    term: Term
    first_step: str
    steps: tuple[Step, ...]
    stages: tuple[Stage, ...] = ()
    legal_basis: tuple[str, ...] = ()
    documents: tuple[RequiredDocument, ...] = ()
    form: Mapping[str, Any] | None = None
    """JSON Schema 2020-12 of the answers (formats are asserted); None: nothing is asked."""
    fee: Fee | None = None
    results: tuple[ResultType, ...] = ()
    """What the procedure can end in, with their templates."""
    time_rules: TimeRules = NO_RULES
    retention: tuple[RetentionRule, ...] = ()
    """How long its cases are kept, by how they ended; without a rule for good."""
    rules: tuple[Rule, ...] = ()
    """Decision tables, by name."""
    automation: Automation = NO_AUTOMATION
    """What they do by themselves."""
    fee_demand: FeeDemand | None = None
    """When its cases are asked for the fee; None: they are not, it is only told."""
    appeal: AppealRule | None = None
    """Where and until when the applicant may appeal; None: not here."""

    @property
    def first(self) -> Step:
        """The step that receives the case.

        Raises:
            UnknownStep: a draft that begins nowhere.
        """
        return self.step(self.first_step)

    @property
    def deciding_steps(self) -> tuple[Step, ...]:
        """Where the matter is decided; none: wherever the agency has the case."""
        return tuple(step for step in self.steps if step.decides)

    def step(self, code: str) -> Step:
        """The step of this code.

        Raises:
            UnknownStep
        """
        for step in self.steps:
            if step.code == code:
                return step
        raise UnknownStep(step=code)

    def stage(self, code: str | None) -> Stage | None:
        """The stage of this code, or None."""
        return next((stage for stage in self.stages if stage.code == code), None)

    def rule(self, name: str | None) -> Rule | None:
        """The rule of this name, or None."""
        return next((rule for rule in self.rules if rule.name == name), None)


def start(definition: Definition) -> tuple[Step, ...]:
    """The steps that are open once a case begins."""
    return (definition.first,)


def next_steps(definition: Definition, step: str, outcome: str | None) -> tuple[Step, ...]:
    """The steps that open when `step` is completed with `outcome`; none when the case ends there.

    A step with a single way on needs no outcome.

    Raises:
        UnknownOutcome: with the `outcomes` that there are.
        UnknownStep
    """
    ways = definition.step(step).transitions
    chosen = ways if len(ways) == 1 and outcome is None else [way for way in ways if way.outcome == outcome]
    if len(chosen) != 1 or (outcome is None and len(ways) > 1):
        raise UnknownOutcome(outcomes=[way.outcome for way in ways])
    return tuple(definition.step(code) for code in chosen[0].targets)


def steps_by_code(definition: Definition) -> dict[str, Step]:
    """Every step under its code; of two with the same code, the first."""
    return {step.code: step for step in reversed(definition.steps)}


def reachable(definition: Definition) -> frozenset[str]:
    """The codes of the steps that a case can come to."""
    return _found_from(definition, [definition.first_step])


def reachable_from(definition: Definition, code: str) -> frozenset[str]:
    """The codes of the steps that a case can come to after this one; itself only through a loop.

    Raises:
        UnknownStep
    """
    ways = definition.step(code).transitions
    return _found_from(definition, [target for way in ways for target in way.targets])


def may_be_decided(definition: Definition, codes: Iterable[str]) -> bool:
    """Whether a case that stands at these steps is, or can come, where the matter is decided."""
    deciding = {step.code for step in definition.deciding_steps}
    return not deciding or not deciding.isdisjoint(_found_from(definition, list(codes)))


def _found_from(definition: Definition, beginning: list[str]) -> frozenset[str]:
    steps = steps_by_code(definition)
    found: set[str] = set()
    pending = beginning
    while pending:
        code = pending.pop()
        if code in steps and code not in found:
            found.add(code)
            pending.extend(target for way in steps[code].transitions for target in way.targets)
    return frozenset(found)


def ends(definition: Definition) -> frozenset[str]:
    """The codes of the steps with which a case can end."""
    return frozenset(step.code for step in definition.steps if any(way.to is END for way in step.transitions))


def can_end(definition: Definition) -> frozenset[str]:
    """The codes of the steps from which some way leads to the end."""
    before: dict[str, list[str]] = {}
    for step in steps_by_code(definition).values():
        for way in step.transitions:
            for target in way.targets:
                before.setdefault(target, []).append(step.code)
    found: set[str] = set()
    pending = [code for code in ends(definition) if code in steps_by_code(definition)]
    while pending:
        code = pending.pop()
        if code not in found:
            found.add(code)
            pending.extend(before.get(code, ()))
    return frozenset(found)


def run_to_end(definition: Definition) -> tuple[str, ...] | None:
    """The codes of the steps of a case that goes its usual way, or None when no way leads to the end.

    At every step the ways on are tried in the order in which they are listed, and no step is passed twice.
    """
    steps = steps_by_code(definition)
    came_from: dict[str, str | None] = {}
    pending: list[tuple[str | None, str | None]] = [(definition.first_step, None)]
    while pending:
        code, previous = pending.pop()
        if code is END:
            return _trail(previous, came_from)
        if code in steps and code not in came_from:
            came_from[code] = previous
            for way in reversed(steps[code].transitions):
                pending.extend((target, code) for target in reversed(way.targets or (END,)))
    return None


def _trail(last: str | None, came_from: Mapping[str, str | None]) -> tuple[str, ...]:
    trail = []
    while last is not None:
        trail.append(last)
        last = came_from[last]
    return tuple(reversed(trail))
