"""The usual way of a case through a procedure, and how long it takes when each step uses up its allowance.

At every step the usual way on is the first in the list that leads to the end without coming back. Where it
forks, all its branches are gone; a common step is come to with the longest of them, and a join that needs
k of its branches with the k-th to come.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from procedures.domain.definition import Definition, Step, Transition, steps_by_code
from procedures.domain.terms import WORKING_DAY, Term, TermKind


@dataclass(frozen=True, slots=True)
class _Come:
    """A branch that has come to a step: how long it took, and through which steps."""

    length: timedelta
    steps: tuple[Step, ...]


def usual_ways(definition: Definition) -> dict[str, Transition]:
    """The usual way on of each step that is gone through; empty when no way leads to the end.

    A step stands behind all steps that its way leads to.
    """
    steps = steps_by_code(definition)
    if definition.first_step not in steps:
        return {}
    chosen: dict[str, Transition] = {}
    entered = {definition.first_step}
    stack = [(definition.first_step, list(steps[definition.first_step].transitions))]
    while stack:
        code, ways = stack[-1]
        if not ways:
            stack.pop()
            continue
        ahead = [target for target in ways[0].targets if target not in chosen]
        following = next((target for target in ahead if target in steps and target not in entered), None)
        if not ahead:
            chosen[code] = ways[0]
            stack.pop()
        elif following is not None and all(target in steps for target in ahead):
            entered.add(following)
            stack.append((following, list(steps[following].transitions)))
        else:
            ways.pop(0)
    return _gone(definition, chosen)


def longest_way(definition: Definition) -> tuple[Step, ...] | None:
    """The steps of the usual way that the case waits for longest; None when no way leads to the end."""
    return _longest(definition, lambda way: allowances_along(definition, way))


def longest_in_stage(definition: Definition, stage: str) -> tuple[Step, ...]:
    """The steps of a stage that the usual way waits for longest, one after another; none where it leads by."""
    way = _longest(definition, lambda way: [step.allowance for step in way if step.stage == stage])
    return tuple(step for step in way or () if step.stage == stage)


def allowances_along(definition: Definition, way: Sequence[Step]) -> list[Term]:
    """The allowances that a case uses up along a way: of each stage once, and of the steps outside stages.

    Steps that are exempt use up nothing of the term.
    """
    stages = {stage.code: stage.allowance for stage in definition.stages}
    parts: list[Term] = []
    for code, steps in groupby(way, key=lambda step: step.stage):
        if code in stages:
            parts.append(stages[code])
        else:
            parts += [step.allowance for step in steps if not step.exempt]
    return parts


def _longest(
    definition: Definition, parts: Callable[[Sequence[Step]], Sequence[Term]]
) -> tuple[Step, ...] | None:
    """The way to the last end, counted in `parts`; None when no way leads to the end."""
    ways, steps = usual_ways(definition), steps_by_code(definition)
    if not ways:
        return None
    came: dict[str, list[_Come]] = {definition.first_step: [_Come(timedelta(), ())]}
    ended: list[_Come] = []
    for code in reversed(ways):
        step = steps[code]
        through = (*_opening(step, came[code]).steps, step)
        done = _Come(_length(parts(through)), through)
        for target in ways[code].targets:
            came.setdefault(target, []).append(done)
        if not ways[code].targets:
            ended.append(done)
    return max(ended, key=lambda come: come.length).steps


def _gone(definition: Definition, chosen: Mapping[str, Transition]) -> dict[str, Transition]:
    """Of the chosen ways those that are gone from the first step on."""
    if definition.first_step not in chosen:
        return {}
    reached: set[str] = set()
    pending = [definition.first_step]
    while pending:
        code = pending.pop()
        if code not in reached:
            reached.add(code)
            pending.extend(chosen[code].targets)
    return {code: way for code, way in chosen.items() if code in reached}


def _opening(step: Step, came: Sequence[_Come]) -> _Come:
    """The branch with which the step opens."""
    in_order = sorted(came, key=lambda come: come.length)
    needed = step.join.needed if step.join else None
    return in_order[min(needed or len(in_order), len(in_order)) - 1]


def _length(parts: Sequence[Term]) -> timedelta:
    """Together, to compare branches: a calendar day is taken for a working day."""
    lengths = (
        WORKING_DAY * int(part.amount) if part.kind is TermKind.CALENDAR_DAYS else part.length
        for part in parts
    )
    return sum(lengths, timedelta())
