"""Cases that belong together: one that another agency handles as a part of a case, and an appeal against one.

A child case is opened by the agency that answers for its parent, where another agency has a procedure of its
own. The applicant filed one case: it bears the code that they know, and is the one that is counted. An appeal is
a case of its own, filed by the applicant. What becomes of either is told to the case that it belongs to.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from procedures.domain.json_input import Node
from procedures.domain.result import IssuedResult
from procedures.domain.status import Status
from shared.errors import Conflict, Text

MOST_HANDED_ON = 300
"""Fields of a form, or documents; what people fill in has a tenth."""


class ChildStillRunning(Conflict):
    """The step waits for a case of another agency that has not ended; `child` is its code."""

    slug = "child-still-running"
    title = Text(
        vi="Bước này chờ hồ sơ ở cơ quan khác; hãy đợi hồ sơ đó kết thúc.",
        en="This step waits for a case of another agency; wait for its end.",
    )


class LinkKind(StrEnum):
    """What a case is to the one that it is linked to."""

    CHILD = "child"
    APPEAL = "appeal"


class Verdict(StrEnum):
    """What an appeal comes to (Law on Complaints 2011, art. 31)."""

    UPHELD = "upheld"
    """The decision stays as it is."""
    AMENDED = "amended"
    """It is to be changed in part."""
    OVERTURNED = "overturned"
    """It is set aside."""


@dataclass(frozen=True, slots=True)
class CaseLink:
    """The case to which another belongs."""

    kind: LinkKind
    code: str
    """The legal code of that case."""
    agency: str
    above: tuple[UUID, ...]
    """That case, what it belongs to, and so on."""
    procedures: tuple[str, ...]
    """Of the cases above, in the same order."""
    filed_as: str | None = None
    """Of a child: the code that the applicant knows, of the case at the head of the chain."""
    step: str | None = None
    """Of the parent: the step for which the child was opened, by the code that it had then."""

    @property
    def case(self) -> UUID:
        """The case that it belongs to."""
        return self.above[0]


@dataclass(frozen=True, slots=True)
class PartFee:
    """A fee that is to be paid for a child, or for one below it, as the parent is told of it.

    Until when is not told: the calendar may move that, and those who move it do not hold the parent.
    """

    number: int
    amount: int
    currency: str
    code: str | None = None
    """Of the case below the child that asks for it; None: the child does."""


@dataclass(frozen=True, slots=True)
class ChildCase:
    """A child as its parent knows it."""

    case: UUID
    code: str
    procedure: str
    agency: str
    opened_at: datetime
    step: str | None = None
    """The step that waits for it."""
    status: Status = Status.SUBMITTED
    outcome: str | None = None
    ended_at: datetime | None = None
    results: tuple[IssuedResult, ...] = ()
    documents: tuple[UUID, ...] = ()
    """Of its result."""
    fees: tuple[PartFee, ...] = ()
    """Yet to be paid."""

    @property
    def unpaid(self) -> bool:
        """Whether a fee is due without which what was granted is not handed over."""
        own = any(fee.code is None for fee in self.fees)
        return own and self.outcome == "granted" and not self.status.ended

    def moved(self, status: Status, outcome: str | None, at: datetime) -> Self:
        """The child in another legal status."""
        return replace(self, status=status, outcome=outcome, ended_at=at if status.ended else None)


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as the case knows it that it is directed against."""

    case: UUID
    code: str
    procedure: str
    agency: str
    filed_at: datetime
    settled_at: datetime | None = None
    verdict: Verdict | None = None
    """None while it is open, and of one that ended without a decision."""

    def undid(self, known_at: datetime) -> bool:
        """Whether what was known from that instant on was set aside by it, or is to be changed."""
        return self.verdict in (Verdict.AMENDED, Verdict.OVERTURNED) and self.filed_at >= known_at


@dataclass(frozen=True, slots=True)
class CaseToOpen:
    """What a step opens: a case of another procedure, with what of the parent's form and documents is handed on."""

    procedure: str
    form: tuple[tuple[str, str], ...] = ()
    """Pairs of a field of the child's form, and the field of the parent's that it is filled in from."""
    documents: tuple[tuple[str, str], ...] = ()
    """Pairs of a document of the child's procedure, and the document of the parent's that it is there."""

    @classmethod
    def read(cls, node: Node) -> "CaseToOpen | None":
        """What stands at a node of a definition; None when the step opens nothing."""
        if not node.given or not node.object():
            return None
        node.only("procedure", "form", "documents")
        return cls(node.get("procedure").code(), _pairs(node.get("form")), _pairs(node.get("documents")))

    def to_json(self) -> dict[str, Any]:
        return {"procedure": self.procedure, "form": dict(self.form), "documents": dict(self.documents)}

    def filled_in(self, form: dict[str, Any]) -> dict[str, Any]:
        """The child's form: what was left out in the parent's is left out."""
        return {field: form[source] for field, source in self.form if source in form}


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    """What something there is called, and what it is here."""
    if not node.given or not node.object() or not isinstance(node.value, dict):
        return ()
    if len(node.value) > MOST_HANDED_ON:
        node.fault(
            "too_many",
            vi=f"Nhiều nhất {MOST_HANDED_ON} mục.",
            en=f"At most {MOST_HANDED_ON} are taken.",
        )
    return tuple((str(name), node.get(str(name)).code()) for name in node.value)
