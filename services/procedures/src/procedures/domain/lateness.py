"""What an agency may do about its time: extend the term while it runs, apologise once it has run out."""

from datetime import date, datetime

from procedures.domain.acts import Act
from procedures.domain.allowances import WORKING
from procedures.domain.answering import answering_unit
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.dating import standing
from procedures.domain.definition import Definition
from procedures.domain.handling import Official
from procedures.domain.status import Action, require_allowed
from procedures.domain.terms import Term, TermKind
from procedures.domain.time_acts import Apologised, Extended
from procedures.domain.time_rules import Extension
from shared.errors import Conflict, Fault, Invalid, Text


class ExtensionNotAllowed(Conflict):
    """The procedure allows no extension, or no further one, or the term has run out already."""

    slug = "extension-not-allowed"
    title = Text(vi="Không gia hạn được hồ sơ này.", en="This case cannot be extended.")


class NotLate(Conflict):
    """The agency apologises for being late, and it is not."""

    slug = "not-late"
    title = Text(vi="Hồ sơ chưa quá hạn nên không cần xin lỗi.", en="The case is not late.")


class AlreadyApologised(Conflict):
    """The law gives one new date, and it was promised before."""

    slug = "already-apologised"
    title = Text(
        vi="Đã xin lỗi và hẹn lại ngày trả một lần; không hẹn lại lần nữa.",
        en="An apology with a new date was recorded before; there is only one.",
    )


def extend(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    *,
    by: Term,
    reason: str,
) -> tuple[Act, ...]:
    """The agency gives itself more time, within what the procedure allows, before the term runs out.

    Raises:
        AnotherAgency, NotThisUnit: the official does not work on it for the agency that answers.
        ExtensionNotAllowed
        Invalid: it is longer than allowed, or counted otherwise.
    """
    require_allowed(case.status, Action.EXTEND)
    answering_unit(case, definition, official)
    allowed, clock = definition.time_rules.extension, case.clock
    assert clock is not None
    _require_extendable(case, allowed, calendar, now)
    assert allowed is not None
    _require_within(by, allowed.longest)
    stands = standing(clock.extend(by), case.tasks, clock.stops, calendar, now)
    return (Extended(by=by, reason=reason, stands=stands),)


def apologise(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    *,
    reason: str,
    promised: date,
) -> Apologised:
    """The agency is late, says why, and promises one new date.

    Raises:
        AnotherAgency, NotThisUnit, NotLate, AlreadyApologised
        Invalid: the promised date is no working day after today.
    """
    require_allowed(case.status, Action.APOLOGISE)
    answering_unit(case, definition, official)
    if case.apology is not None:
        raise AlreadyApologised
    if case.clock is None or not case.clock.is_overdue(now, calendar):
        raise NotLate
    if promised <= calendar.local_date(now) or not calendar.sessions(promised):
        text = Text(vi="Cần một ngày làm việc sau hôm nay.", en="A working day after today is needed.")
        raise Invalid(faults=[Fault("/promisedDate", "not_a_later_working_day", text)])
    return Apologised(reason=reason, promised_at=calendar.end_of(promised))


def _require_extendable(
    case: Case, allowed: Extension | None, calendar: WorkingCalendar, now: datetime
) -> None:
    assert case.clock is not None
    if allowed is None or case.clock.term.kind is TermKind.NONE:
        raise ExtensionNotAllowed(
            Text(vi="Thủ tục này không cho gia hạn.", en="The procedure allows no extension.")
        )
    if len(case.clock.extensions) >= allowed.times:
        raise ExtensionNotAllowed(
            Text(
                vi=f"Đã gia hạn đủ {allowed.times} lần.", en=f"It was extended {allowed.times} times already."
            )
        )
    if case.clock.is_overdue(now, calendar):
        raise ExtensionNotAllowed(
            Text(
                vi="Đã quá hạn; hãy xin lỗi và hẹn lại ngày trả.",
                en="The term has run out; apologise and promise a new date.",
            )
        )


def _require_within(by: Term, longest: Term) -> None:
    alike = by.kind is longest.kind or {by.kind, longest.kind} <= set(WORKING)
    if alike and not by.length:
        text = Text(vi="Cần một thời gian lớn hơn không.", en="It must be longer than nothing.")
    elif not alike:
        text = Text(vi=f"Cần loại {longest.kind.value}.", en=f"It must be in {longest.kind.value}.")
    elif by.length > longest.length:
        most = longest.to_json()["amount"]
        text = Text(
            vi=f"Nhiều nhất {most} ({longest.kind.value}).", en=f"At most {most} ({longest.kind.value})."
        )
    else:
        return
    raise Invalid(faults=[Fault("/by", "wrong_length", text)])
