"""What is wrong with where a procedure is decided: a case that could never be, or a step where nobody can do it."""

from collections.abc import Iterator

from procedures.domain.definition import Definition, Step, may_be_decided, steps_by_code
from procedures.domain.finding import Finding, error
from procedures.domain.flow import open_while_paused
from procedures.domain.json_input import quoted
from shared.errors import Text


def deciding_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the steps that decide, and about the ways that lead past them."""
    yield from _elsewhere(definition)
    yield from _never_there(definition)
    yield from _past(definition)


def _elsewhere(definition: Definition) -> Iterator[Finding]:
    for at, step in enumerate(definition.steps):
        if step.decides and step.agency not in (None, definition.agency):
            yield error(
                "decided_elsewhere",
                f"/steps/{at}/decides",
                vi=f"{quoted(step.title.vi)} là việc của cơ quan khác nên không ra quyết định được.",
                en=f"{quoted(step.title.en)} is another agency's, which does not answer for the case.",
            )


def _never_there(definition: Definition) -> Iterator[Finding]:
    """Steps that decide, but while they are open, or by how they are done, nothing can be decided."""
    paused = open_while_paused(definition, definition.first_step, paused=False)
    for at, step in enumerate(definition.steps):
        for member, why in _in_the_way(definition, step, paused) if step.decides else ():
            yield error(
                "cannot_decide_there",
                f"/steps/{at}/{member}",
                vi=f"Ở {quoted(step.title.vi)} ({step.code}) không ra quyết định được: {why.vi}.",
                en=f"Nothing can be decided at {quoted(step.title.en)} ({step.code}): {why.en}.",
            )


def _in_the_way(definition: Definition, step: Step, paused: frozenset[str]) -> Iterator[tuple[str, Text]]:
    if step.exempt:
        yield "exempt", Text("công việc này không tính vào thời hạn", "it does not count towards the term")
    if step.silence_consents:
        yield "silenceConsents", Text("im lặng không phải là quyết định", "silence is no decision")
    if step.code in paused:
        yield "decides", Text("lúc đó thời hạn đang tạm dừng", "the clock stands still then")
    if step.code == definition.first_step and any(way.targets for way in step.transitions):
        yield "decides", Text("công việc này chỉ tiếp nhận hồ sơ", "it only receives the case")


def _past(definition: Definition) -> Iterator[Finding]:
    """The ways after which no step decides any more, of steps to which a case comes undecided."""
    undecided = _end_undecided(definition)
    steps, places = steps_by_code(definition), {step.code: at for at, step in enumerate(definition.steps)}
    come_to = [definition.first_step] if definition.first_step in undecided else []
    for code in come_to:
        for way_at, way in enumerate(steps[code].transitions):
            if not undecided.issuperset(way.targets):
                continue
            come_to += [target for target in way.targets if target not in come_to]
            if may_be_decided(definition, [code]) and not may_be_decided(definition, way.targets):
                yield error(
                    "end_without_decision",
                    f"/steps/{places[code]}/transitions/{way_at}",
                    vi=f"Theo hướng này của {quoted(steps[code].title.vi)} ({code}), hồ sơ kết thúc mà không qua công việc nào"
                    " ra quyết định.",
                    en=f"By this way on from {quoted(steps[code].title.en)} ({code}) a case ends and comes to no step that"
                    " decides.",
                )


def _end_undecided(definition: Definition) -> frozenset[str]:
    """The steps from which a case can come to its end past all that decide: of branches side by side, past each."""
    found: set[str] = set()
    while more := {
        step.code
        for step in definition.steps
        if not step.decides and step.code not in found
        if any(found.issuperset(way.targets) for way in step.transitions)
    }:
        found |= more
    return frozenset(found)
