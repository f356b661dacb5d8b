"""What a procedure lets its rules do by themselves, and what a case remembers of it.

"automation": {"completeness": "GIAY_TO",                              the documents that these answers call for
               "approval": {"rule": "DUYET_NGAY", "to": "TRA_KET_QUA"},   granted at once; to null: closed as well
               "routing": [{"step": "PHAN_LOAI", "rule": "PHAN_TUYEN"}]}   which way on from a step
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from procedures.domain.json_input import Node

MOST_ROUTED = 300
"""Steps of one procedure that rules lead on from."""


class Purpose(StrEnum):
    """What a rule is asked for."""

    COMPLETENESS = "completeness"
    APPROVAL = "approval"
    ROUTING = "routing"
    FEE = "fee"


ANSWERS: Mapping[Purpose, str] = {
    Purpose.COMPLETENESS: "document",
    Purpose.APPROVAL: "approve",
    Purpose.ROUTING: "outcome",
    Purpose.FEE: "amount",
}
"""The output that is read: the code of a document, or a list of them; true or false; the outcome of a
step; how much is to be paid."""

REASON = "reason"
"""The output, which may be left out, that says why a case is granted."""


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """When a rule was asked for what, in which version; `failure` says why it gave no answer."""

    at: datetime
    purpose: Purpose
    rule: str
    version: str
    step: str | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A rule may grant a case when it is submitted; then it is handed over at a step, or closed."""

    rule: str
    to: str | None = None

    @classmethod
    def read(cls, node: Node) -> Self | None:
        """The approval at a node of a definition; None when officials alone decide."""
        if not node.given or not node.object():
            return None
        node.only("rule", "to")
        to = node.get("to")
        return cls(node.get("rule").code(), to.code() if to.given else None)

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "to": self.to}


@dataclass(frozen=True, slots=True)
class Routing:
    """A rule that says how a step ends as soon as it opens."""

    step: str
    rule: str

    @classmethod
    def read(cls, node: Node) -> Self:
        """The routing at a node of a definition."""
        node.object()
        node.only("step", "rule")
        return cls(node.get("step").code(), node.get("rule").code())

    def to_json(self) -> dict[str, Any]:
        return {"step": self.step, "rule": self.rule}


@dataclass(frozen=True, slots=True)
class Automation:
    """All that rules do in a procedure."""

    completeness: str | None = None
    approval: Approval | None = None
    routing: tuple[Routing, ...] = ()

    @classmethod
    def read(cls, node: Node) -> Self:
        """The automation at a node of a definition; nothing where it says nothing."""
        if not node.given or not node.object():
            return cls()
        node.only("completeness", "approval", "routing")
        completeness, routing = node.get("completeness"), node.get("routing")
        return cls(
            completeness=completeness.code() if completeness.given else None,
            approval=Approval.read(node.get("approval")),
            routing=tuple(
                Routing.read(item) for item in (routing.items() if routing.given else ())[:MOST_ROUTED]
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The object that `read` takes."""
        return {
            "completeness": self.completeness,
            "approval": None if self.approval is None else self.approval.to_json(),
            "routing": [routing.to_json() for routing in self.routing],
        }

    def rule_of(self, step: str) -> str | None:
        """The name of the rule that leads on from a step; None where people do."""
        return next((routing.rule for routing in self.routing if routing.step == step), None)


NO_AUTOMATION = Automation()
