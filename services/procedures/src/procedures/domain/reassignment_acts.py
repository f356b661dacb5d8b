"""The act with which open tasks go over to another unit, or to another official."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Case


@dataclass(frozen=True, slots=True)
class TaskMove:
    """An open step, the unit that it waited at, and the one that it waits at now."""

    step: str
    from_unit: str
    unit: str


@dataclass(frozen=True, slots=True)
class Reassigned:
    """Others do the open steps from now on, by the same due instants."""

    reassignment: UUID
    """Which reassignment of many cases it was part of."""
    moves: tuple[TaskMove, ...]
    from_official: str | None = None
    """Who had claimed the tasks, when they go from one official to another."""
    official: str | None = None
    kind: Literal["reassigned"] = "reassigned"

    def change(self, case: Case, at: datetime) -> Case:
        units = {move.step: move.unit for move in self.moves}
        tasks = tuple(replace(task, unit=units.get(task.step, task.unit)) for task in case.tasks)
        decided = case.decided_unit
        for task in case.tasks:
            if task.step in units and (task.agency, task.unit) == (case.agency, case.decided_unit):
                decided = units[task.step]  # who took over the unit's work looks after what it decided
        return replace(case, tasks=tasks, decided_unit=decided)
