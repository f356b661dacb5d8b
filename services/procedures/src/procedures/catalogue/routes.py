"""The routes of the catalogue: parse, call one operation, shape the answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from procedures.catalogue import operations
from procedures.catalogue.examples import DEFINITION, SHEET
from procedures.catalogue.operations import (
    DraftUnsound,
    NotADraft,
    NotInForce,
    ProcedureNotFound,
    etag_of_version,
)
from procedures.catalogue.schemas import FindingView, SheetReport, VersionSummary, VersionView
from procedures.dependencies import agency_of
from procedures.domain.agency import AnotherAgency
from procedures.domain.definition_json import definition_from_json
from procedures.domain.finding import Finding
from procedures.domain.register_sheet import Imported
from procedures.pages import key_after, number_of, page_of, text_of
from shared.auth import Principal, public, requires
from shared.db import AnyRow
from shared.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.schema import Words
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["catalogue"])

Editor = Annotated[Principal, requires("procedures:procedures:write", kinds=["official", "client"])]
Code = Annotated[str, Path(max_length=50, examples=["TP01"])]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
Definition = Annotated[
    dict[str, Any],
    Body(description="A definition in the documented format (docs/definition.md)", examples=[DEFINITION]),
]
_CHANGES = (ProcedureNotFound, PreconditionRequired, PreconditionFailed)


def _finding(finding: Finding | dict[str, Any]) -> FindingView:
    return FindingView.model_validate(finding)


def _summary(row: AnyRow) -> VersionSummary:
    return VersionSummary(**_short(row))


def _short(row: AnyRow) -> dict[str, Any]:
    definition = row.definition
    return {
        "code": row.procedure,
        "version": row.version,
        "status": row.status,
        "title": Words(**definition["title"]),
        "agency": definition["agency"],
        "created_at": row.created_at,
        "published_at": row.published_at,
        "retired_at": row.retired_at,
    }


def _view(row: AnyRow) -> VersionView:
    findings = [_finding(finding) for finding in row.findings]
    return VersionView(**_short(row), definition=row.definition, findings=findings)


def _answer(row: AnyRow, status: int = 201) -> Answer:
    location = f"{router.prefix}/procedures/{row.procedure}/versions/{row.version}"
    return Answer(_view(row), status, {"etag": etag_of_version(row), "location": location})


@router.get("/procedures", response_model=Page[VersionSummary], dependencies=[public()])
async def list_procedures(request: Request, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """The procedures that take cases now, by code."""
    after = key_after(cursor, text_of)
    async with db.reading() as tx:
        rows = await operations.list_in_force(tx, after=after[0] if after else None, limit=limit + 1)
    return page_of(request, rows, limit, key=lambda row: [row.procedure], view=_summary)


@router.get(
    "/procedures/{code}/versions/{version}",
    response_model=VersionView,
    responses=problems(ProcedureNotFound),
    dependencies=[public()],
)
async def get_version(request: Request, code: Code, version: Version, db: Db) -> Response:
    """A version that is or was in force, with its form, documents and steps."""
    async with db.reading() as tx:
        row = await operations.get_version(tx, code, version, agency=None)
    return conditional(request, _view(row), etag=etag_of_version(row))


@router.get("/drafts", response_model=Page[VersionSummary])
async def list_drafts(
    request: Request, who: Editor, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The drafts of your agency, by code."""
    after = key_after(cursor, text_of, number_of)
    async with db.reading() as tx:
        rows = await operations.list_drafts(tx, agency_of(who), after=after, limit=limit + 1)
    return page_of(request, rows, limit, key=lambda row: [row.procedure, row.version], view=_summary)


@router.get(
    "/drafts/{code}/versions/{version}", response_model=VersionView, responses=problems(ProcedureNotFound)
)
async def get_draft(request: Request, code: Code, version: Version, who: Editor, db: Db) -> Response:
    """A version of your agency's procedure in any status, with what the linter finds."""
    async with db.reading() as tx:
        row = await operations.get_version(tx, code, version, agency=agency_of(who))
    return conditional(request, _view(row), etag=etag_of_version(row))


@router.get("/procedures/{code}/versions", response_model=Page[VersionSummary], dependencies=[public()])
async def list_versions(request: Request, code: Code, db: Db) -> Response:
    """All versions that are or were in force, newest first."""
    async with db.reading() as tx:
        rows = await operations.list_versions(tx, code, agency=None)
    return conditional(request, Page(items=[_summary(row) for row in rows]))


@router.post(
    "/procedures",
    status_code=201,
    response_model=VersionView,
    responses=problems(AnotherAgency, Unprocessable),
)
async def draft_procedure(body: Definition, who: Editor, tx: Tx, now: Now, once: Once) -> Response:
    """Keep a definition as a new draft of your agency's procedure; the answer says what the linter finds."""

    async def answer() -> Answer:
        definition = definition_from_json(body)
        return _answer(
            await operations.draft_procedure(tx, now, agency=agency_of(who), definition=definition)
        )

    return await once(tx, answer)


@router.put(
    "/procedures/{code}/versions/{version}",
    response_model=VersionView,
    responses=problems(*_CHANGES, NotADraft),
)
async def change_draft(
    body: Definition, code: Code, version: Version, who: Editor, tx: Tx, if_match: IfMatch = None
) -> Response:
    """Replace what a draft says."""
    definition = definition_from_json({**body, "code": code})
    row = await operations.change_draft(
        tx, agency=agency_of(who), version=version, definition=definition, if_match=if_match
    )
    body_bytes = _view(row).model_dump_json(by_alias=True)
    return Response(body_bytes, 200, {"etag": etag_of_version(row)}, "application/json")


@router.post(
    "/procedures/{code}/versions/{version}/publication",
    status_code=201,
    response_model=VersionView,
    responses=problems(*_CHANGES, NotADraft, DraftUnsound, Unprocessable),
)
async def publish_version(
    code: Code, version: Version, who: Editor, tx: Tx, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Put a draft into force. The version before it takes no new cases; its running ones finish on it."""

    async def answer() -> Answer:
        return _answer(
            await operations.publish_version(
                tx, now, agency=agency_of(who), code=code, version=version, if_match=if_match
            )
        )

    return await once(tx, answer)


@router.post(
    "/procedures/{code}/versions/{version}/retirement",
    status_code=201,
    response_model=VersionView,
    responses=problems(*_CHANGES, NotInForce, Unprocessable),
)
async def retire_version(
    code: Code, version: Version, who: Editor, tx: Tx, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """The procedure takes no new cases any more; the running ones finish."""

    async def answer() -> Answer:
        return _answer(
            await operations.retire_version(
                tx, now, agency=agency_of(who), code=code, version=version, if_match=if_match
            )
        )

    return await once(tx, answer)


@router.post(
    "/imports", status_code=201, response_model=SheetReport, responses=problems(AnotherAgency, Unprocessable)
)
async def import_sheet(
    sheet: Annotated[Any, Body(description="A register sheet, as JSON", examples=[SHEET])],
    who: Editor,
    tx: Tx,
    now: Now,
    once: Once,
) -> Response:
    """Read a register sheet into a draft. Every fault of the sheet is named in a sentence."""

    async def answer() -> Answer:
        return report(*await operations.import_sheet(tx, now, agency=agency_of(who), raw=sheet))

    return await once(tx, answer)


def report(imported: Imported, row: AnyRow | None) -> Answer:
    """What became of something that was imported."""
    findings = [_finding(finding) for finding in imported.findings]
    return Answer(SheetReport(draft=_view(row) if row else None, findings=findings))
