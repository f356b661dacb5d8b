"""Versions: what was published, for good."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from open_data.domain.table import Column, Row
from shared.errors import Conflict, NotFound, Text

_NUMBER = re.compile(r"([1-9]\d{0,8})\.([1-9]\d{0,17})", re.ASCII)


class VersionNotFound(NotFound):
    slug = "version-not-found"
    title = Text(
        vi="Bộ dữ liệu không có phiên bản này; xem danh sách phiên bản.",
        en="The dataset has no such version; see the list of its versions.",
    )


class FactsIncomplete(Conflict):
    """The events are being read again and have not all arrived yet."""

    slug = "facts-incomplete"
    title = Text(
        vi="Dữ liệu hiện dựa trên ít sự kiện hơn trước. Hãy chờ nhận lại đủ sự kiện.",
        en="The facts rest on fewer events than before. Wait until all have come again.",
    )


class SameEventsOtherBytes(Conflict):
    """A version never changes: what its events come to was changed without a new edition."""

    slug = "same-events-other-bytes"
    title = Text(
        vi="Cùng các sự kiện ấy nay cho kết quả khác với phiên bản đã công bố.",
        en="The same events now come to other bytes than the version that was published.",
    )


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """The number of a version, written `edition.events`: which rules made it, and how many events it rests on.

    So it follows from the events and not from the moment of publishing; it grows with gaps.
    """

    edition: int
    events: int

    @classmethod
    def parse(cls, text: str) -> "Number":
        """The number that `1.250` names.

        Raises:
            VersionNotFound: when it names none.
        """
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise VersionNotFound
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.edition}.{self.events}"


@dataclass(frozen=True, slots=True)
class File:
    """The Parquet file of a version: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a version rests on: how many events, the time of the last, and how to compute their rows."""

    events: int
    last_at: datetime
    rows: Callable[[], list[Row]]


@dataclass(frozen=True, slots=True)
class Version:
    """One published state of a dataset; it never changes again.

    `issued_at` is the time of the last event it rests on. `first_month` and `last_month` are what it covers,
    as `2026-11`; absent when it has no rows.
    """

    number: Number
    issued_at: datetime
    rows: int
    file: File
    columns: tuple[Column, ...]
    first_month: str | None
    last_month: str | None

    def says_the_same_as(self, other: "Version") -> bool:
        """Whether both have the same rows, by the same rules."""
        return (self.number.edition, self.file) == (other.number.edition, other.file)
