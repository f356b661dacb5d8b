"""What is wrong with the ways through a procedure: where a case would be lost, stuck, or off the clock."""

from collections.abc import Iterator

from procedures.domain.definition import Definition, Step, can_end, reachable, steps_by_code
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted


def flow_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about transitions, reachability, the end, and the pauses of the clock."""
    yield from _dangling(definition)
    yield from _ambiguous(definition)
    if definition.first_step in steps_by_code(definition):
        yield from _unreachable(definition)
        yield from _endless(definition)
        yield from _branching_first(definition)
        yield from _clock(definition)


def _dangling(definition: Definition) -> Iterator[Finding]:
    known = {step.code for step in definition.steps}
    if definition.first_step not in known:
        yield error(
            "dangling_transition",
            "/first",
            vi=f"Thủ tục bắt đầu từ {quoted(definition.first_step)}, nhưng không có công việc nào mang mã đó.",
            en=f"The procedure begins with {quoted(definition.first_step)}, but no step has that code.",
        )
    for at, step in enumerate(definition.steps):
        for way_at, way in enumerate(step.transitions):
            for target in way.targets:
                if target not in known:
                    yield error(
                        "dangling_transition",
                        f"/steps/{at}/transitions/{way_at}/to",
                        vi=f"Công việc {_vi(step)} chuyển tiếp đến {quoted(target)}, nhưng không có công việc nào mang mã đó.",
                        en=f"The step {_en(step)} leads on to {quoted(target)}, but no step has that code.",
                    )


def _ambiguous(definition: Definition) -> Iterator[Finding]:
    for at, step in enumerate(definition.steps):
        seen: set[str | None] = {None} if len(step.transitions) > 1 else set()
        for way_at, way in enumerate(step.transitions):
            if way.outcome in seen:
                outcome = quoted(way.outcome or "")
                yield error(
                    "ambiguous_transition",
                    f"/steps/{at}/transitions/{way_at}/outcome",
                    vi=f"Công việc {_vi(step)} có nhiều hướng đi tiếp, nhưng kết quả {outcome} không phân biệt được chúng.",
                    en=f"The step {_en(step)} has several ways on, but the outcome {outcome} does not tell them apart.",
                )
            seen.add(way.outcome)


def _branching_first(definition: Definition) -> Iterator[Finding]:
    """Accepting a case leads on from the first step, and there is nobody yet to choose a way."""
    if len(definition.first.transitions) > 1:
        yield error(
            "first_step_branches",
            "/first",
            vi=f"Thủ tục bắt đầu ở {_vi(definition.first)}, nên công việc này chỉ được có một hướng đi tiếp.",
            en=f"The procedure begins with {_en(definition.first)}, so it may have only one way on.",
        )


def _unreachable(definition: Definition) -> Iterator[Finding]:
    reached = reachable(definition)
    for at, step in enumerate(definition.steps):
        if step.code not in reached:
            yield error(
                "unreachable_step",
                f"/steps/{at}",
                vi=f"Không có công việc nào dẫn đến {_vi(step)}, nên hồ sơ không bao giờ đến đó.",
                en=f"No step leads to {_en(step)}, so no case ever comes to it.",
            )


def _endless(definition: Definition) -> Iterator[Finding]:
    """The beginning without an end, or else each step of a dead end."""
    ending = can_end(definition)
    if definition.first_step not in ending:
        yield error(
            "no_end",
            "/steps",
            vi=f"Từ {_vi(definition.first)} không có đường nào đi đến kết thúc, nên hồ sơ không bao giờ xong.",
            en=f"From {_en(definition.first)} no way leads to the end, so no case is ever finished.",
        )
        return
    stuck = reachable(definition) - ending
    for at, step in enumerate(definition.steps):
        if step.code in stuck:
            yield error(
                "no_end",
                f"/steps/{at}",
                vi=f"Từ {_vi(step)} không có đường nào đi đến kết thúc; hồ sơ đến đó sẽ mắc lại.",
                en=f"From {_en(step)} no way leads to the end; a case that comes there is stuck.",
            )


def _clock(definition: Definition) -> Iterator[Finding]:
    """Pauses that outlast the case, and resumptions of a clock that runs."""
    paused, ended = _while_paused(definition, (definition.first_step, False))
    reached = reachable(definition)
    for at, step in enumerate(definition.steps):
        if step.pauses_clock and step.resumes_clock:
            yield error(
                "clock_contradiction",
                f"/steps/{at}",
                vi=f"Công việc {_vi(step)} vừa tạm dừng vừa tính tiếp thời hạn; chỉ chọn một.",
                en=f"The step {_en(step)} both pauses and resumes the clock; choose one.",
            )
        elif step.resumes_clock and step.code in reached and step.code not in paused:
            yield warning(
                "clock_not_paused",
                f"/steps/{at}/resumesClock",
                vi=f"Công việc {_vi(step)} tính tiếp thời hạn, nhưng trước đó thời hạn không hề tạm dừng.",
                en=f"The step {_en(step)} resumes the clock, but it is never paused before.",
            )
        if step.code in ended:
            yield error(
                "clock_never_resumes",
                f"/steps/{at}",
                vi=f"Hồ sơ có thể kết thúc ở {_vi(step)} khi thời hạn còn đang tạm dừng.",
                en=f"A case can end with {_en(step)} while its clock is still paused.",
            )


def open_while_paused(definition: Definition, step: str, *, paused: bool) -> frozenset[str]:
    """The codes of the steps, from this one on, that can be open while the clock is paused, which it is or not yet."""
    return _while_paused(definition, (step, paused))[0]


def ends_paused(definition: Definition, step: str) -> bool:
    """Whether a case that is at this step with its clock paused can end before the clock is resumed."""
    return bool(_while_paused(definition, (step, True))[1])


def _while_paused(
    definition: Definition, beginning: tuple[str, bool]
) -> tuple[frozenset[str], frozenset[str]]:
    """The steps that open while the clock is paused, and those with which a paused case ends.

    From a step on, and whether the clock is paused when it opens.
    """
    steps = steps_by_code(definition)
    ended: set[str] = set()
    seen: set[tuple[str, bool]] = set()
    pending: list[tuple[str, bool]] = [beginning]
    while pending:
        state = pending.pop()
        code, paused = state
        if state in seen or code not in steps:
            continue
        seen.add(state)
        step = steps[code]
        paused = step.pauses_clock or (paused and not step.resumes_clock)
        for way in step.transitions:
            pending.extend((target, paused) for target in way.targets)
            if paused and not way.targets:
                ended.add(code)
    return frozenset(code for code, paused in seen if paused), frozenset(ended)


def _vi(step: Step) -> str:
    return f"{quoted(step.title.vi)} ({step.code})"


def _en(step: Step) -> str:
    return f"{quoted(step.title.en)} ({step.code})"
