"""Claims: an official takes an open task, and colleagues keep their hands off it.

A claim is how a unit shares out its work; nothing in law follows from it. So it is no act of the case, and the
state of the case, with its ETag, is the same whoever has claimed what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from procedures.domain.acts import Act, Actor, TaskCompleted
from procedures.domain.case import Case
from procedures.domain.handling import Official
from shared.errors import Conflict, NotFound, Text


class TaskClaimed(Conflict):
    """A colleague has claimed the task; `claimedBy` says who, `claimedAt` since when."""

    slug = "task-claimed"
    title = Text(
        vi="Đồng nghiệp đã nhận việc này. Hãy nhờ họ trả lại, hoặc chọn việc khác.",
        en="A colleague has claimed this task. Ask for it to be released, or take another.",
    )


class TaskNotClaimed(NotFound):
    """There is no claim to release."""

    slug = "task-not-claimed"
    title = Text(vi="Việc này chưa có ai nhận.", en="Nobody has claimed this task.")


class NothingToClaim(NotFound):
    """No open task of the caller's posts is free."""

    slug = "nothing-to-claim"
    title = Text(vi="Không còn việc nào chưa có người nhận.", en="No task is waiting to be claimed.")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has claimed the open task of a step, since when, and for whom when for somebody else."""

    step: str
    official: str
    claimed_at: datetime
    acting_for: str | None = None

    def is_of(self, actor: Actor) -> bool:
        """Whether it is the actor's own: theirs, or of the official whom one of the two acts for."""
        return bool({self.official, self.acting_for} & names_of(actor))


def names_of(actor: Actor) -> set[str]:
    """In whose name the actor may use claims."""
    return {actor.subject, *([actor.acting_for.official] if actor.acting_for else ())}


def require_unclaimed(
    case: Case, acts: Iterable[Act], official: Official, actor: Actor, claims: Iterable[Claim]
) -> None:
    """Refuse who works on what a colleague has claimed.

    An act that completes a step asks for that step; any other for one open task of the official's posts.

    Raises:
        TaskClaimed
    """
    others = {claim.step: claim for claim in claims if not claim.is_of(actor)}
    step = next((act.step for act in acts if isinstance(act, TaskCompleted)), None)
    held = [
        task.step
        for task in case.tasks
        if step in (None, task.step) and official.holds(task.agency, task.unit, task.role)
    ]
    if held and others.keys() >= set(held):
        raise claimed_by_another(others[held[0]])


def claimed_by_another(claim: Claim) -> TaskClaimed:
    """The refusal that names whose it is, and since when."""
    return TaskClaimed(
        step=claim.step,
        claimedBy=claim.official,
        claimedAt=claim.claimed_at,
        actingFor=claim.acting_for,
    )
