"""What a procedure says about appeals.

"appeal": {"procedure": "KN-01", "within": {"kind": "calendar_days", "amount": 90}}      null: none here
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from procedures.domain.json_input import Node
from procedures.domain.terms import Term, TermKind

LEGAL_TERM = Term(TermKind.CALENDAR_DAYS, Decimal(90))
"""From the day on which the decision was known (Law on Complaints 2011, art. 9)."""


@dataclass(frozen=True, slots=True)
class AppealRule:
    """The procedure that handles appeals against decisions, and how long there is to file one."""

    procedure: str
    within: Term = LEGAL_TERM

    @classmethod
    def read(cls, node: Node) -> "AppealRule | None":
        """The rule at a node of a definition; None when appeals are not filed here."""
        if not node.given or not node.object():
            return None
        node.only("procedure", "within")
        within = node.get("within")
        term = Term.read(within) if within.given else LEGAL_TERM
        if within.given and term.kind is TermKind.NONE:
            within.fault("no_term", vi="Cần một thời hạn khiếu nại.", en="There must be a term to appeal.")
        return cls(node.get("procedure").code(), term)

    def to_json(self) -> dict[str, Any]:
        return {"procedure": self.procedure, "within": self.within.to_json()}
