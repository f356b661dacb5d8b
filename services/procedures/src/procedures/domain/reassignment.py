"""Reassigning open tasks in bulk: what goes over, what stays, and why.

Either tasks that wait at one unit go to another unit of the same agency, or tasks that one official has
claimed go to another. Roles and due instants stay as they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from procedures.domain.case import Case, Task
from procedures.domain.claim import Claim
from procedures.domain.delegation import Post
from procedures.domain.reassignment_acts import Reassigned, TaskMove
from shared.errors import Fault, Text


@dataclass(frozen=True, slots=True)
class ToUnit:
    """From a unit to another; what officials have claimed goes too, or stays with them."""

    from_unit: str
    unit: str
    claimed_too: bool = False


@dataclass(frozen=True, slots=True)
class ToOfficial:
    """What an official has claimed goes to another, as far as that one has the posts for it."""

    from_official: str
    official: str
    posts: frozenset[Post] = frozenset()
    """Of the other."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Open tasks of an agency that are to go over."""

    id: UUID
    agency: str
    way: ToUnit | ToOfficial


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the task of a step stays where it is."""

    step: str
    code: str
    text: Text


_NOT_OPEN = Text(
    vi="Việc không còn đang mở ở nơi chuyển đi.",
    en="The task is not open any more where it was to come from.",
)
_CLAIMED = Text(vi="Có cán bộ đã nhận việc này.", en="An official has claimed the task.")
_POST_NOT_HELD = Text(
    vi="Người nhận không giữ vị trí mà việc này đòi hỏi.",
    en="The other official does not hold the post that the task asks for.",
)


def plan_faults(plan: Plan, units: frozenset[str] | None, known: Iterable[str]) -> Iterator[Fault]:
    """What is wrong with a plan itself.

    Args:
        units: of the agency; None when it is not known.
        known: those of the officials named who work at the agency.
    """
    way = plan.way
    if isinstance(way, ToUnit):
        if units is not None and way.unit not in units:
            yield _fault(
                "/toUnit", "unknown_unit", vi="Cơ quan không có bộ phận này.", en="There is no such unit."
            )
        if way.unit == way.from_unit:
            yield _fault("/toUnit", "same_unit", vi="Hãy chọn bộ phận khác.", en="Name another unit.")
        return
    if way.official not in known:
        yield _fault(
            "/toOfficial",
            "unknown_official",
            vi="Cơ quan không có cán bộ này.",
            en="There is no such official.",
        )
    if way.official == way.from_official:
        yield _fault("/toOfficial", "same_official", vi="Hãy chọn cán bộ khác.", en="Name another official.")


def obstacle_to(plan: Plan, step: str, task: Task | None, claim: Claim | None) -> Obstacle | None:
    """Why a planned step stays where it is: the task as it stands now, with its claim; None when it goes over."""
    way = plan.way
    if task is None or task.agency != plan.agency:
        return Obstacle(step, "not_open", _NOT_OPEN)
    if isinstance(way, ToUnit):
        if task.unit != way.from_unit:
            return Obstacle(step, "not_open", _NOT_OPEN)
        return None if claim is None or way.claimed_too else Obstacle(step, "claimed", _CLAIMED)
    if claim is None or claim.official != way.from_official:
        return Obstacle(step, "not_open", _NOT_OPEN)
    if not any(task.unit == unit and task.role in (None, role) for unit, role in way.posts):
        return Obstacle(step, "post_not_held", _POST_NOT_HELD)
    return None


def reassigned(
    plan: Plan, case: Case, steps: Sequence[str], claims: Sequence[Claim]
) -> tuple[Reassigned | None, tuple[Obstacle, ...]]:
    """What becomes of the planned steps of a case: one act for those that go over, and why others stay."""
    of = {claim.step: claim for claim in claims}
    found = [obstacle_to(plan, step, case.task(step), of.get(step)) for step in steps]
    going = [step for step, obstacle in zip(steps, found, strict=True) if obstacle is None]
    stay = tuple(obstacle for obstacle in found if obstacle is not None)
    if not going:
        return None, stay
    way = plan.way
    moves = tuple(
        TaskMove(task.step, task.unit, way.unit if isinstance(way, ToUnit) else task.unit)
        for task in case.tasks
        if task.step in going
    )
    if isinstance(way, ToUnit):
        return Reassigned(plan.id, moves), stay
    return Reassigned(plan.id, moves, way.from_official, way.official), stay


def _fault(pointer: str, code: str, *, vi: str, en: str) -> Fault:
    return Fault(pointer, code, Text(vi=vi, en=en))
