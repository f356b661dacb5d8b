"""What can be done with procedures: draft, change, publish, retire, import, look up.

A published version never changes, so each process keeps the parsed and compiled versions it has met.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.agencies.operations import known_units, units_of
from procedures.catalogue import store
from procedures.catalogue.forms import Form
from procedures.domain.addresses import address_faults
from procedures.domain.agency import AnotherAgency
from procedures.domain.bpmn import read_bpmn
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.finding import Finding
from procedures.domain.findings import findings
from procedures.domain.link_findings import links_of
from procedures.domain.quality import is_complete
from procedures.domain.register_sheet import Imported, read_sheet
from procedures.external_tasks.systems import known_systems
from shared import outbox
from shared.db import AnyRow, Database
from shared.errors import Conflict, Invalid, NotFound, Text
from shared.events.procedures import ProcedurePublished, ProcedureRetired
from shared.web.conditional import require_match

_KEPT = 1000
_AT_HAND = "versions"


class ProcedureNotFound(NotFound):
    """There is no such procedure or version for this caller."""

    slug = "procedure-not-found"
    title = Text(vi="Không có thủ tục hoặc phiên bản này.", en="There is no such procedure or version.")


class NotInForce(Conflict):
    """No version of the procedure takes new cases."""

    slug = "procedure-not-in-force"
    title = Text(
        vi="Thủ tục này hiện không nhận hồ sơ mới.", en="This procedure takes no new cases at present."
    )


class NotADraft(Conflict):
    """A published version never changes; make a new draft."""

    slug = "not-a-draft"
    title = Text(
        vi="Phiên bản đã ban hành không sửa được; hãy tạo bản nháp mới.",
        en="A published version never changes; make a new draft.",
    )


class DraftUnsound(Conflict):
    """The draft has findings that keep it from being published."""

    slug = "draft-unsound"
    title = Text(
        vi="Bản nháp còn lỗi, chưa ban hành được.", en="The draft has errors and cannot be published yet."
    )


@dataclass(frozen=True, slots=True)
class Published:
    """A version as cases use it: parsed, its form compiled."""

    version: int
    definition: Definition
    form: Form


class Versions:
    """The versions at hand in this process: published ones never change, so each is read once.

    Which of them is in force is only remembered; whoever files a case has the database confirm it.
    """

    def __init__(self) -> None:
        self._read: OrderedDict[tuple[str, int], Published] = OrderedDict()
        self._in_force: dict[str, int] = {}

    async def of(self, tx: AsyncConnection, code: str, version: int) -> Published:
        """A version that has been published.

        Raises:
            ProcedureNotFound
        """
        if (known := self._read.get((code, version))) is not None:
            return known
        row = await store.version_of(tx, code, version)
        if row is None or row.status == "draft":
            raise ProcedureNotFound
        definition = definition_from_json(row.definition)
        published = Published(version, definition, Form(definition.form))
        self._read[code, version] = published
        if len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return published

    async def in_force(self, tx: AsyncConnection, code: str, *, fresh: bool = False) -> Published:
        """The version that takes new cases; `fresh` when what was remembered proved wrong.

        Raises:
            NotInForce
        """
        version = None if fresh else self._in_force.get(code)
        if version is None:
            version = await store.version_in_force(tx, code)
            if version is None:
                raise NotInForce(procedure=code)
            self._in_force[code] = version
        return await self.of(tx, code, version)


def hand_over(versions: Versions, database: Database) -> None:
    """Let whoever has a connection of the service use the versions that this process has met."""
    event.listen(
        database.engine.sync_engine,
        "connect",
        lambda _, record: record.info.__setitem__(_AT_HAND, versions),
    )


def versions_of(tx: AsyncConnection) -> Versions:
    """The versions at hand; in a program that handed none over, those that the connection has met."""
    versions: Versions = tx.info.setdefault(_AT_HAND, Versions())
    return versions


async def draft_procedure(
    tx: AsyncConnection, now: datetime, *, agency: str, definition: Definition
) -> AnyRow:
    """Keep a definition as a new draft of the agency's procedure, with what the linter finds.

    Raises:
        AnotherAgency: it is another agency's, or the code is taken by a procedure of another agency.
        Invalid: a code cannot stand in an address.
    """
    _require_own(definition, agency)
    procedure = await store.procedure_for_update(tx, definition.code, agency)
    if procedure.agency != agency:
        raise AnotherAgency
    version = await store.newest_version(tx, definition.code) + 1
    found = await _findings(tx, definition)
    await store.add_draft(tx, definition.code, version, definition_to_json(definition), _as_json(found), now)
    return await get_version(tx, definition.code, version, agency=agency)


async def keep_procedure(
    tx: AsyncConnection, now: datetime, *, agency: str, definition: Definition
) -> AnyRow:
    """The newest version of the procedure when it says just this and may be used, else a new draft.

    Raises:
        AnotherAgency, Invalid.
    """
    newest = await store.newest_version(tx, definition.code)
    row = await store.version_of(tx, definition.code, newest)
    if (
        row is not None
        and row.agency == agency
        and row.status != "retired"
        and row.definition == definition_to_json(definition)
    ):
        return row
    return await draft_procedure(tx, now, agency=agency, definition=definition)


async def change_draft(
    tx: AsyncConnection, *, agency: str, version: int, definition: Definition, if_match: str | None
) -> AnyRow:
    """Replace what a draft says.

    Raises:
        ProcedureNotFound, NotADraft, PreconditionRequired, PreconditionFailed.
        AnotherAgency: the draft would become another agency's.
        Invalid: a code cannot stand in an address.
    """
    _require_own(definition, agency)
    await _draft_for_update(tx, definition.code, version, agency, if_match)
    found = await _findings(tx, definition)
    await store.change_draft(tx, definition.code, version, definition_to_json(definition), _as_json(found))
    return await get_version(tx, definition.code, version, agency=agency)


async def publish_version(
    tx: AsyncConnection, now: datetime, *, agency: str, code: str, version: int, if_match: str | None
) -> AnyRow:
    """Put a draft into force; the version before it is retired, its running cases finish on it.

    Raises:
        DraftUnsound: the linter finds errors.
        ProcedureNotFound, NotADraft, PreconditionRequired, PreconditionFailed.
    """
    row = await _draft_for_update(tx, code, version, agency, if_match)
    definition = definition_from_json(row.definition)
    errors = [finding for finding in await _findings(tx, definition) if finding.severity == "error"]
    if errors:
        raise DraftUnsound(findings=_as_json(errors))
    before = await store.version_in_force(tx, code)
    if before is not None:
        await retire_version(tx, now, agency=agency, code=code, version=before, if_match="*")
    complete = is_complete(definition)
    await store.set_status(tx, code, version, "published", published_at=now, complete=complete)
    event = ProcedurePublished(
        code=code,
        version=version,
        agency=agency,
        title_vi=definition.title.vi,
        title_en=definition.title.en,
    )
    await _announce(tx, now, row, event)
    return await get_version(tx, code, version, agency=agency)


async def retire_version(
    tx: AsyncConnection, now: datetime, *, agency: str, code: str, version: int, if_match: str | None
) -> AnyRow:
    """The version takes no new cases any more.

    Raises:
        ProcedureNotFound, NotInForce, PreconditionRequired, PreconditionFailed.
    """
    row = await store.version_of(tx, code, version, for_update=True)
    if row is None or row.agency != agency:
        raise ProcedureNotFound
    require_match(if_match, etag_of_version(row))
    if row.status != "published":
        raise NotInForce(procedure=code)
    await store.set_status(tx, code, version, "retired", retired_at=now)
    await _announce(tx, now, row, ProcedureRetired(code=code, version=version, agency=agency))
    return await get_version(tx, code, version, agency=agency)


async def import_sheet(
    tx: AsyncConnection, now: datetime, *, agency: str, raw: object
) -> tuple[Imported, AnyRow | None]:
    """Read a register sheet into a draft, with each of its faults; no draft when it is not readable."""
    return await _drafted(
        tx, now, agency, read_sheet(raw, agency=agency, known_units=await known_units(tx, agency))
    )


async def import_bpmn(
    tx: AsyncConnection, now: datetime, *, agency: str, raw: bytes
) -> tuple[Imported, AnyRow | None]:
    """Read a BPMN diagram into a draft, with each of its faults; no draft when it cannot be mapped.

    Raises:
        AnotherAgency, Invalid: as `draft_procedure` does.
    """
    return await _drafted(
        tx, now, agency, read_bpmn(raw, agency=agency, known_units=await known_units(tx, agency))
    )


async def _drafted(
    tx: AsyncConnection, now: datetime, agency: str, imported: Imported
) -> tuple[Imported, AnyRow | None]:
    if imported.definition is None:
        return imported, None
    return imported, await draft_procedure(tx, now, agency=agency, definition=imported.definition)


async def get_version(tx: AsyncConnection, code: str, version: int, *, agency: str | None) -> AnyRow:
    """A version: anyone may see it once published, its own agency as a draft too.

    Raises:
        ProcedureNotFound
    """
    row = await store.version_of(tx, code, version)
    if row is None or (row.status == "draft" and row.agency != agency):
        raise ProcedureNotFound
    return row


async def list_in_force(tx: AsyncConnection, *, after: str | None, limit: int) -> Sequence[AnyRow]:
    """The procedures that take new cases, by code."""
    return await store.list_in_force(tx, after, limit)


async def list_drafts(
    tx: AsyncConnection, agency: str, *, after: tuple[str, int] | None, limit: int
) -> Sequence[AnyRow]:
    """The drafts of an agency, by code and version."""
    return await store.list_drafts(tx, agency, after, limit)


async def list_versions(tx: AsyncConnection, code: str, *, agency: str | None) -> list[AnyRow]:
    """The versions of a procedure that the caller may see, newest first."""
    rows = await store.list_versions(tx, code)
    return [row for row in rows if row.status != "draft" or row.agency == agency]


def etag_of_version(row: AnyRow) -> str:
    """Names this state of a version."""
    return f'"{row.version}-{row.revision}"'


def _require_own(definition: Definition, agency: str) -> None:
    if definition.agency != agency:
        raise AnotherAgency
    faults = address_faults(definition)
    if faults:
        raise Invalid(faults=faults)


async def _draft_for_update(
    tx: AsyncConnection, code: str, version: int, agency: str, if_match: str | None
) -> AnyRow:
    row = await store.version_of(tx, code, version, for_update=True)
    if row is None or row.agency != agency:
        raise ProcedureNotFound
    require_match(if_match, etag_of_version(row))
    if row.status != "draft":
        raise NotADraft
    return row


async def _findings(tx: AsyncConnection, definition: Definition) -> tuple[Finding, ...]:
    own, systems = await known_units(tx, definition.agency), await known_systems(tx, definition)
    linked = await _linked_procedures(tx, definition)
    if own is None:  # nothing was heard of the agencies yet
        return findings(definition, systems=systems, procedures=linked)
    others = {step.agency for step in definition.steps if step.agency} - {definition.agency}
    return findings(definition, own, await units_of(tx, others), systems, linked)


async def _linked_procedures(tx: AsyncConnection, definition: Definition) -> dict[str, Definition]:
    """The procedures in force to which a definition leads, and those to which they lead, by code."""
    found: dict[str, Definition] = {}
    appeal = {definition.appeal.procedure} if definition.appeal else set()
    pending = appeal | links_of(definition)
    while pending:
        rows = await store.in_force(tx, pending)
        new = {row.procedure: definition_from_json(row.definition) for row in rows}
        found.update(new)
        pending = {code for one in new.values() for code in links_of(one)} - found.keys()
    return found


def _as_json(found: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in found]


async def _announce(
    tx: AsyncConnection, now: datetime, row: AnyRow, event: ProcedurePublished | ProcedureRetired
) -> None:
    sequence = await store.next_event(tx, row.procedure)
    await outbox.add(tx, event.envelope(subject=row.procedure_id, sequence=sequence, at=now))
