"""What follows in a case by rule, without anybody: the documents it needs, its fee, the grant, the way on.

A rule that is unreadable, that fails, or whose answer cannot be followed never stands in anybody's way: that is
noted in the case, and people go on as if there were no rule.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from procedures.domain.acts import SYSTEM, Accepted, Act, Closed, Decided, Entry
from procedures.domain.automation import ANSWERS, REASON, Purpose
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Outcome, Task
from procedures.domain.clock import CaseClock
from procedures.domain.dating import standing, task_of
from procedures.domain.definition import Definition, UnknownOutcome, UnknownStep
from procedures.domain.fee_assessment import Assessed, assessed
from procedures.domain.fee_rules import ask, falls_due
from procedures.domain.handling import DecisionMissing, FeeUnpaid, completed
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.rule_inputs import DOCUMENTS
from procedures.domain.rules import RuleFailed, RuleUnreadable, decide, seen_by
from procedures.domain.status import Status

GRANTED_BY_RULE = "Hồ sơ đủ điều kiện theo quy tắc của thủ tục nên được chấp thuận ngay."
"""What the log says as the reason where the rule gives none."""

NOT_THERE, UNREADABLE, UNFIT, LACKING = "not_there", "unreadable", "unfit_answer", "documents_missing"
"""Why a rule was not followed, besides what `RuleFailed` tells and the errors of what would have followed."""

Inputs = Mapping[str, Any]


def documents_needed(definition: Definition, inputs: Inputs) -> tuple[RuleApplied | None, frozenset[str]]:
    """What the rule of completeness was asked, and the codes of the documents that these answers call for."""
    name = definition.automation.completeness
    if name is None:
        return None, frozenset()
    act, answer = _ask(definition, Purpose.COMPLETENESS, name, inputs)
    if answer is None:
        return act, frozenset()
    given = answer if isinstance(answer, list) else [answer]
    codes = [code for part in given for code in (part if isinstance(part, list) else [part])]
    known = {document.code for document in definition.documents}
    if not all(isinstance(code, str) and code in known for code in codes):
        return replace(act, failure=UNFIT), frozenset()
    return act, frozenset(codes)


def _approve(
    case: Case, definition: Definition, calendar: WorkingCalendar, inputs: Inputs, now: datetime
) -> Sequence[Act]:
    """That the rule of approval was asked, and the grant."""
    approval = definition.automation.approval
    assert approval is not None
    act, answer = _ask(definition, Purpose.APPROVAL, approval.rule, inputs)
    if answer is not None and not isinstance(answer, bool):
        return (replace(act, failure=UNFIT),)
    if not answer:
        return (act,)
    if _lacks_documents(definition, inputs):
        return (replace(act, failure=LACKING),)
    try:
        return act, *_grant(case, definition, calendar, now, _reason(act))
    except UnknownStep as refused:
        return (replace(act, failure=refused.slug),)


def _lacks_documents(definition: Definition, inputs: Inputs) -> bool:
    """Whether a document is not there without which nobody could file the case by themselves.

    A case that is filed as a part of another is taken without, for its agency to ask for them.
    """
    _, needed = documents_needed(definition, inputs)
    return any(
        (document.required or document.code in needed) and document.code not in inputs[DOCUMENTS]
        for document in definition.documents
    )


def follow(
    case: Case, definition: Definition, calendar: WorkingCalendar, inputs: Inputs, now: datetime
) -> tuple[Act, ...]:
    """The acts by which a case goes on by itself, until it waits for people: it is noted which documents it needs,
    the fee is asked for, the case is granted once no fee is waited for, rules lead on from its open steps."""
    acts: list[Act] = []
    while following := _next(case, definition, calendar, inputs, now):
        for act in following:
            case = case.after(Entry(case.sequence + 1, now, SYSTEM, act))
        acts += following
    return tuple(acts)


def goes_on(case: Case, definition: Definition) -> bool:
    """Whether anything follows by itself."""
    return (
        _awaits_completeness(case, definition)
        or falls_due(case, definition)
        or _awaits_approval(case, definition)
        or _routed_task(case, definition) is not None
    )


def _next(
    case: Case, definition: Definition, calendar: WorkingCalendar, inputs: Inputs, now: datetime
) -> Sequence[Act]:
    if _awaits_completeness(case, definition):
        act, _ = documents_needed(definition, inputs)
        assert act is not None
        return (act,)
    if falls_due(case, definition):
        return _ask_for_fee(case, definition, calendar, inputs, now)
    if _awaits_approval(case, definition):
        return _approve(case, definition, calendar, inputs, now)
    task = _routed_task(case, definition)
    return () if task is None else _route(case, definition, calendar, inputs, now, task)


def _ask_for_fee(
    case: Case, definition: Definition, calendar: WorkingCalendar, inputs: Inputs, now: datetime
) -> Sequence[Act]:
    """The fixed fee, or what the rule says; where it does not, an official has to."""
    demand = definition.fee_demand
    assert demand is not None
    time = demand.time_to_pay(now, definition.time_rules.reminder, calendar)
    if demand.rule is None:
        assert definition.fee is not None
        fixed = Assessed(definition.fee)
        return (ask(case, calendar, now, fixed, stops_clock=demand.stops_clock, time=time),)
    act, amount = _ask(definition, Purpose.FEE, demand.rule, inputs)
    if amount is None:
        return (act,)
    costs = assessed(amount, act.answer)
    if costs is None:
        return (replace(act, failure=UNFIT),)
    return act, ask(case, calendar, now, costs, stops_clock=demand.stops_clock, time=time)


def _awaits_completeness(case: Case, definition: Definition) -> bool:
    """A case that was submitted just now."""
    asked = any(applied.purpose is Purpose.COMPLETENESS for applied in case.rules_applied)
    return definition.automation.completeness is not None and case.status is Status.SUBMITTED and not asked


def _awaits_approval(case: Case, definition: Definition) -> bool:
    """A case that was just submitted, or whose fee is paid now; none of which nobody knows yet what it costs.

    What is closed with the grant is handed over with it, so that it waits for every fee.
    """
    approval = definition.automation.approval
    if approval is None or case.status is not Status.SUBMITTED:
        return False
    asked = {applied.purpose: applied.failure for applied in case.rules_applied}
    fee_unknown = asked.get(Purpose.FEE) is not None
    unpaid = any(fee.open and (fee.stops_clock or approval.to is None) for fee in case.fees)
    return Purpose.APPROVAL not in asked and not fee_unknown and not unpaid


def _routed_task(case: Case, definition: Definition) -> Task | None:
    """An open step from which a rule leads on, and has not been asked since the step opened."""
    asked = {applied.step: applied.at for applied in case.rules_applied}
    return next(
        (
            task
            for task in case.tasks
            if definition.automation.rule_of(task.step)
            and case.lets_complete(task)
            and not _waits_for_a_part(case, task)
            and not (task.step in asked and asked[task.step] >= task.opened_at)
        ),
        None,
    )


def _waits_for_a_part(case: Case, task: Task) -> bool:
    """Whether the case that the step waits for has not ended, or is not opened."""
    parts = [
        child for child in case.children if child.step == task.step and child.opened_at >= task.opened_at
    ]
    return any(not child.status.ended for child in parts) or (task.opens_case is not None and not parts)


def _route(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    inputs: Inputs,
    now: datetime,
    task: Task,
) -> Sequence[Act]:
    name = definition.automation.rule_of(task.step)
    assert name is not None
    act, answer = _ask(definition, Purpose.ROUTING, name, inputs, task.step)
    if answer is None:
        return (act,)
    if not isinstance(answer, str):
        return (replace(act, failure=UNFIT),)
    try:
        return act, *completed(case, definition, calendar, now, task, outcome=answer, note=None)
    except (UnknownOutcome, UnknownStep, DecisionMissing, FeeUnpaid) as refused:
        return (replace(act, failure=refused.slug),)


def _grant(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, reason: str
) -> Sequence[Act]:
    """Received, decided, and handed over at the step that the procedure names, or closed."""
    approval, rules = definition.automation.approval, definition.time_rules
    to = None if approval is None else approval.to
    tasks = [] if to is None else [task_of(definition, definition.step(to), case.agency, now)]
    stands = standing(CaseClock(now, definition.term, reminder=rules.reminder), tasks, (), calendar, now)
    accepted = Accepted(
        definition.term, stands, reminder=rules.reminder, silence_consents=rules.consent_by_silence
    )
    decided = Decided(Outcome.GRANTED, reason, None)
    if tasks:
        return accepted, decided
    return accepted, decided, Closed(on_time=None if stands.due_at is None else now <= stands.due_at)


def _ask(
    definition: Definition, purpose: Purpose, name: str, inputs: Inputs, step: str | None = None
) -> tuple[RuleApplied, Any]:
    """The act of asking a rule, and the one output that counts for the purpose; None when there is none."""
    rule = definition.rule(name)
    if rule is None:
        return RuleApplied(purpose, name, "", step=step, failure=NOT_THERE), None
    act = RuleApplied(purpose, name, rule.version, step=step)
    try:
        act = replace(act, inputs=_as_json(seen_by(rule, inputs)))
        answer = decide(rule, inputs)
    except RuleUnreadable:
        return replace(act, failure=UNREADABLE), None
    except RuleFailed as failed:
        return replace(act, failure=failed.reason), None
    if ANSWERS[purpose] not in answer:
        return replace(act, answer=_as_json(answer), failure=UNFIT), None
    return replace(act, answer=_as_json(answer)), answer[ANSWERS[purpose]]


def _as_json(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in values.items()}


def _reason(act: RuleApplied) -> str:
    said = json.loads(act.answer.get(REASON, "null"))
    return said if isinstance(said, str) else GRANTED_BY_RULE
