"""Whether the times that a procedure hands out add up to the time that it has."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from procedures.domain.definition import END, Definition, Step, run_to_end, steps_by_code
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import quoted
from procedures.domain.terms import UNITS, Term, TermKind
from shared.errors import Text

WORKING = (TermKind.WORKING_DAYS, TermKind.WORKING_HOURS)

_NAMES = {
    TermKind.WORKING_DAYS: ("ngày làm việc", "working day"),
    TermKind.WORKING_HOURS: ("giờ làm việc", "working hour"),
    TermKind.CALENDAR_DAYS: ("ngày", "calendar day"),
}


def allowance_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the term of the procedure, and the allowances of its stages and steps."""
    whole = run_to_end(definition)
    way = _steps_of(definition, whole or _first_ways(definition))
    total = sum_of(_parts(definition, way), definition.term.kind)
    if definition.term.kind is TermKind.NONE:
        yield warning(
            "no_fixed_term",
            "/term",
            vi="Thủ tục không có thời hạn cố định, nên hồ sơ không bao giờ bị coi là quá hạn.",
            en="The procedure has no fixed term, so no case is ever late.",
        )
    elif whole and total is not None and total != definition.term:
        said, had = in_words(total), in_words(definition.term)
        yield warning(
            "sum_mismatch",
            "/term",
            vi=f"Thời gian của các bước cộng lại là {said.vi}, nhưng thời hạn của thủ tục là {had.vi}.",
            en=f"The allowances add up to {said.en}, but the term of the procedure is {had.en}.",
        )
    yield from _stages(definition, way)


def _stages(definition: Definition, way: Sequence[Step]) -> Iterator[Finding]:
    """Sums within stages: along the usual way, or of all their steps where it does not come by."""
    passed, all_steps = _by_stage(way), _by_stage(definition.steps)
    for at, stage in enumerate(definition.stages):
        steps = passed.get(stage.code) or all_steps.get(stage.code, [])
        total = sum_of([step.allowance for step in steps], stage.allowance.kind)
        if total is not None and total != stage.allowance:
            said, had = in_words(total), in_words(stage.allowance)
            yield warning(
                "stage_sum_mismatch",
                f"/stages/{at}/allowance",
                vi=f"Các công việc của bước {quoted(stage.title.vi)} cộng lại là {said.vi}, nhưng bước này được {had.vi}.",
                en=f"The steps of the stage {quoted(stage.title.en)} add up to {said.en}, but the stage has {had.en}.",
            )


def _by_stage(steps: Iterable[Step]) -> dict[str | None, list[Step]]:
    groups: dict[str | None, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.stage, []).append(step)
    return groups


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
    return Term(kind, Decimal(length // timedelta(minutes=1)) / (UNITS[kind] // timedelta(minutes=1)))


def in_words(term: Term) -> Text:
    """A term as people say it: `11,5 ngày làm việc`, `11.5 working days`."""
    if term.kind is TermKind.NONE:
        return Text(vi="không có thời hạn", en="no fixed term")
    number = f"{term.amount.normalize():f}"
    vi, en = _NAMES[term.kind]
    return Text(vi=f"{number.replace('.', ',')} {vi}", en=f"{number} {en}{'' if term.amount == 1 else 's'}")


def _parts(definition: Definition, way: Sequence[Step]) -> list[Term]:
    """The allowances that a case uses up along a way: of each stage once, and of the steps outside stages."""
    stages = {stage.code: stage.allowance for stage in definition.stages}
    parts: list[Term] = []
    for code, steps in groupby(way, key=lambda step: step.stage):
        parts += [stages[code]] if code in stages else [step.allowance for step in steps]
    return parts


def _steps_of(definition: Definition, codes: Iterable[str]) -> list[Step]:
    steps = steps_by_code(definition)
    return [steps[code] for code in codes]


def _first_ways(definition: Definition) -> list[str]:
    """The steps that a case comes to without ever reaching an end, always by the first way on."""
    steps = steps_by_code(definition)
    way: dict[str, None] = {}
    code: str | None = definition.first_step
    while code is not END and code in steps and code not in way:
        way[code] = None
        code = steps[code].transitions[0].to if steps[code].transitions else END
    return list(way)
