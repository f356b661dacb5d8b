"""Steps that systems of agencies do: opened, in trouble, closed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.envelope import Event, Topic

TASK_TOPIC = Topic(
    "procedures.task.v1",
    "The steps that systems of agencies do: opened, stuck, closed",
    partitions=3,
    retention_days=90,
)


class TaskEvent(Event):
    """What every event of a step that systems do says: of which case it is, and whose it is to do.

    It says nothing of the person: who wants to know more claims the task, and that leaves a record.
    """

    topic = TASK_TOPIC

    case_id: UUID
    code: str
    """The legal case code."""
    procedure: str
    version: int
    case_agency: str
    """Code of the agency that answers for the case."""
    agency: str
    """Code of the agency whose systems do the step."""
    unit: str
    step: str


class TaskOpened(TaskEvent):
    """It can be claimed, as soon as the case's status lets it be done."""

    type = "procedures.task.opened.v1"
    due_at: datetime | None = None


class TaskIncidentRaised(TaskEvent):
    """No system is given it any more until an official has looked into it."""

    type = "procedures.task.incident_raised.v1"
    cause: Literal["failed", "expired", "recalled"]


class TaskIncidentResolved(TaskEvent):
    """It can be claimed again."""

    type = "procedures.task.incident_resolved.v1"


class TaskClosed(TaskEvent):
    """It is not open any more, whoever did it, or because it is not waited for. A lease of it counts no more."""

    type = "procedures.task.closed.v1"
