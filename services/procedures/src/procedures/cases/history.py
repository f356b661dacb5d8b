"""A case as it stood at any instant: the fold of its log up to then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.cases import store
from procedures.cases.operations import get_case, log_of_case
from procedures.cases.sealing import FiledForm, opened_case
from procedures.cases.store import Stored
from procedures.domain.case import fold
from procedures.domain.log import Link
from shared.errors import NotFound, Text


@dataclass(frozen=True, slots=True)
class Former(Stored):
    """A case as it stood, of which more may be erased by now than then."""

    seen_from: int
    """The number of the newest act of the case."""

    @property
    def etag(self) -> str:
        """Names the former state as it is seen from the present one."""
        return f'"{self.case.sequence}-{self.head.hex()[:16]}-{self.seen_from}"'


class NotFiledYet(NotFound):
    """The case was filed after the instant that is asked about."""

    slug = "case-not-filed-yet"
    title = Text(vi="Lúc đó hồ sơ chưa được nộp.", en="The case had not been filed by then.")


async def case_as_of(
    tx: AsyncConnection, case_id: UUID, look: Look, as_of: datetime
) -> tuple[Stored, FiledForm | None]:
    """The case as it stood at the instant, and what was filled in. What is erased by now stays erased.

    Raises:
        CaseNotFound, NotFiledYet.
    """
    stored = await get_case(tx, case_id, look)
    former = _at(stored, entries_until(await store.log_of(tx, case_id), as_of))
    return former, await store.form_of(tx, stored)


async def log_as_of(
    tx: AsyncConnection, case_id: UUID, look: Look, as_of: datetime
) -> tuple[Stored, list[Link], bool]:
    """The case as it stood, its log up to the instant, and whether the whole log is sound to this day.

    First in its transaction.

    Raises:
        CaseNotFound, NotFiledYet.
    """
    stored, links, sound = await log_of_case(tx, case_id, look)
    until = entries_until(links, as_of)
    return _at(stored, until), until, sound


def entries_until(links: Sequence[Link], as_of: datetime) -> list[Link]:
    """What had been done by the instant: an entry counts when it and all before it were made by then.

    Raises:
        NotFiledYet: nothing.
    """
    until = list(takewhile(lambda link: link.at <= as_of, links))
    if not until:
        raise NotFiledYet
    return until


def _at(stored: Stored, links: Sequence[Link]) -> Stored:
    former = fold(stored.case.id, map(store.entry_of, links))
    kept = replace(former, erased=stored.kept.erased)
    case = opened_case(stored.key, kept)
    return Former(case, stored.code, links[-1].hash, kept, stored.key, stored.case.sequence)
