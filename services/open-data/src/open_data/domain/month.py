"""Months of the legal calendar, in the zone in which the agencies work."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def legal_date(at: datetime) -> date:
    """The date on the agencies' wall at this instant."""
    return at.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, written `2026-11`; as text, months sort as they follow each other."""

    year: int
    number: int

    @classmethod
    def of(cls, at: datetime) -> "Month":
        """The month in which an instant falls for the agencies."""
        day = legal_date(at)
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month that `2026-11` names.

        Raises:
            ValueError: when it names none.
        """
        day = date.fromisoformat(f"{text}-01")
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def start(self) -> datetime:
        """Its first instant, in UTC."""
        return datetime(self.year, self.number, 1, tzinfo=ZONE).astimezone(UTC)

    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)


def months(first: Month, before: Month) -> Iterator[Month]:
    """The months from `first` to the one before `before`."""
    while first < before:
        yield first
        first = first.next()
