"""What can be done with migrations of cases: plan one, look at it, execute it.

A plan changes nothing. It is the dry run: what would become of every running case, and what keeps cases from
moving. Execution moves all of them in one transaction, or none.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.access.operations import record_look
from procedures.access.store import seen_by_id
from procedures.calendars.operations import calendar_of
from procedures.case_migrations import store
from procedures.cases.record import record
from procedures.cases.store import Stored, running_cases
from procedures.catalogue.operations import NotInForce, ProcedureNotFound, get_version
from procedures.domain.acts import Actor
from procedures.domain.by_rule import goes_on
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.migration import Obstacle, Plan, migrated, obstacles, plan_faults
from procedures.domain.migration_acts import Migrated
from shared.db import AnyRow
from shared.errors import Conflict, Invalid, NotFound, Text
from shared.ids import new_id
from shared.web.conditional import require_match

MOST_CASES = 50_000
"""Cases that move in one transaction."""

PLANS_KEPT = timedelta(days=7)

_AT_ONCE = 500
_NAMED = 100
"""Cases that an error names."""


class MigrationNotFound(NotFound):
    """The agency has no such migration."""

    slug = "migration-not-found"
    title = Text(
        vi="Không có đợt chuyển phiên bản này trong phạm vi của bạn.",
        en="There is no such migration among those you may see.",
    )


class AlreadyExecuted(Conflict):
    """The migration was executed before."""

    slug = "migration-executed"
    title = Text(vi="Đợt chuyển này đã thực hiện rồi.", en="This migration was executed already.")


class TooManyCases(Conflict):
    """More cases run on the version than one transaction moves."""

    slug = "too-many-cases"
    title = Text(
        vi=f"Có hơn {MOST_CASES} hồ sơ đang chạy; hãy chờ bớt hồ sơ kết thúc.",
        en=f"More than {MOST_CASES} cases are running; wait until there are fewer.",
    )


class CasesInTheWay(Conflict):
    """Some cases cannot move, so none does; `cases` names the first of them and why."""

    slug = "cases-cannot-move"
    title = Text(
        vi="Có hồ sơ không chuyển được, nên chưa hồ sơ nào được chuyển.",
        en="Some cases cannot move, so none was moved.",
    )


class CasesTouched(Conflict):
    """Since the plan was made, cases were touched, came or ended; `cases` names the first of them."""

    slug = "cases-touched"
    title = Text(
        vi="Có hồ sơ đã thay đổi từ khi lập kế hoạch; hãy lập lại, hoặc chấp nhận chuyển cả những hồ sơ đó.",
        en="Cases have changed since the plan was made; plan again, or accept that they move too.",
    )


@dataclass(slots=True)
class _Tally:
    """What is found of cases, case by case."""

    cases: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    obstacles: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: dict[tuple[str, str], Text] = field(default_factory=dict)
    in_the_way: int = 0
    earlier: int = 0
    later: int = 0
    led_on: int = 0

    def moved(self, stored: Stored, act: Migrated, after: Definition, now: datetime) -> None:
        self.cases += 1
        self.led_on += goes_on(act.change(stored.case, now), after)
        self.moves.update((move.before, move.after) for move in act.moves)
        due = stored.case.due_at
        if due is not None and act.stands.due_at is not None:
            self.earlier += act.stands.due_at < due
            self.later += act.stands.due_at > due

    def stuck(self, found: Sequence[Obstacle]) -> None:
        self.cases += 1
        self.in_the_way += 1
        for obstacle in found:
            self.obstacles[obstacle.code, obstacle.step] += 1
            self.words[obstacle.code, obstacle.step] = obstacle.text

    def report(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "in_the_way": self.in_the_way,
            "due_earlier": self.earlier,
            "due_later": self.later,
            "led_on": self.led_on,
            "moves": [
                {"before": before, "after": after, "cases": cases}
                for (before, after), cases in sorted(self.moves.items())
            ],
            "obstacles": [
                {"code": code, "step": step, "cases": cases, "text": _words(self.words[code, step])}
                for (code, step), cases in sorted(self.obstacles.items())
            ],
        }


async def plan_migration(
    tx: AsyncConnection,
    now: datetime,
    *,
    agency: str,
    code: str,
    from_version: int,
    to_version: int,
    steps: dict[str, str],
    new_term: bool,
) -> AnyRow:
    """Find out what would become of every case that runs on a version if it moved to the one in force.

    Raises:
        ProcedureNotFound: the agency has no such procedure or version.
        NotInForce: cases move only to the version that takes new ones.
        Invalid: the plan names steps that there are not, or does not move on from an earlier version.
        TooManyCases
    """
    plan = Plan(new_id(), from_version, to_version, steps, new_term)
    after = await _target(tx, agency, code, plan)
    calendar = await calendar_of(tx, agency)
    await store.add_migration(
        tx,
        id=plan.id,
        agency=agency,
        procedure=code,
        from_version=from_version,
        to_version=to_version,
        steps=steps,
        new_term=new_term,
        report={},
        planned_at=now,
    )
    tally = _Tally()
    async for cases in _running(tx, code, from_version, for_update=False):
        await store.add_cases(tx, [_planned(stored, plan, after, calendar, now, tally) for stored in cases])
    await store.add_report(tx, plan.id, tally.report())
    return await get_migration(tx, plan.id, agency=agency)


async def execute_migration(
    tx: AsyncConnection,
    now: datetime,
    *,
    by: Actor,
    agency: str,
    migration: UUID,
    accept_touched: bool,
    if_match: str | None,
) -> AnyRow:
    """Move every case that runs on the version, or none.

    Raises:
        CasesTouched: and that was not accepted.
        CasesInTheWay, AlreadyExecuted, NotInForce, TooManyCases, MigrationNotFound.
        PreconditionRequired, PreconditionFailed.
    """
    row = await store.migration_of(tx, migration, agency, for_update=True)
    if row is None:
        raise MigrationNotFound
    require_match(if_match, etag_of_migration(row))
    if row.status != "planned":
        raise AlreadyExecuted
    plan = Plan(row.id, row.from_version, row.to_version, row.steps, row.new_term)
    after = await _target(tx, agency, row.procedure, plan)
    calendar = await calendar_of(tx, agency)
    known = await store.planned_sequences(tx, migration)
    touched: list[dict[str, Any]] = []
    stuck: list[dict[str, Any]] = []
    tally = _Tally()
    async for cases in _running(tx, row.procedure, plan.from_version, for_update=True):
        touched += [_named(stored) for stored in cases if _is_touched(stored, known)]
        found = [(stored, obstacles(stored.case, plan, after)) for stored in cases]
        stuck += [{**_named(stored), "obstacles": _as_json(why)} for stored, why in found if why]
        if not stuck and (accept_touched or not touched):
            done = [(stored, migrated(stored.case, plan, after, calendar, now)) for stored in cases]
            await record(tx, by, now, [(stored, (act,)) for stored, act in done])
            for stored, act in done:
                tally.moved(stored, act, after, now)
    touched += [{"id": case_id, "code": code} for case_id, (code, _) in known.items()]
    if touched and not accept_touched:
        raise CasesTouched(number=len(touched), cases=touched[:_NAMED])
    if stuck:
        raise CasesInTheWay(number=len(stuck), cases=stuck[:_NAMED])
    await store.set_executed(tx, migration, now, {**tally.report(), "touched": len(touched)})
    return await get_migration(tx, migration, agency=agency)


async def get_migration(tx: AsyncConnection, migration: UUID, *, agency: str) -> AnyRow:
    """A migration of the agency, with its report.

    Raises:
        MigrationNotFound
    """
    row = await store.migration_of(tx, migration, agency)
    if row is None:
        raise MigrationNotFound
    return row


async def list_migrations(
    tx: AsyncConnection, agency: str, *, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's migrations, newest first."""
    return await store.list_migrations(tx, agency, after, limit)


async def list_obstacles(
    tx: AsyncConnection, look: Look, migration: UUID, *, agency: str, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The cases that cannot move, each with everything that keeps it.

    The last of `limit` tells only that there are more; it is not shown.

    Raises:
        MigrationNotFound
    """
    await get_migration(tx, migration, agency=agency)
    found = await store.cases_in_the_way(tx, migration, after, limit)
    await record_look(tx, look, *await seen_by_id(tx, [row.case_id for row in found[: limit - 1]]))
    return found


async def show_named(tx: AsyncConnection, look: Look, refused: CasesInTheWay | CasesTouched) -> None:
    """Record that the cases are shown which a refusal names."""
    named = cast("list[dict[str, Any]]", refused.extensions["cases"])
    await record_look(tx, look, *await seen_by_id(tx, [case["id"] for case in named]))


def etag_of_migration(row: AnyRow) -> str:
    """Names this state of a migration."""
    return f'"{row.status}"'


async def _target(tx: AsyncConnection, agency: str, code: str, plan: Plan) -> Definition:
    """The version that cases move to, once the plan was held against both."""
    versions = []
    for version in (plan.from_version, plan.to_version):
        row = await get_version(tx, code, version, agency=agency)
        if row.agency != agency:
            raise ProcedureNotFound
        versions.append(row)
    if versions[1].status != "published":
        raise NotInForce(procedure=code)
    before, after = (definition_from_json(row.definition) for row in versions)
    faults = list(plan_faults(plan, before, after))
    if faults:
        raise Invalid(faults=faults)
    return after


async def _running(
    tx: AsyncConnection, code: str, version: int, *, for_update: bool
) -> AsyncIterator[list[Stored]]:
    """The cases that run on a version, some at a time."""
    number, last = 0, None
    while cases := await running_cases(tx, code, version, last, _AT_ONCE, for_update=for_update):
        number += len(cases)
        if number > MOST_CASES:
            raise TooManyCases
        yield cases
        last = cases[-1].case.id


def _planned(
    stored: Stored, plan: Plan, after: Definition, calendar: WorkingCalendar, now: datetime, tally: _Tally
) -> dict[str, Any]:
    """What is remembered of a case, counted in the tally."""
    found = obstacles(stored.case, plan, after)
    if found:
        tally.stuck(found)
    else:
        tally.moved(stored, migrated(stored.case, plan, after, calendar, now), after, now)
    return {
        "migration": plan.id,
        "case_id": stored.case.id,
        "code": stored.code,
        "sequence": stored.case.sequence,
        "obstacles": _as_json(found) or None,
    }


def _is_touched(stored: Stored, known: dict[UUID, tuple[str, int]]) -> bool:
    """Whether something was done to the case since the plan; what stays in `known` runs no more."""
    return known.pop(stored.case.id, None) != (stored.code, stored.case.sequence)


def _named(stored: Stored) -> dict[str, Any]:
    return {"id": stored.case.id, "code": stored.code}


def _as_json(found: Sequence[Obstacle]) -> list[dict[str, Any]]:
    return [{"code": each.code, "step": each.step, "text": _words(each.text)} for each in found]


def _words(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
