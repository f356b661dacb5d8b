"""Whether the times that a procedure hands out add up to the time that it has."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from procedures.domain.definition import END, Definition, Step, steps_by_code
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import quoted
from procedures.domain.terms import MINUTE, UNITS, Term, TermKind
from procedures.domain.usual_way import allowances_along, longest_in_stage, longest_way, usual_ways
from shared.errors import Text

WORKING = (TermKind.WORKING_DAYS, TermKind.WORKING_HOURS)

_DECIMALS = 4
"""Of the longest number that is said as it is."""

_NAMES = {
    TermKind.WORKING_DAYS: ("ngày làm việc", "working day"),
    TermKind.WORKING_HOURS: ("giờ làm việc", "working hour"),
    TermKind.CALENDAR_DAYS: ("ngày", "calendar day"),
}


def allowance_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the term of the procedure, and the allowances of its stages and steps.

    Where the usual way forks, the branch counts that the case waits for longest.
    """
    yield from _term(definition)
    yield from _stages(definition)
    yield from _too_long(definition)


def _term(definition: Definition) -> Iterator[Finding]:
    """The term, and whether the allowances along the usual way add up to it."""
    whole = longest_way(definition)
    total = sum_of(allowances_along(definition, whole or ()), definition.term.kind)
    if definition.term.kind is TermKind.NONE:
        yield warning(
            "no_fixed_term",
            "/term",
            vi="Thủ tục không có thời hạn cố định, nên hồ sơ không bao giờ bị coi là quá hạn.",
            en="The procedure has no fixed term, so no case is ever late.",
        )
    elif total is not None and total != definition.term:
        said, had = in_words(total), in_words(definition.term)
        yield warning(
            "sum_mismatch",
            "/term",
            vi=f"Thời gian của các bước cộng lại là {said.vi}, nhưng thời hạn của thủ tục là {had.vi}.",
            en=f"The allowances add up to {said.en}, but the term of the procedure is {had.en}.",
        )


def _stages(definition: Definition) -> Iterator[Finding]:
    """Sums within stages: along the usual way, or of all their steps where it does not come by."""
    way = _first_ways(definition)
    for at, stage in enumerate(definition.stages):
        steps = (
            longest_in_stage(definition, stage.code)
            or [step for step in way if step.stage == stage.code]
            or [step for step in definition.steps if step.stage == stage.code]
        )
        total = sum_of([step.allowance for step in steps], stage.allowance.kind)
        if total is not None and total != stage.allowance:
            said, had = in_words(total), in_words(stage.allowance)
            yield warning(
                "stage_sum_mismatch",
                f"/stages/{at}/allowance",
                vi=f"Các công việc của bước {quoted(stage.title.vi)} cộng lại là {said.vi}, nhưng bước này được {had.vi}.",
                en=f"The steps of the stage {quoted(stage.title.en)} add up to {said.en}, but the stage has {had.en}.",
            )


def _too_long(definition: Definition) -> Iterator[Finding]:
    """Allowances off the usual way that are longer than the whole procedure has; on it, the sum tells."""
    usual = set(usual_ways(definition)) or {step.code for step in _first_ways(definition)}
    stages = {step.stage for step in definition.steps if step.code in usual}
    parts = [
        (f"/stages/{at}/allowance", stage.title, stage.allowance)
        for at, stage in enumerate(definition.stages)
        if stage.code not in stages
    ] + [
        (f"/steps/{at}/allowance", step.title, step.allowance)
        for at, step in enumerate(definition.steps)
        if step.code not in usual and not step.exempt
    ]
    for pointer, title, allowance in parts:
        comparable = sum_of([allowance], definition.term.kind)
        if comparable is not None and comparable.amount > definition.term.amount:
            said, had = in_words(allowance), in_words(definition.term)
            yield warning(
                "allowance_exceeds_term",
                pointer,
                vi=f"{quoted(title.vi)} được {said.vi}, dài hơn thời hạn của cả thủ tục là {had.vi}.",
                en=f"{quoted(title.en)} has {said.en}, more than the {had.en} of the whole procedure.",
            )


def sum_of(parts: Sequence[Term], kind: TermKind) -> Term | None:
    """The parts together, in units of `kind`; None when none of them has a term, or they do not add.

    Working days and hours add, since a working day is eight of its hours. A part without a term counts for
    nothing: it takes what the others leave.
    """
    given = [part for part in parts if part.kind is not TermKind.NONE]
    addable = WORKING if kind in WORKING else (kind,)
    if not given or any(part.kind not in addable for part in given):
        return None
    length = sum((part.length for part in given), timedelta())
    return Term(kind, Decimal(length // MINUTE) / (UNITS[kind] // MINUTE))


def in_words(term: Term) -> Text:
    """A term as people say it: `11,5 ngày làm việc`, `11.5 working days`; one that no short number says in hours and
    minutes."""
    if term.kind is TermKind.NONE:
        return Text(vi="không có thời hạn", en="no fixed term")
    if term.amount != round(term.amount, _DECIMALS):
        length = duration_in_words(term.length)
        return Text(vi=f"{length.vi} làm việc", en=f"{length.en} of working time")
    number = f"{term.amount.normalize():f}"
    vi, en = _NAMES[term.kind]
    return Text(vi=f"{number.replace('.', ',')} {vi}", en=f"{number} {en}{'' if term.amount == 1 else 's'}")


def duration_in_words(duration: timedelta) -> Text:
    """Working time in hours and minutes; what is less than a minute is left out."""
    hours, minutes = divmod(duration // MINUTE, 60)
    vi = [f"{hours} giờ"] if hours else []
    en = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    if minutes or not hours:
        vi.append(f"{minutes} phút")
        en.append(f"{minutes} minute{'' if minutes == 1 else 's'}")
    return Text(vi=" ".join(vi), en=" ".join(en))


def _first_ways(definition: Definition) -> list[Step]:
    """The steps that a case comes to without ever reaching an end, always by the first way on."""
    if usual_ways(definition):
        return []
    steps = steps_by_code(definition)
    way: dict[str, None] = {}
    code: str | None = definition.first_step
    while code is not END and code in steps and code not in way:
        way[code] = None
        code = steps[code].transitions[0].to if steps[code].transitions else END
    return [steps[code] for code in way]
