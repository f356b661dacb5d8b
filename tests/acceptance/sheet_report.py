"""What came of the sheets of the register, as tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from procedures.domain.terms import WORKING_DAY
from tests.acceptance.office import Played

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_CASES = (
    *("sheet", "steps", "agencies", "term", "stood still", "due", "decided", "closed"),
    *("late", "in whose hands", "over its own allowance"),
)
_FINDINGS = ("finding", "in all", "sheets")


@dataclass(frozen=True, slots=True)
class Register:
    """By sheet: the case that was played, where the sheet is sound, and the codes of what the linter found."""

    played: dict[str, Played] = field(default_factory=dict)
    findings: dict[str, Sequence[str]] = field(default_factory=dict)


def report(register: Register) -> str:
    """The cases, and the findings; durations in working days of eight hours, instants in Viet Nam's time."""
    cases = [_case(name, one) for name, one in sorted(register.played.items())]
    found = [(code, name) for name, codes in sorted(register.findings.items()) for code in codes]
    codes = Counter(code for code, _ in found)
    return "\n".join(
        [
            *_table(_CASES, cases),
            "",
            *_table(_FINDINGS, [_finding(code, number, found) for code, number in codes.most_common()]),
            "",
        ]
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows)]


def _case(name: str, one: Played) -> Sequence[str]:
    return (
        name,
        str(len(one.steps)),
        str(len(one.agencies)),
        str(one.definition["term"].get("amount", "none")),
        _days(one.stood_still),
        _local(one.clock["dueAt"]),
        _local(one.case["decidedAt"]),
        _local(one.case["endedAt"]),
        _days(sum(one.delays.values(), timedelta())),
        _each(one.delays),
        _each(one.overran),
    )


def _finding(code: str, number: int, found: Iterable[tuple[str, str]]) -> Sequence[str]:
    sheets = Counter(name for each, name in found if each == code)
    named = (name if times == 1 else f"{name} ×{times}" for name, times in sheets.items())
    return f"`{code}`", str(number), ", ".join(named)


def _each(parts: Mapping[str, timedelta]) -> str:
    return ", ".join(f"{holder} {_days(part)}" for holder, part in parts.items())


def _days(span: timedelta) -> str:
    return f"{span / WORKING_DAY:g}" if span else ""


def _local(instant: str | None) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(_ZONE):%d.%m. %H:%M}" if instant else ""
