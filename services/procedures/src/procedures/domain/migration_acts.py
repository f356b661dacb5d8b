"""The act with which a running case moves to another version of its procedure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Arrival, Case, Standing
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term


@dataclass(frozen=True, slots=True)
class StepMove:
    """An open step of the version before, and the step of the new one at which the case now stands."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """From now on the case is handled by another version."""

    migration: UUID
    """Which migration of many cases it was part of."""
    from_version: int
    version: int
    moves: tuple[StepMove, ...]
    term: Term | None
    """Of the case's clock from now on; None before the case is received."""
    stands: Standing
    arrivals: tuple[Arrival, ...] = ()
    reminder: Term = NO_TERM
    silence_consents: bool = False
    """Both from now on, as is the term."""
    status: Status | None = None
    """In which the case moves; None in logs from before it was kept."""
    kind: Literal["migrated"] = "migrated"

    def change(self, case: Case, at: datetime) -> Case:
        after: dict[str | None, str] = {move.before: move.after for move in self.moves}
        clock = case.clock
        if clock is not None and self.term is not None:
            clock = replace(clock, term=self.term, reminder=self.reminder)
        moved = replace(
            case,
            version=self.version,
            clock=clock,
            arrivals=self.arrivals,
            silence_consents=self.silence_consents,
            moved_in=self.status,
            children=tuple(replace(child, step=after.get(child.step, child.step)) for child in case.children),
        )
        return moved.standing(self.stands, at)
