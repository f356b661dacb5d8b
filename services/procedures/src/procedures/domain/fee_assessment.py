"""How much a case costs: the fixed fee of its procedure, or what a decision table says.

The table answers `amount` (in the smallest unit of the currency), and where it has them `currency` (ISO 4217; the
dong without it), `exemption` (the legal ground on which nothing is due; empty where something is) and `legalGround`
(of the fee). A table that answers otherwise, or not at all, does not stop the case: an official says what it costs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from procedures.domain.definition import Definition, Fee
from procedures.domain.fees import AppliedRule
from procedures.domain.rules import Rule, RuleFailed, RuleUnreadable, decide, seen_by

AMOUNT, CURRENCY, EXEMPTION, LEGAL_GROUND = "amount", "currency", "exemption", "legalGround"
LARGEST_AMOUNT = 10**15

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a case costs: an amount, or the legal ground on which it costs nothing."""

    fee: Fee
    legal_ground: str | None = None
    exempted_by: str | None = None
    rule: AppliedRule | None = None


@dataclass(frozen=True, slots=True)
class Unassessed:
    """Why the rule does not say what the case costs."""

    rule: AppliedRule
    reason: str
    """`rule_unknown`, `rule_unreadable`, `answer_wrong`, or that of a rule that failed."""


def assess(definition: Definition, inputs: Mapping[str, Any]) -> Assessed | Unassessed:
    """What a case of this procedure costs; `inputs` are those of its submission."""
    demand = definition.fee_demand
    if demand is None or demand.rule is None:
        assert definition.fee is not None  # `falls_due` has seen to that
        return Assessed(definition.fee)
    rule = definition.rule(demand.rule)
    if rule is None:
        return Unassessed(AppliedRule(demand.rule, "", "{}"), "rule_unknown")
    applied = AppliedRule(rule.name, rule.version, "{}")
    try:
        applied = _applied(rule, inputs)
        return _read(decide(rule, inputs), applied)
    except RuleUnreadable:
        return Unassessed(applied, "rule_unreadable")
    except RuleFailed as failed:
        return Unassessed(applied, failed.reason)


def _applied(rule: Rule, inputs: Mapping[str, Any]) -> AppliedRule:
    return AppliedRule(rule.name, rule.version, rfc8785.dumps(seen_by(rule, inputs)).decode())


def _read(answer: Mapping[str, Any], applied: AppliedRule) -> Assessed | Unassessed:
    amount = _whole(answer.get(AMOUNT))
    currency, exemption, ground = (
        answer.get(name, default)
        for name, default in ((CURRENCY, "VND"), (EXEMPTION, ""), (LEGAL_GROUND, ""))
    )
    words = all(isinstance(text, str) for text in (currency, exemption, ground))
    if amount is None or not words or not _CURRENCY.fullmatch(currency) or not (amount or exemption.strip()):
        return Unassessed(applied, "answer_wrong")
    return Assessed(Fee(amount, currency), ground.strip() or None, exemption.strip() or None, applied)


def _whole(value: object) -> int | None:
    """An amount as the engine answers it; None when it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_AMOUNT:
        return None
    return int(value) if float(value).is_integer() else None
