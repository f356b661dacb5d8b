"""Whether the rows that follow from a case, in tables of their own, are as its log has them: the issued results that
people verify, the timers that will fire, the tasks that systems are given, and until when an ended case is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.store import entry_of
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.external_task import LONGEST_DELAY as LONGEST_REST
from procedures.domain.external_task import LONGEST_LEASE
from procedures.domain.log import Link
from procedures.domain.result import ResultState
from procedures.domain.result_acts import ResultIssued, ResultRevoked
from procedures.domain.retention import RetentionRule, due
from procedures.domain.timer import LONGEST_DELAY
from procedures.domain.timers import timers_of
from procedures.external_tasks import store as external_tasks
from procedures.results import store as results
from procedures.retention import store as retention
from procedures.timers import store as timers
from shared.db import AnyRow
from shared.errors import Text

_RESULTS = Text(
    vi="Kết quả đã cấp không khớp với nhật ký.", en="The issued results do not follow from the log."
)
_TIMERS = Text(
    vi="Hẹn giờ của hồ sơ không khớp với nhật ký.", en="The timers of the case do not follow from the log."
)
_EXTERNAL = Text(
    vi="Việc giao cho hệ thống không khớp với nhật ký.",
    en="The tasks that systems are given do not follow from the log.",
)
_RETENTION = Text(
    vi="Thời hạn lưu hồ sơ không khớp với nhật ký.",
    en="Until when the case is kept does not follow from the log.",
)

_NO_TITLE = {"title_vi": None, "title_en": None}
_APART = timedelta(minutes=5)
"""How far the clocks of the processes may be ahead of the database's."""


@dataclass(slots=True)
class Followers:
    """What is stored of one case, and what it depends on beside the log."""

    now: datetime
    calendar: WorkingCalendar
    rules: Collection[RetentionRule]
    titles: results.Titles
    results: list[AnyRow] = field(default_factory=list)
    timers: list[AnyRow] = field(default_factory=list)
    external_tasks: list[AnyRow] = field(default_factory=list)
    retention: AnyRow | None = None


async def followers_of(tx: AsyncConnection, cases: Sequence[AnyRow]) -> dict[UUID, Followers]:
    """What follows from these cases, as it is stored."""
    ids, now = [case.id for case in cases], await timers.database_now(tx)
    agencies = {case.agency for case in cases}
    calendars = {agency: await calendar_of(tx, agency) for agency in sorted(agencies)}
    rules = await retention.rules_of(tx, {(case.procedure, case.version) for case in cases})
    issued = await results.of_cases(tx, ids)
    with_results = {row.case_id for row in issued}
    titles = await results.titles_of(tx, {case.procedure for case in cases if case.id in with_results})
    found = {
        case.id: Followers(now, calendars[case.agency], rules.get((case.procedure, case.version), ()), titles)
        for case in cases
    }
    for row in issued:
        found[row.case_id].results.append(row)
    for row in await timers.of_cases(tx, ids):
        found[row.case_id].timers.append(row)
    for row in await external_tasks.of_cases(tx, ids):
        found[row.case_id].external_tasks.append(row)
    for row in await retention.of_cases(tx, ids):
        found[row.case_id].retention = row
    return found


def flaw_of_followers(case: Case, links: Sequence[Link], stored: Followers) -> Text | None:
    """The first of them that does not follow from a case and its log, which are sound."""
    return (
        _flaw_of_results(case, links, stored)
        or _flaw_of_timers(case, stored)
        or _flaw_of_external_tasks(case, stored)
        or _flaw_of_retention(case, links, stored)
    )


def _are(rows: Mapping[Any, AnyRow], expected: Mapping[Any, Mapping[str, Any]]) -> bool:
    """Whether there are just these rows, and each says what is expected of it."""
    return rows.keys() == expected.keys() and all(
        getattr(rows[key], name) == value for key, row in expected.items() for name, value in row.items()
    )


def _flaw_of_results(case: Case, links: Sequence[Link], stored: Followers) -> Text | None:
    """The random address, which stands on the paper alone, follows from nothing."""
    told = {row.id: row for row in stored.results}
    return None if _are(told, _issued(case, links, stored.titles)) else _RESULTS


def _issued(case: Case, links: Sequence[Link], titles: results.Titles) -> Mapping[UUID, dict[str, Any]]:
    """The rows of the results that a log tells of, by their ids."""
    rows: dict[UUID, dict[str, Any]] = {}
    version = case.version
    for link in links:
        if link.act["kind"] in ("submitted", "migrated"):
            version = link.act["version"]
        if link.act["kind"] not in ("result_issued", "result_revoked"):
            continue
        act = entry_of(link).act
        if isinstance(act, ResultRevoked):
            row = rows[act.result]
            row |= {"state": ResultState.REVOKED, "legal_ground": act.legal_ground}
            row["ended_at"] = row["ended_at"] or link.at
        elif isinstance(act, ResultIssued):
            if act.supersedes is not None:
                ended = {"state": ResultState.SUPERSEDED, "ended_at": link.at}
                rows[act.supersedes] |= {**ended, "superseded_by": act.result.id}
            rows[act.result.id] = {
                "agency": case.agency,
                "type": act.result.type,
                **titles.get((case.procedure, version, act.result.type), _NO_TITLE),
                "number": act.result.number,
                "issued_at": act.result.issued_at,
                "json_sha256": act.result.sha256,
                "pdf_sha256": act.attachments[0].sha256,
                "state": ResultState.IN_FORCE,
                "ended_at": None,
                "legal_ground": None,
                "superseded_by": None,
            }
    return rows


def _flaw_of_timers(case: Case, stored: Followers) -> Text | None:
    """One fires at its instant, and later only after it has failed to: then it rests, and not for long."""
    expected = {(timer.kind.value, timer.subject, timer.at) for timer in timers_of(case)}
    if {(row.kind, row.subject, row.at) for row in stored.timers} != expected:
        return _TIMERS
    latest = stored.now + LONGEST_DELAY + _APART
    in_time = (
        row.at < row.fires_at <= latest if row.failures else row.fires_at == row.at for row in stored.timers
    )
    return None if all(in_time) else _TIMERS


def _flaw_of_external_tasks(case: Case, stored: Followers) -> Text | None:
    """Who has a task follows from nothing, but each can be had again before long, or becomes an incident."""
    told = {row.step: row for row in stored.external_tasks}
    tasks = external_tasks.tasks_for_systems(case)
    latest = stored.now + max(LONGEST_REST, LONGEST_LEASE) + _APART
    follows = _are(told, {task.step: external_tasks.task_row(case, task) for task in tasks}) and all(
        0 <= row.attempts_left <= row.attempts and row.free_at <= latest for row in stored.external_tasks
    )
    return None if follows else _EXTERNAL


def _flaw_of_retention(case: Case, links: Sequence[Link], stored: Followers) -> Text | None:
    """There is a row once the case has ended; until when it is kept is found out a while later. Lists that are not
    settled are looked at by themselves."""
    row = stored.retention
    if row is None or case.ended_at is None:
        return None if row is None and case.ended_at is None else _RETENTION
    disposed = case.erased or case.transferred
    kept = (row.agency, row.ended_at, row.held, row.disposed_at)
    until = due(stored.rules, case, stored.calendar) if row.scheduled else None
    follows = kept == (case.agency, case.ended_at, case.is_needed, disposed and disposed.at) and (
        (row.due_on, row.disposal) == ((until.on, until.then.value) if until else (None, None))
    )
    listed = disposed is None or row.disposal_list == _list_of(links)
    return None if follows and listed else _RETENTION


def _list_of(links: Sequence[Link]) -> UUID | None:
    """The list by which a case was disposed of; None when it was reopened since, and nothing is known of a list."""
    for link in reversed(links):
        if link.act["kind"] == "reopened":
            break
        if link.act["kind"] in ("erased", "transferred"):
            return UUID(link.act["disposal_list"])
    return None
