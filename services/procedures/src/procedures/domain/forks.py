"""What is wrong with the forks and joins of a procedure: work that nobody waits for, or that is done twice."""

from collections.abc import Iterator, Mapping, Sequence

from procedures.domain.definition import Definition, Step, steps_by_code
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import quoted
from procedures.domain.terms import NO_TERM

MOST_FORKS = 50
"""Different forks of one procedure that are looked at."""

_Reach = Mapping[str, frozenset[str]]
"""The steps to which the ways of a step lead, itself only through a loop."""


def fork_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about joins, about steps that several branches come to, and about consent by silence."""
    forks = _forks(definition)
    reach = _reach(definition) if forks or any(step.join for step in definition.steps) else {}
    for at, step in enumerate(definition.steps):
        if step.join is not None and step.code in reach:
            yield from _join(definition, at, step, forks, reach)
        if step.silence_consents and not _has_due_instant(definition, step):
            yield warning(
                "silence_without_due",
                f"/steps/{at}/silenceConsents",
                vi=f"Công việc {_vi(step)} coi im lặng là đồng ý, nhưng không bao giờ đến hạn; hãy cho nó thời hạn riêng.",
                en=f"The step {_en(step)} takes silence for consent, but is never due; give it an allowance.",
            )
    twice = {code for fork in forks for code in _come_to_twice(definition, fork, reach)}
    for at, step in enumerate(definition.steps):
        if step.code in twice:
            yield warning(
                "opened_twice",
                f"/steps/{at}",
                vi=f"Nhiều nhánh cùng dẫn đến {_vi(step)} nên việc này có thể phải làm hai lần; hãy để nó chờ các nhánh (join).",
                en=f"Several branches come to {_en(step)}, so it may be done twice; let it wait for them with a join.",
            )


def _join(
    definition: Definition, at: int, step: Step, forks: Sequence[frozenset[str]], reach: _Reach
) -> Iterator[Finding]:
    come = _branches(definition, step.code, forks, reach)
    if come < 2:
        yield warning(
            "join_without_fork",
            f"/steps/{at}/join",
            vi=f"Công việc {_vi(step)} chờ nhiều nhánh, nhưng không có chỗ nào tách nhánh để dẫn đến đó.",
            en=f"The step {_en(step)} waits for branches, but nothing forks into branches that come to it.",
        )
    elif step.join is not None and (step.join.needed or 0) > come:
        yield warning(
            "join_needs_too_many",
            f"/steps/{at}/join/needed",
            vi=f"Công việc {_vi(step)} chờ {step.join.needed} nhánh, nhưng chỉ có thể có {come} nhánh đến.",
            en=f"The step {_en(step)} waits for {step.join.needed} branches, but at most {come} can come.",
        )


def _forks(definition: Definition) -> list[frozenset[str]]:
    """The steps that open side by side, for each place where a case forks."""
    known = steps_by_code(definition)
    forks = (
        frozenset(target for target in way.targets if target in known)
        for step in known.values()
        for way in step.transitions
    )
    return list(dict.fromkeys(fork for fork in forks if len(fork) > 1))[:MOST_FORKS]


def _ahead(definition: Definition) -> dict[str, frozenset[str]]:
    """The steps that come right after each step, on whatever way."""
    steps = steps_by_code(definition)
    return {
        code: frozenset(target for way in step.transitions for target in way.targets if target in steps)
        for code, step in steps.items()
    }


def _reach(definition: Definition) -> _Reach:
    ahead = _ahead(definition)
    return {code: _until(ahead, ahead[code], frozenset()) for code in ahead}


def _branches(definition: Definition, join: str, forks: Sequence[frozenset[str]], reach: _Reach) -> int:
    """How many branches can come to a join at most: as many as open beside each other, from as many steps."""
    beside = 1 + sum(
        max(0, sum(target == join or join in reach[target] for target in fork) - 1) for fork in forks
    )
    before = sum(
        any(join in way.targets for way in step.transitions) for step in steps_by_code(definition).values()
    )
    return min(beside, before)


def _come_to_twice(definition: Definition, fork: frozenset[str], reach: _Reach) -> set[str]:
    """The steps without a join at which branches of the fork meet, each where it meets them first."""
    ahead = _ahead(definition)
    reached = {target: reach[target] | {target} for target in fork}
    joins = frozenset(
        step.code
        for step in definition.steps
        if step.join is not None and sum(step.code in found for found in reached.values()) > 1
    )
    own = {target: _until(ahead, frozenset({target}), joins) for target in fork}
    shared = {code for code in ahead if sum(code in found for found in own.values()) > 1} - joins
    for join in joins:  # what is joined goes on beside the branches that do not come to the join
        aside = frozenset().union(*(own[target] for target in fork if join not in reached[target]))
        own[join] = _until(ahead, ahead[join], joins)
        shared |= own[join] & aside
    apart = frozenset().union(*own.values()) - shared
    return {code for code in shared if code in fork or any(code in ahead[before] for before in apart)}


def _until(ahead: _Reach, beginning: frozenset[str], joins: frozenset[str]) -> frozenset[str]:
    """The steps that a branch comes to before it waits at one of the joins."""
    found: frozenset[str] = frozenset()
    coming = beginning
    while coming:
        found |= coming
        coming = frozenset().union(*(ahead[code] for code in coming - joins)) - found
    return found


def _has_due_instant(definition: Definition, step: Step) -> bool:
    """An exempt step stops the clock of the case, so that only an allowance of its own can run out."""
    stage = definition.stage(step.stage)
    if step.allowance != NO_TERM or (stage is not None and stage.allowance != NO_TERM):
        return True
    return definition.term != NO_TERM and not step.exempt


def _vi(step: Step) -> str:
    return f"{quoted(step.title.vi)} ({step.code})"


def _en(step: Step) -> str:
    return f"{quoted(step.title.en)} ({step.code})"
