"""Whether what is stored of a case is what was done to it.

The chain of hashes shows a changed log. State, form, open tasks and the columns that lists are read from
follow from the log, so each of them is compared with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.sealing import FiledForm, filed_form, key_of
from procedures.cases.store import Stored
from procedures.consultations.store import consultees_of, rows_of
from procedures.documents.store import documents_of, file_name_of
from procedures.domain.acts import Entry
from procedures.domain.case import Case, fold
from procedures.domain.log import Link, canonical, first_broken
from procedures.domain.personal import with_personal_texts
from procedures.keys.keyring import CaseKey, Unreadable
from procedures.links.store import link_row, link_rows_of
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
_DOCUMENTS = Text(vi="Giấy tờ không khớp với nhật ký.", en="The documents are not those that the log names.")
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


def flaw_of_log(stored: Stored, links: Sequence[Link], form: FiledForm | None) -> Text | None:
    """The first thing that is wrong with log, state or form of a case; None when all follows."""
    flaw = _flaw_of_chain(stored.case.id, stored.code, stored.head, links)
    if flaw is not None:
        return flaw
    entries = _entries(links)
    case = _folded(stored.case.id, entries)
    if case is None:
        return _UNREADABLE
    if case != stored.kept:
        return _STATE
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
    consultees = await consultees_of(tx, ids)
    return [
        Verified(
            row.id,
            row.code,
            _flaw_of_row(tx, row, logs.get(row.id, []), tasks.get(row.id, []))
            or _flaw_of_documents(tx, row, documents.get(row.id, {}))
            or _flaw_of_link(row, links.get(row.id))
            or _flaw_of_consultees(row, consultees.get(row.id, [])),
        )
        for row in rows
    ]


def _flaw_of_row(
    tx: AsyncConnection, row: AnyRow, links: Sequence[Link], tasks: Sequence[Mapping[str, Any]]
) -> Text | None:
    flaw = _flaw_of_chain(row.id, row.code, row.head, links)
    if flaw is not None:
        return flaw
    entries = _entries(links)
    case = _folded(row.id, entries)
    if case is None:
        return _UNREADABLE
    if canonical(row.state) != canonical(store.case_json(case)):
        return _STATE
    try:
        key = key_of(tx, row.id, row.data_key)
    except Unreadable:
        return _KEY
    if (key is None) != (case.erased is not None):
        return _KEY
    flaw = _flaw_of_form(filed_form(key, row.form), case) or _flaw_of_texts(key, entries)
    if flaw is not None:
        return flaw
    if any(getattr(row, name) != value for name, value in store.case_columns(case).items()):
        return _COLUMNS
    expected = [store.task_row(case, task) for task in case.tasks]
    return None if sorted(tasks, key=_step) == sorted(expected, key=_step) else _TASKS


def _flaw_of_documents(tx: AsyncConnection, row: AnyRow, documents: Mapping[UUID, AnyRow]) -> Text | None:
    """Each document that the state names is there as it is named, and its name is sealed, or erased."""
    case = store.read_state(row.state)
    letter = (case.apology.letter,) if case.apology and case.apology.letter else ()
    papers = (*case.attachments, *case.result, *letter)
    named = ((one.id, one.media_type, one.size, one.sha256) for one in papers)
    there = {(one.id, one.media_type, one.size, one.sha256) for one in documents.values()}
    if not there.issuperset(named):
        return _DOCUMENTS
    try:
        for document in documents.values():
            if document.file_name is not None:
                file_name_of(tx, document)
    except Unreadable:
        return _DOCUMENTS
    erased = {document.file_name is None for document in documents.values()}
    return None if erased <= {case.erased is not None} else _DOCUMENTS


def _flaw_of_link(row: AnyRow, link: Mapping[str, Any] | None) -> Text | None:
    case = store.read_state(row.state)
    return None if link == (None if case.link is None else link_row(case)) else _LINK


def _flaw_of_consultees(row: AnyRow, consultees: Sequence[Mapping[str, Any]]) -> Text | None:
    expected = {one["id"]: one for one in rows_of(store.read_state(row.state))}
    return None if {one["id"]: one for one in consultees} == expected else _CONSULTEES


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
