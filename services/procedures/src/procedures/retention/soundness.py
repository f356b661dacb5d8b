"""Whether the lists by which cases were disposed of are as they were settled: each against the logs of its cases.

Of which list a case was disposed by is looked at with the case. What a list that is not approved yet says of itself,
its ground and who drew it up, follows from nothing; a second person reads it before anything happens.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.retention import store
from procedures.retention.operations import fingerprint
from shared.db import AnyRow
from shared.errors import Text

_AT_ONCE = 20
"""Lists; each may have a thousand cases."""

_LINES = Text(
    vi="Danh sách có hồ sơ không thuộc về nó.", en="Cases stand on the list that do not belong there."
)
_SETTLED = Text(
    vi="Danh sách không ở tình trạng mà nó ghi.", en="The list was not settled as its status says."
)
_CERTIFICATE = Text(
    vi="Biên bản của danh sách không khớp với nhật ký các hồ sơ.",
    en="The certificate of the list does not follow from the logs of its cases.",
)


async def flaws_of_lists(tx: AsyncConnection) -> AsyncIterator[tuple[UUID, Text]]:
    """The lists that are not sound, each with the first thing that is wrong with it."""
    after = UUID(int=0)
    while lists := await store.next_lists(tx, after, _AT_ONCE):
        for row in lists:
            flaw = await _flaw_of(tx, row)
            if flaw is not None:
                yield row.id, flaw
        after = lists[-1].id


async def _flaw_of(tx: AsyncConnection, row: AnyRow) -> Text | None:
    lines = await store.retained_on(tx, row.id)
    drawn_up, approved = row.status == "drawn_up", row.status == "approved"
    settled = (row.revision, row.settled_at is None, row.certificate is None)
    if settled != ((1, True, True) if drawn_up else (2, False, not approved)):
        return _SETTLED
    if approved:
        return await _flaw_of_certificate(tx, row, {line.code for line in lines})
    drawn_up_on = (await calendar_of(tx, row.agency)).local_date(row.drawn_up_at)
    waiting = (
        (line.agency, line.disposal, line.disposed_at) == (row.agency, row.disposal, None)
        and line.due_on is not None
        and line.due_on <= drawn_up_on
        for line in lines
    )
    return None if all(waiting) and (drawn_up or not lines) else _LINES


async def _flaw_of_certificate(tx: AsyncConnection, row: AnyRow, listed: set[str]) -> Text | None:
    """It names the cases on the list, and of each what its log says; which papers a case had, its own hash alone."""
    certificate: dict[str, Any] = dict(row.certificate)
    if certificate.pop("sha256", None) != fingerprint(certificate):
        return _CERTIFICATE
    codes = [line["code"] for line in certificate["cases"]]
    acts = await store.disposals_by(tx, row.id, codes)
    expected = {
        "list": str(row.id),
        "agency": row.agency,
        "disposal": row.disposal,
        "ground": row.ground,
        "drawnUpBy": row.drawn_up_by,
        "approvedAt": row.settled_at.isoformat(),
        "cases": [
            {
                "code": act.code,
                "formCommitment": act.form_commitment,
                "documents": line["documents"],
                "entries": act.sequence,
                "headBefore": act.before.hex(),
                "headAfter": act.hash.hex(),
            }
            for act, line in zip(acts, certificate["cases"], strict=False)
        ],
    }
    follows = certificate.items() >= expected.items() and listed <= set(codes)
    return None if follows and all(_is_told(certificate, act) for act in acts) else _CERTIFICATE


def _is_told(certificate: dict[str, Any], act: AnyRow) -> bool:
    """Whether the act of a case is what the certificate says was done, by whom and when."""
    how = {"destroy": ("erased", ("ground",)), "transfer": ("transferred", ("archive", "receipt"))}
    kind, names = how[certificate["disposal"]]
    return (act.act["kind"], act.actor["subject"], act.at.isoformat()) == (
        kind,
        certificate["approvedBy"],
        certificate["approvedAt"],
    ) and all(act.act[name] == certificate[name] for name in names)
