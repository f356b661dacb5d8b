"""What came of the cases of the register, as a table."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from procedures.domain.terms import WORKING_DAY
from tests.acceptance.office import Played

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_HEADINGS = (
    "sheet",
    "steps",
    "agencies",
    "term",
    "still",
    "due",
    "decided",
    "closed",
    "late",
    "by whom",
    "findings",
)


def table(played: Mapping[str, Played]) -> str:
    """A line a sheet; durations in working days of eight hours, instants in Viet Nam's time."""
    lines = [
        _HEADINGS,
        ("---",) * len(_HEADINGS),
        *(_line(name, one) for name, one in sorted(played.items())),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _line(name: str, one: Played) -> tuple[str, ...]:
    late = sum(one.delays.values(), timedelta())
    return (
        name,
        str(len(one.steps)),
        str(len(one.agencies)),
        str(one.definition["term"].get("amount", "none")),
        _days(one.stood_still),
        _local(one.clock["dueAt"]),
        _local(one.case["decidedAt"]),
        _local(one.case["endedAt"]),
        _days(late) if one.clock["dueAt"] else "",
        ", ".join(f"{holder} {_days(part)}" for holder, part in one.delays.items()),
        ", ".join(_counted(one)),
    )


def _counted(one: Played) -> Iterator[str]:
    for code, number in Counter(code for code, _ in one.findings).items():
        yield f"`{code}`" + (f" ×{number}" if number > 1 else "")


def _days(span: timedelta) -> str:
    return f"{span / WORKING_DAY:g}"


def _local(instant: str | None) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(_ZONE):%d.%m. %H:%M}" if instant else ""
