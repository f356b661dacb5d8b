"""Whether agencies work by the calendars that they declared.

Terms of cases to come run by `calendars`; every edit that changes working time is kept in `calendar_versions` too.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.domain.calendar import WorkingCalendar
from shared.errors import Invalid, Text

_CALENDAR = Text(
    vi="Lịch làm việc không phải là lịch mà cơ quan đã khai báo gần nhất.",
    en="The working calendar is not the one that the agency declared last.",
)


async def flaws_of_calendars(tx: AsyncConnection) -> list[tuple[str, Text]]:
    """The agencies whose working time is not as they declared it last; of one that never changed any, nothing is known."""
    return [
        (row.agency, _CALENDAR)
        for row in await store.newest_calendars(tx)
        if not _alike(row.present, row.newest)
    ]


def _alike(present: object, newest: object) -> bool:
    """Whether both are calendars, of the same working time."""
    try:
        return WorkingCalendar.from_json(present).differs_from(WorkingCalendar.from_json(newest)) is None
    except Invalid:
        return False
