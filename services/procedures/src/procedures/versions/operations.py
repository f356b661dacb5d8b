"""What can be asked of a version: how it differs from another, its form, its files."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.catalogue.operations import ProcedureNotFound, get_version
from procedures.domain.changes import Change, changes
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.form_document import form_document
from procedures.domain.sheet_export import lost_in_sheet, sheet_of
from shared.errors import Conflict, Text


class DoesNotFitASheet(Conflict):
    """A register sheet cannot say all that the definition says; `lost` names what would be lost."""

    slug = "not-fit-for-a-sheet"
    title = Text(
        vi="Phiếu đăng ký không ghi được hết thủ tục này.",
        en="A register sheet cannot say all of this procedure.",
    )


async def definition_of(tx: AsyncConnection, code: str, version: int, *, agency: str | None) -> Definition:
    """What a version says: of any procedure once published, of the agency's own also as a draft.

    Raises:
        ProcedureNotFound
    """
    return definition_from_json((await get_version(tx, code, version, agency=agency)).definition)


async def changes_since(
    tx: AsyncConnection, code: str, version: int, since: int, *, agency: str | None
) -> tuple[Change, ...]:
    """What `version` says otherwise than `since` does.

    Raises:
        ProcedureNotFound: one of them is not for the caller's eyes.
    """
    if since < 1:
        raise ProcedureNotFound
    before = await definition_of(tx, code, since, agency=agency)
    after = await definition_of(tx, code, version, agency=agency)
    return changes(before, after)


async def form_of_version(
    tx: AsyncConnection, code: str, version: int, language: str, *, agency: str | None
) -> dict[str, Any]:
    """The form of a version in one language, ready to be rendered.

    Raises:
        ProcedureNotFound
    """
    return form_document(await definition_of(tx, code, version, agency=agency), language)


async def sheet_of_version(
    tx: AsyncConnection, code: str, version: int, *, agency: str | None
) -> dict[str, Any]:
    """A version as a register sheet.

    Raises:
        DoesNotFitASheet: something would be lost.
        ProcedureNotFound
    """
    definition = await definition_of(tx, code, version, agency=agency)
    sheet = sheet_of(definition)
    lost = lost_in_sheet(definition, sheet)
    if lost == ():
        return sheet
    told = [{"pointer": change.pointer, "vi": change.text.vi, "en": change.text.en} for change in lost or ()]
    raise DoesNotFitASheet(lost=told)
