"""Whether the rows that follow from a case, in tables of their own, are as its log has them: the issued results that
people verify, the timers that will fire, and until when an ended case is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.store import entry_of
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.log import Link
from procedures.domain.result import ResultState
from procedures.domain.result_acts import ResultIssued, ResultRevoked
from procedures.domain.retention import RetentionRule, due
from procedures.domain.timers import timers_of
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
_RETENTION = Text(
    vi="Thời hạn lưu hồ sơ không khớp với nhật ký.",
    en="Until when the case is kept does not follow from the log.",
)


@dataclass(slots=True)
class Followers:
    """What is stored of one case, and what it depends on beside the log."""

    calendar: WorkingCalendar
    rules: Collection[RetentionRule]
    results: list[AnyRow] = field(default_factory=list)
    timers: list[AnyRow] = field(default_factory=list)
    retention: AnyRow | None = None


async def followers_of(tx: AsyncConnection, cases: Sequence[AnyRow]) -> dict[UUID, Followers]:
    """What follows from these cases, as it is stored."""
    ids = [case.id for case in cases]
    agencies = {case.agency for case in cases}
    calendars = {agency: await calendar_of(tx, agency) for agency in sorted(agencies)}
    rules = await retention.rules_of(tx, {(case.procedure, case.version) for case in cases})
    found = {
        case.id: Followers(calendars[case.agency], rules.get((case.procedure, case.version), ()))
        for case in cases
    }
    for row in await results.of_cases(tx, ids):
        found[row.case_id].results.append(row)
    for row in await timers.of_cases(tx, ids):
        found[row.case_id].timers.append(row)
    for row in await retention.of_cases(tx, ids):
        found[row.case_id].retention = row
    return found


def flaw_of_followers(case: Case, links: Sequence[Link], stored: Followers) -> Text | None:
    """The first of them that does not follow from a case and its log, which are sound."""
    return (
        _flaw_of_results(case, links, stored.results)
        or _flaw_of_timers(case, stored.timers)
        or _flaw_of_retention(case, stored)
    )


def _flaw_of_results(case: Case, links: Sequence[Link], rows: Sequence[AnyRow]) -> Text | None:
    """What stands on a paper and what it is told by alone, its title and its random address, is not in the log."""
    expected = _issued(case, links)
    told = {row.id: row for row in rows}
    if told.keys() != expected.keys():
        return _RESULTS
    same = (getattr(told[key], name) == value for key, row in expected.items() for name, value in row.items())
    return None if all(same) else _RESULTS


def _issued(case: Case, links: Sequence[Link]) -> Mapping[UUID, dict[str, Any]]:
    """The rows of the results that a log tells of, by their ids."""
    rows: dict[UUID, dict[str, Any]] = {}
    for link in links:
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


def _flaw_of_timers(case: Case, rows: Sequence[AnyRow]) -> Text | None:
    """One fires at its instant, and later only after it has failed to."""
    expected = {(timer.kind.value, timer.subject, timer.at) for timer in timers_of(case)}
    if {(row.kind, row.subject, row.at) for row in rows} != expected:
        return _TIMERS
    in_time = (row.fires_at > row.at if row.failures else row.fires_at == row.at for row in rows)
    return None if all(in_time) else _TIMERS


def _flaw_of_retention(case: Case, stored: Followers) -> Text | None:
    """There is a row once the case has ended; until when it is kept is found out a while later."""
    row = stored.retention
    if row is None or case.ended_at is None:
        return None if row is None and case.ended_at is None else _RETENTION
    disposed = case.erased or case.transferred
    kept = (row.agency, row.ended_at, row.held, row.disposed_at)
    until = due(stored.rules, case, stored.calendar) if row.scheduled else None
    follows = kept == (case.agency, case.ended_at, case.is_needed, disposed and disposed.at) and (
        (row.due_on, row.disposal) == ((until.on, until.then.value) if until else (None, None))
    )
    return None if follows else _RETENTION
