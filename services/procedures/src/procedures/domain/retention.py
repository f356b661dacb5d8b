"""How long an ended case is kept, from when, and what becomes of it then: rules of the procedure's definition.

    "retention": [{"result": "granted", "years": 10, "from": "decided", "then": "transfer"},
                  {"result": "withdrawn", "years": 2, "from": "ended", "then": "destroy"}]

A result without a rule, and one whose `years` are null, is kept for good. On the day that comes `years` later, in
the agency's zone, the case is due to be destroyed or transferred to an archive. It happens only when a second
person approves the list on which it stands, and never while the case is held.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from procedures.domain.agency import AnotherAgency
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Outcome
from procedures.domain.json_input import Node
from procedures.domain.personal import CaseErased
from procedures.domain.retention_acts import HoldLifted, HoldPlaced
from procedures.domain.status import Status
from shared.errors import Conflict, Forbidden, Text

LONGEST_YEARS = 200
RESULTS = (
    *(outcome.value for outcome in Outcome),
    *(status.value for status in Status if status.ended and status is not Status.CLOSED),
)
"""How a case can end: as it was decided, or before that."""


class CountedFrom(StrEnum):
    """The event from which the years are counted."""

    SUBMITTED = "submitted"
    DECIDED = "decided"
    ENDED = "ended"


class Disposal(StrEnum):
    """What becomes of a case when it has been kept long enough."""

    DESTROY = "destroy"
    TRANSFER = "transfer"


class CaseHeld(Conflict):
    """The case is held already."""

    slug = "case-held"
    title = Text(vi="Hồ sơ đang được giữ lại.", en="The case is held already.")


class CaseNotHeld(Conflict):
    """The case is not held."""

    slug = "case-not-held"
    title = Text(vi="Hồ sơ không bị giữ lại.", en="The case is not held.")


class SecondPersonNeeded(Forbidden):
    """Who has drawn up a list of cases to be disposed of cannot approve it."""

    slug = "second-person-needed"
    title = Text(
        vi="Người lập danh sách không được tự duyệt; cần một người khác.",
        en="Whoever drew up the list cannot approve it; it takes a second person.",
    )


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long cases with this result are kept."""

    result: str
    years: int | None
    """None: for good."""
    counted_from: CountedFrom
    then: Disposal

    def to_json(self) -> dict[str, Any]:
        """As it stands in a definition."""
        return {
            "result": self.result,
            "years": self.years,
            "from": self.counted_from.value,
            "then": self.then.value,
        }


@dataclass(frozen=True, slots=True)
class Due:
    """The day on which a case has been kept long enough, and what becomes of it then."""

    on: date
    then: Disposal


def read_rules(node: Node) -> tuple[RetentionRule, ...]:
    """The rules in a definition; faults are noted."""
    if not node.given:
        return ()
    items = node.items()
    rules = tuple(_rule(item) for item in items)
    for at, rule in enumerate(rules):
        if rule.result in (other.result for other in rules[:at]):
            items[at].get("result").fault(
                "repeated",
                vi="Kết quả này đã có quy định ở trên.",
                en="There is a rule for this result above.",
            )
    return rules


def _rule(node: Node) -> RetentionRule:
    node.object()
    node.only("result", "years", "from", "then")
    years = node.get("years")
    return RetentionRule(
        result=_one_of(node.get("result"), RESULTS),
        years=years.whole(least=1, most=LONGEST_YEARS) if years.given else None,
        counted_from=CountedFrom(_one_of(node.get("from"), [*CountedFrom])),
        then=Disposal(_one_of(node.get("then"), [*Disposal])),
    )


def _one_of(node: Node, allowed: Collection[str]) -> str:
    text = node.text()
    if text in allowed:
        return text
    if text:
        listed = ", ".join(allowed)
        node.fault("not_listed", vi=f"Cần một trong: {listed}.", en=f"Needs one of: {listed}.")
    return next(iter(allowed))


def result_of(case: Case) -> str:
    """How the case has ended."""
    return case.outcome.value if case.outcome is not None else case.status.value


def due(rules: Collection[RetentionRule], case: Case, calendar: WorkingCalendar) -> Due | None:
    """When an ended case has been kept long enough; None: never."""
    rule = next((rule for rule in rules if rule.result == result_of(case)), None)
    if rule is None or rule.years is None:
        return None
    instants = {
        CountedFrom.SUBMITTED: case.submitted_at,
        CountedFrom.DECIDED: case.decided_at,
        CountedFrom.ENDED: case.ended_at,
    }
    since = instants[rule.counted_from] or case.ended_at
    assert since is not None
    return Due(years_after(calendar.local_date(since), rule.years), rule.then)


def may_be_disposed_of(
    rules: Collection[RetentionRule], case: Case, calendar: WorkingCalendar, disposal: Disposal, today: date
) -> bool:
    """Whether this is to become of a case by now; asked of the case itself, whatever lists and rows say."""
    if case.ended_at is None or case.is_needed or disposed_of(case):
        return False
    until = due(rules, case, calendar)
    return until is not None and until.then is disposal and until.on <= today


def years_after(day: date, years: int) -> date:
    """The same day of a later year; of 29 February, where there is none, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def place_hold(case: Case, agency: str, reason: str) -> tuple[HoldPlaced]:
    """The agency that answers for the case needs it: it is not disposed of.

    Raises:
        AnotherAgency, CaseHeld.
        CaseErased: there is nothing left to hold.
    """
    if agency != case.agency:
        raise AnotherAgency
    if case.erased is not None:
        raise CaseErased
    if case.hold is not None:
        raise CaseHeld
    return (HoldPlaced(reason=reason),)


def lift_hold(case: Case, agency: str) -> tuple[HoldLifted]:
    """The case is not needed any more.

    Raises:
        AnotherAgency, CaseNotHeld.
    """
    if agency != case.agency:
        raise AnotherAgency
    if case.hold is None:
        raise CaseNotHeld
    return (HoldLifted(),)


def disposed_of(case: Case) -> bool:
    """Whether nothing is left to be done to it."""
    return case.erased is not None or case.transferred is not None
