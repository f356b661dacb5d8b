"""An open step that systems do: who has it until when, how often it may still be tried, and who must look into it.

    free ──claim──▶ leased ──completion──▶ the step is done (an act of the case)
     ▲                │ release, failure, expiry: free again, after a failure a while later
     └────────────────┤
                      └ the last attempt failed or expired, or an official recalled it: an incident
    incident ──resolution──▶ free, with all attempts anew

A claim uses an attempt, and only a release gives it back: a task that kills every system that takes it comes to
an incident too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case
from procedures.domain.definition import Definition
from procedures.domain.handling import completable, completed, require_child_ended
from shared.errors import Conflict, NotFound, Text

SHORTEST_LEASE = timedelta(seconds=10)
LONGEST_LEASE = timedelta(hours=24)
MOST_AT_ONCE = 50
_FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=24)


class LeaseLost(Conflict):
    """The caller does not hold this lease, or does not hold it any more; whatever the reason, it is told the same."""

    slug = "lease-lost"
    title = Text(
        vi="Bạn không giữ việc này, hoặc đã hết hạn giữ. Hãy bỏ kết quả và nhận việc khác.",
        en="You do not hold this task, or not any more. Drop what you have done, and claim another.",
    )


class TaskLeased(Conflict):
    """A system is at work on the step; `leasedUntil` says for how long at most."""

    slug = "task-leased"
    title = Text(
        vi="Một hệ thống đang làm việc này. Hãy chờ, hoặc thu hồi việc trước khi tự làm.",
        en="A system is at work on this. Wait, or recall it before you do it yourself.",
    )


class ExternalTaskNotFound(NotFound):
    """No such step is open for systems of the caller's agency."""

    slug = "external-task-not-found"
    title = Text(
        vi="Cơ quan của bạn không có việc này đang mở cho hệ thống.",
        en="No such step is open for systems of your agency.",
    )


class IncidentSettled(Conflict):
    """The incident that was to be resolved is none any more, or another one."""

    slug = "incident-settled"
    title = Text(
        vi="Sự cố này đã được xử lý. Hãy đọc lại danh sách.",
        en="This incident is settled already. Read the list again.",
    )


class NotWithSystems(Conflict):
    """A task was to be recalled that no system is given anyway."""

    slug = "not-with-systems"
    title = Text(
        vi="Việc này hiện không giao cho hệ thống nào; bạn có thể tự làm.",
        en="Systems are not given this anyway; you can do it yourself.",
    )


class Cause(StrEnum):
    """Why an official must look into a task."""

    FAILED = "failed"
    """The last attempt failed."""
    EXPIRED = "expired"
    """The last system that took it was not heard of again."""
    RECALLED = "recalled"
    """An official took it back from the systems."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has the task; until when, `ExternalTask.free_at` says."""

    id: UUID
    holder: str
    """Subject of the client."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Since when, and why, no system is given the task."""

    id: UUID
    at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """An open step as systems have it. It stands beside the log: what is done to the case is an act, this is not."""

    id: UUID
    case_id: UUID
    step: str
    agency: str
    unit: str
    role: str | None
    attempts: int
    attempts_left: int
    free_at: datetime
    """From when on a system may claim it; of a leased task: until when it is held."""
    lease: Lease | None = None
    incident: Incident | None = None
    message: str | None = None
    """What the last failure was, sealed: a system may quote what a person wrote."""

    def leased(self, now: datetime) -> bool:
        """Whether a system holds it."""
        return self.lease is not None and now < self.free_at


def require_held(task: ExternalTask, lease: Lease, now: datetime) -> None:
    """Refuse who does not hold this lease of the task, or not any more.

    Raises:
        LeaseLost
    """
    if task.lease != lease or not task.leased(now):
        raise LeaseLost


def require_not_leased(task: ExternalTask, now: datetime) -> None:
    """Refuse an official what a system is at work on.

    Raises:
        TaskLeased
    """
    if task.leased(now):
        raise TaskLeased(leasedUntil=task.free_at)


def extended(task: ExternalTask, until: datetime) -> ExternalTask:
    """The same lease, until another instant."""
    return replace(task, free_at=until)


def released(task: ExternalTask, now: datetime) -> ExternalTask:
    """Given back untouched: that was no attempt."""
    return replace(task, lease=None, free_at=now, attempts_left=task.attempts_left + 1)


def failed(
    task: ExternalTask,
    now: datetime,
    *,
    message: str,
    incident: UUID,
    again_after: timedelta | None,
    final: bool,
) -> ExternalTask:
    """An attempt failed. The task rests, longer each time, unless that was the last attempt or none is of use."""
    if final or task.attempts_left == 0:
        return _stopped(replace(task, message=message), Incident(incident, now, Cause.FAILED), now)
    rest = back_off(task.attempts - task.attempts_left) if again_after is None else again_after
    return replace(task, lease=None, message=message, free_at=now + rest)


def expired(task: ExternalTask, now: datetime, incident: UUID) -> ExternalTask:
    """The last attempt ran out of time."""
    return _stopped(task, Incident(incident, now, Cause.EXPIRED), now)


def recalled(task: ExternalTask, now: datetime, incident: UUID) -> ExternalTask:
    """An official takes it back; whoever holds it does not any more.

    Raises:
        NotWithSystems: there is an incident already.
    """
    if task.incident is not None:
        raise NotWithSystems
    return _stopped(task, Incident(incident, now, Cause.RECALLED), now)


def resolved(task: ExternalTask, now: datetime, incident: UUID) -> ExternalTask:
    """An official lets systems try again.

    Raises:
        IncidentSettled: it is not this incident that keeps them from it.
    """
    if task.incident is None or task.incident.id != incident:
        raise IncidentSettled
    return replace(task, incident=None, message=None, attempts_left=task.attempts, free_at=now)


def complete(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    step: str,
    outcome: str | None,
    note: str | None,
    attachments: Sequence[Attachment],
) -> tuple[Act, ...]:
    """The acts that follow when the system that holds a step finishes it: the same as when an official does.

    Raises:
        ActionNotAllowed, TaskNotOpen, UnknownOutcome, DecisionMissing, FeeUnpaid, ChildStillRunning: as for an official.
    """
    task = completable(case, step)
    require_child_ended(case, step)
    return completed(
        case, definition, calendar, now, task, outcome=outcome, note=note, attachments=attachments
    )


def back_off(failures: int) -> timedelta:
    """How long a task rests after so many failures: a minute, then twice as long each time, a day at most."""
    return min(_FIRST_DELAY * (1 << max(failures - 1, 0)), LONGEST_DELAY)


def _stopped(task: ExternalTask, incident: Incident, now: datetime) -> ExternalTask:
    return replace(task, lease=None, attempts_left=0, free_at=now, incident=incident)
