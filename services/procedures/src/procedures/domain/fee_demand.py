"""When a procedure asks for its fee, and whether its cases wait for it.

"feeDemand": {"at": "submission", "step": null, "rule": null, "stopsClock": false,
              "payWithin": {…a term…}, "onExpiry": "lapse"}                            null: nobody is asked

`at` is `submission`, `acceptance` or `step`; for the latter `step` says which. What is asked for is the fixed
`fee` of the procedure, or what the named `rule` says: see `fee_assessment`. When nobody has paid within the term, the
case lapses, or goes on without waiting (`continue`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.json_input import Node
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.time_to_pay import TimeToPay, Unpaid


class DemandedAt(StrEnum):
    """When the fee is asked for."""

    SUBMISSION = "submission"
    ACCEPTANCE = "acceptance"
    STEP = "step"
    """When the case comes to a step."""


@dataclass(frozen=True, slots=True)
class FeeDemand:
    """How a procedure asks for its fee."""

    at: DemandedAt
    step: str | None = None
    rule: str | None = None
    """The decision table that says how much it is, or on what ground there is none; None: the fixed fee."""
    stops_clock: bool = False
    """From then on until it is paid, the legal clock stands still."""
    pay_within: Term = NO_TERM
    """No term: it may be paid as long as the case goes on."""
    on_expiry: Unpaid = Unpaid.LAPSE

    @classmethod
    def read(cls, node: Node) -> Self | None:
        """The demand at a node of a definition; None when nobody is asked."""
        if not node.given or not node.object():
            return None
        node.only("at", "step", "rule", "stopsClock", "payWithin", "onExpiry")
        at, step, rule = _moment(node.get("at")), node.get("step"), node.get("rule")
        within = node.get("payWithin")
        if (at is DemandedAt.STEP) is not step.given:
            step.fault(
                "wrong_step",
                vi="Chỉ ghi bước khi phí được yêu cầu ở một bước (at là step).",
                en="A step is named when, and only when, the fee is asked for at a step.",
            )
        return cls(
            at=at,
            step=step.code() if step.given else None,
            rule=rule.code() if rule.given else None,
            stops_clock=node.get("stopsClock").flag(),
            pay_within=Term.read(within) if within.given else NO_TERM,
            on_expiry=_expiry(node.get("onExpiry")),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at.value,
            "step": self.step,
            "rule": self.rule,
            "stopsClock": self.stops_clock,
            "payWithin": self.pay_within.to_json(),
            "onExpiry": self.on_expiry.value,
        }

    def time_to_pay(self, now: datetime, reminder: Term, calendar: WorkingCalendar) -> TimeToPay | None:
        """Until when a fee that is asked for now is to be paid; None: for ever."""
        return TimeToPay.since(now, self.pay_within, reminder, self.on_expiry, calendar)


def _moment(node: Node) -> DemandedAt:
    text = node.code()
    if text in set(DemandedAt):
        return DemandedAt(text)
    if text:
        _unknown(node, DemandedAt)
    return DemandedAt.SUBMISSION


def _expiry(node: Node) -> Unpaid:
    text = node.code() if node.given else Unpaid.LAPSE.value
    if text in set(Unpaid):
        return Unpaid(text)
    if text:
        _unknown(node, Unpaid)
    return Unpaid.LAPSE


def _unknown(node: Node, known: Iterable[str]) -> None:
    names = ", ".join(known)
    node.fault("unknown_kind", vi=f"Cần một trong: {names}.", en=f"One of these is needed: {names}.")
