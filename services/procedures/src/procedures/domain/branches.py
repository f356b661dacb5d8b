"""Where a case goes on when a step is done: one way, several at once, and back together again.

A transition may lead to several steps, which are open side by side. A step with a join waits for branches:

    all       until every branch that can still come has come
    k of n    until k have come; the others are not waited for any more, be they at work or at a join before

No case is stuck at a join: "can still come" is asked of the steps that are open, not of those that were
once begun, so a branch that ends elsewhere is not waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from procedures.domain.case import Arrival
from procedures.domain.definition import Definition, Step, next_steps, reachable_from


@dataclass(frozen=True, slots=True)
class Progress:
    """What follows from the completion of a step."""

    opens: tuple[Step, ...]
    arrivals: tuple[Arrival, ...] = ()
    """Of the branches that wait from now on."""
    lapsed: tuple[str, ...] = ()
    """Open steps that are not waited for any more."""


def progress(
    definition: Definition,
    open_steps: Sequence[str],
    arrivals: Sequence[Arrival],
    done: str,
    outcome: str | None,
) -> Progress:
    """What opens when `done`, one of the open steps, is completed with `outcome`.

    Raises:
        UnknownOutcome, UnknownStep: as `next_steps` does.
    """
    following = next_steps(definition, done, outcome)
    still = [step for step in open_steps if step != done]
    waiting = list(arrivals) + [Arrival(step.code, done) for step in following if step.join is not None]
    opens = [step for step in following if step.join is None and step.code not in still]
    lapsed: list[str] = []
    while (joined := _joined(definition, [*still, *(step.code for step in opens)], waiting)) is not None:
        past = _leading_to(definition, joined.code) | {joined.code}
        waiting = [arrival for arrival in waiting if arrival.step not in past]
        gone = {code for code in still if joined.code in reachable_from(definition, code)}
        lapsed += [code for code in still if code in gone]
        still = [code for code in still if code not in gone]
        opens = [step for step in opens if joined.code not in reachable_from(definition, step.code)]
        opens.append(joined)
    return Progress(tuple(opens), tuple(waiting), tuple(lapsed))


def _leading_to(definition: Definition, code: str) -> frozenset[str]:
    """The joins that come before this one, and not after it too, as in a loop."""
    after = reachable_from(definition, code)
    joins = (step.code for step in definition.steps if step.join is not None and step.code not in after)
    return frozenset(join for join in joins if code in reachable_from(definition, join))


def _joined(definition: Definition, open_steps: Sequence[str], waiting: Sequence[Arrival]) -> Step | None:
    """The first step, in the order of the definition, whose join is complete."""
    at = {arrival.step for arrival in waiting}
    for step in definition.steps:
        if step.code not in at or step.join is None or step.code in open_steps:
            continue
        come = len({arrival.came_from for arrival in waiting if arrival.step == step.code})
        if step.join.needed is not None and come >= step.join.needed:
            return step
        elsewhere = [*open_steps, *_before(definition, step.code, at - {step.code})]
        if not any(step.code in reachable_from(definition, code) for code in elsewhere):
            return step
    return None


def _before(definition: Definition, code: str, joins: set[str]) -> list[str]:
    """The other waiting joins to be waited for: in a loop of joins, the one that stands first goes first."""
    order = {step.code: at for at, step in enumerate(definition.steps)}
    return [
        other
        for other in joins
        if other not in reachable_from(definition, code) or order[other] < order[code]
    ]
