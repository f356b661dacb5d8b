"""Whether what is stored of a case is what was done to it.

The chain of hashes shows a changed log. State, form, open tasks and the columns that lists are read from
follow from the log, so each of them is compared with it.

The state is compared by what it says: a field that an earlier release did not write stands at its default. What
was hashed is compared as it is stored, to the bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.followers import Followers, flaw_of_followers, followers_of
from procedures.cases.sealing import FiledForm, filed_form, key_of
from procedures.cases.store import Stored
from procedures.consultations.store import consultees_of, rows_of
from procedures.documents.soundness import flaw_of_documents
from procedures.documents.store import documents_of
from procedures.domain.acts import Entry
from procedures.domain.case import Case, fold
from procedures.domain.log import Link, canonical, first_broken
from procedures.domain.personal import with_personal_texts
from procedures.keys.keyring import CaseKey, Unreadable
from procedures.links.store import link_row, link_rows_of
from procedures.payments.soundness import flaw_of_payments
from procedures.payments.store import payments_of
from shared.db import AnyRow
from shared.errors import Text

_UNREADABLE = Text(vi="Nhật ký không đọc được.", en="The log cannot be read.")
_LOG_LOST = Text(vi="Hồ sơ không có nhật ký.", en="The case has no log.")
_END_LOST = Text(
    vi="Nhật ký bị mất phần cuối, hoặc mã băm cuối bị sửa.",
    en="The end of the log, or its hash, is not there.",
)
_STATE = Text(vi="Trạng thái không khớp với nhật ký.", en="The state does not follow from the log.")
_FORM = Text(vi="Tờ khai không phải là bản đã nộp.", en="The form is not the one that was filed.")
_KEY = Text(
    vi="Khóa dữ liệu của hồ sơ không mở được.", en="The key of the case cannot be opened, or is lost."
)
_TEXT = Text(
    vi="Một nội dung được niêm phong trong nhật ký không mở được.",
    en="A sealed text in the log cannot be opened.",
)
_COLUMNS = Text(
    vi="Dòng hồ sơ không khớp với nhật ký.", en="The row of the case does not follow from the log."
)
_LINK = Text(
    vi="Liên kết hồ sơ không khớp với nhật ký.", en="The link of the case does not follow from the log."
)
_CONSULTEES = Text(
    vi="Nơi đang được lấy ý kiến không khớp với nhật ký.",
    en="Those whose opinion is waited for do not follow from the log.",
)
_TASKS = Text(vi="Việc đang mở không khớp với nhật ký.", en="The open tasks do not follow from the log.")


@dataclass(frozen=True, slots=True)
class Verified:
    """A case that was looked at, and the first thing that is wrong with it."""

    id: UUID
    code: str
    flaw: Text | None


def flaw_of_log(
    stored: Stored, state: Mapping[str, Any], links: Sequence[Link], form: FiledForm | None
) -> Text | None:
    """The first thing that is wrong with log, state (as its row holds it) or form of a case; None when all follows."""
    followed = _follow(stored.case.id, stored.code, stored.head, state, links)
    if isinstance(followed, Text):
        return followed
    case, entries = followed
    return _flaw_of_form(form, case) or _flaw_of_texts(stored.key, entries)


async def verify_cases(
    tx: AsyncConnection, *, after: UUID | None, limit: int, code: str | None = None
) -> list[Verified]:
    """Look at the next cases in the order of their ids, or at the one with this code.

    First in its transaction, so that no act comes between a case and its log.
    """
    await store.see_one_state(tx)
    return await flaws_of_cases(tx, after=after, limit=limit, code=code)


async def flaws_of_cases(
    tx: AsyncConnection, *, after: UUID | None, limit: int, code: str | None = None
) -> list[Verified]:
    """As `verify_cases`, within a transaction that sees one state already."""
    rows = await store.kept_cases(tx, after=after, limit=limit, code=code)
    ids = [row.id for row in rows]
    logs, tasks = await store.logs_of(tx, ids), await store.tasks_of(tx, ids)
    documents, links = await documents_of(tx, ids), await link_rows_of(tx, ids)
    consultees, payments = await consultees_of(tx, ids), await payments_of(tx, ids)
    followers = await followers_of(tx, rows)
    return [
        Verified(
            row.id,
            row.code,
            _flaw_of_row(
                tx,
                row,
                _Beside(
                    logs.get(row.id, []),
                    tasks.get(row.id, []),
                    documents.get(row.id, {}),
                    links.get(row.id),
                    consultees.get(row.id, []),
                    payments.get(row.id, []),
                    followers[row.id],
                ),
            ),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the row of a case."""

    log: Sequence[Link]
    tasks: Sequence[Mapping[str, Any]]
    documents: Mapping[UUID, AnyRow]
    link: Mapping[str, Any] | None
    consultees: Sequence[Mapping[str, Any]]
    payments: Sequence[AnyRow]
    followers: Followers


def _flaw_of_row(tx: AsyncConnection, row: AnyRow, beside: _Beside) -> Text | None:
    followed = _follow(row.id, row.code, row.head, row.state, beside.log)
    if isinstance(followed, Text):
        return followed
    case, entries = followed
    return (
        _flaw_of_sealed(tx, row, case, entries)
        or _flaw_of_lists(row, case, beside)
        or flaw_of_documents(tx, case, beside.log, beside.documents)
        or flaw_of_payments(case, row.code, beside.payments)
        or flaw_of_followers(case, beside.log, beside.followers)
    )


def _follow(
    case_id: UUID, code: str, head: bytes, state: Mapping[str, Any], links: Sequence[Link]
) -> tuple[Case, Sequence[Entry]] | Text:
    """The case that the log describes, with its entries; or what keeps the state from following from it."""
    flaw = _flaw_of_chain(case_id, code, head, links)
    if flaw is not None:
        return flaw
    entries = _entries(links)
    case = _folded(case_id, entries)
    if case is None:
        return _UNREADABLE
    return (case, entries) if _says(state, case) else _STATE


def _says(state: Mapping[str, Any], case: Case) -> bool:
    """Whether the state, as it is stored, is this case: nothing else stands in it, and what does not stand in it
    is at its default."""
    written = store.case_json(case)
    if canonical(state) == canonical(written):
        return True
    try:
        return _is_part(state, written) and store.read_state(state) == case
    except ValidationError:  # what every release wrote is missing
        return False


def _is_part(stored: Any, written: Any) -> bool:
    """Whether what is stored is what would be written now, but for fields that are missing."""
    if isinstance(stored, dict) and isinstance(written, dict):
        return stored.keys() <= written.keys() and all(
            _is_part(value, written[name]) for name, value in stored.items()
        )
    if isinstance(stored, list) and isinstance(written, list):
        return len(stored) == len(written) and all(map(_is_part, stored, written))
    return type(stored) is type(written) and bool(stored == written)


def _flaw_of_sealed(tx: AsyncConnection, row: AnyRow, case: Case, entries: Sequence[Entry]) -> Text | None:
    """Whether the key opens what is sealed under it; only an erased case has none."""
    key = key_of(tx, row.id, row.data_key)
    if (key is None) != (case.erased is not None) or (key is not None and not key.opens):
        return _KEY
    return _flaw_of_form(filed_form(key, row.form), case) or _flaw_of_texts(key, entries)


def _flaw_of_lists(row: AnyRow, case: Case, beside: _Beside) -> Text | None:
    """Whether what lists are read from is as the case has it."""
    if any(getattr(row, name) != value for name, value in store.case_columns(case).items()):
        return _COLUMNS
    expected = [store.task_row(case, task) for task in case.tasks]
    if sorted(beside.tasks, key=_step) != sorted(expected, key=_step):
        return _TASKS
    if beside.link != (None if case.link is None else link_row(case)):
        return _LINK
    consulted = {one["id"]: one for one in rows_of(case)}
    return None if {one["id"]: one for one in beside.consultees} == consulted else _CONSULTEES


def _flaw_of_form(form: FiledForm | None, case: Case) -> Text | None:
    """It is sealed, and fits the commitment in the log; the keys of an erased case are gone with it."""
    if case.erased is not None:
        return None
    return None if form is not None and form.commitment == case.form_commitment else _FORM


def _flaw_of_texts(key: CaseKey | None, entries: Sequence[Entry]) -> Text | None:
    """Whether each sealed text can be opened where it stands."""
    if key is None:
        return None
    try:
        for entry in entries:
            with_personal_texts(entry.act, partial(_open_at, key, entry.sequence))
    except Unreadable:
        return _TEXT
    return None


def _open_at(key: CaseKey, sequence: int, place: str, sealed: str) -> str:
    return key.open_text(sealed, sequence=sequence, place=place)


def _flaw_of_chain(case_id: UUID, code: str, head: bytes, links: Sequence[Link]) -> Text | None:
    if not links:
        return _LOG_LOST
    broken = first_broken(code, case_id, links)
    if broken is not None:
        return Text(
            vi=f"Nhật ký bị sửa từ mục {broken}.", en=f"The log was changed; entry {broken} does not follow."
        )
    return None if links[-1].hash == head else _END_LOST


def _entries(links: Sequence[Link]) -> list[Entry]:
    """The entries; none when one is none of ours, although its hash is right."""
    try:
        return [store.entry_of(link) for link in links]
    except ValidationError:
        return []


def _folded(case_id: UUID, entries: Sequence[Entry]) -> Case | None:
    """The case that the log describes; None when it describes none."""
    try:
        return fold(case_id, entries)
    except ValueError:
        return None


def _step(task: Mapping[str, Any]) -> str:
    return str(task["step"])
