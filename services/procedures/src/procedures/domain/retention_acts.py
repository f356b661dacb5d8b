"""What happens to a case after its end: it is held, transferred to an archive, or erased.

Its legal status stays what it was. These acts are not in the table of what may be done in a status: they are
for those who keep the files, and their rules stand in `retention`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Case, Erasure, Hold, Transfer
from procedures.domain.personal import PersonalText


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """The case is needed (a complaint, a lawsuit, an inspection): it is not disposed of until further notice."""

    reason: PersonalText
    kind: Literal["hold_placed"] = "hold_placed"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, hold=Hold(since=at, reason=self.reason))


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """The case is not needed any more."""

    kind: Literal["hold_lifted"] = "hold_lifted"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, hold=None)


@dataclass(frozen=True, slots=True)
class Transferred:
    """An archive has taken the case over; its receipt is named."""

    disposal_list: UUID
    archive: str
    receipt: str
    kind: Literal["transferred"] = "transferred"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, transferred=Transfer(at, self.archive, self.receipt))


@dataclass(frozen=True, slots=True)
class Erased:
    """What is personal in the case was destroyed: the form, the texts, the documents."""

    disposal_list: UUID
    ground: str
    """The legal ground, as the approved list names it."""
    kind: Literal["erased"] = "erased"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, erased=Erasure(at, self.ground, self.disposal_list))
