"""When a procedure asks for its fee, and whether its cases wait for it.

"feeDemand": {"at": "submission", "step": null, "rule": null, "stopsClock": false}     null: nobody is asked

`at` is `submission`, `acceptance` or `step`; for the latter `step` says which. What is asked for is the fixed
`fee` of the procedure, or what the named `rule` says: see `fee_assessment`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from procedures.domain.json_input import Node


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

    @classmethod
    def read(cls, node: Node) -> Self | None:
        """The demand at a node of a definition; None when nobody is asked."""
        if not node.given or not node.object():
            return None
        node.only("at", "step", "rule", "stopsClock")
        at, step, rule = _moment(node.get("at")), node.get("step"), node.get("rule")
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
        )

    def to_json(self) -> dict[str, Any]:
        return {"at": self.at.value, "step": self.step, "rule": self.rule, "stopsClock": self.stops_clock}


def _moment(node: Node) -> DemandedAt:
    text = node.code()
    if text in set(DemandedAt):
        return DemandedAt(text)
    if text:
        names = ", ".join(DemandedAt)
        node.fault("unknown_kind", vi=f"Cần một trong: {names}.", en=f"One of these is needed: {names}.")
    return DemandedAt.SUBMISSION
