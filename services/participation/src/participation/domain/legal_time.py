"""Days and months as the agencies count them: in the legal time of Vietnam."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def legal_date(at: datetime) -> date:
    """The date on the agencies' wall at this instant."""
    return at.astimezone(ZONE).date()


def start_of(day: date) -> datetime:
    """The first instant of a legal day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def month_of(at: datetime) -> str:
    """The legal month in which an instant falls, as `2026-11`; as text, months sort as they follow."""
    return f"{legal_date(at):%Y-%m}"
