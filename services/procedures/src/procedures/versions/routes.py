"""The routes of what can be read of a version. Anyone reads published ones, an editor also the drafts."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from procedures.cases.views import words
from procedures.catalogue.examples import DEFINITION, SHEET
from procedures.catalogue.operations import ProcedureNotFound
from procedures.catalogue.routes import Code, Editor, Version
from procedures.dependencies import agency_of
from procedures.domain.changes import Change
from procedures.domain.definition_json import definition_to_json
from procedures.versions import operations
from procedures.versions.operations import DoesNotFitASheet
from procedures.versions.schemas import ChangesView, ChangeView, File, FormView
from shared.auth import public
from shared.db import Database
from shared.web import Db, conditional, problems
from shared.web.problems import language_of

router = APIRouter(prefix="/procedures/v1", tags=["catalogue"])

Since = Annotated[
    int | None, Query(ge=1, description="The earlier version; the one before, when left out", examples=[1])
]
Language = Annotated[str, Header(alias="Accept-Language", description="vi or en", examples=["vi"])]
_MISSING = problems(ProcedureNotFound)
_NO_SHEET = problems(ProcedureNotFound, DoesNotFitASheet)


def _file(example: Any, described: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """A file of JSON as the contract describes it."""
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {200: {"description": "A file", "content": content}, **described}


@router.get(
    "/procedures/{code}/versions/{version}/changes",
    response_model=ChangesView,
    responses=_MISSING,
    dependencies=[public()],
)
async def get_changes(
    request: Request, code: Code, version: Version, db: Db, since: Since = None
) -> Response:
    """What a version says otherwise than an earlier one, part by part and in words."""
    return await _changes(request, db, code, version, since, agency=None)


@router.get("/drafts/{code}/versions/{version}/changes", response_model=ChangesView, responses=_MISSING)
async def get_changes_of_draft(
    request: Request, code: Code, version: Version, who: Editor, db: Db, since: Since = None
) -> Response:
    """What a version of your agency says otherwise than an earlier one, before it is published."""
    return await _changes(request, db, code, version, since, agency=agency_of(who))


@router.get(
    "/procedures/{code}/versions/{version}/form",
    response_model=FormView,
    responses=_MISSING,
    dependencies=[public()],
)
async def get_form(
    request: Request, code: Code, version: Version, db: Db, accept_language: Language = "vi"
) -> Response:
    """The form of a version ready to be rendered, in the language that you ask for."""
    return await _form(request, db, code, version, accept_language, agency=None)


@router.get("/drafts/{code}/versions/{version}/form", response_model=FormView, responses=_MISSING)
async def get_form_of_draft(
    request: Request, code: Code, version: Version, who: Editor, db: Db, accept_language: Language = "vi"
) -> Response:
    """The form of a version of your agency as people will see it."""
    return await _form(request, db, code, version, accept_language, agency=agency_of(who))


@router.get(
    "/procedures/{code}/versions/{version}/definition",
    responses=_file(DEFINITION, _MISSING),
    dependencies=[public()],
)
async def get_definition(request: Request, code: Code, version: Version, db: Db) -> Response:
    """A version as a file in the documented format, to be kept or drafted again, here or elsewhere."""
    return await _definition(request, db, code, version, agency=None)


@router.get("/drafts/{code}/versions/{version}/definition", responses=_file(DEFINITION, _MISSING))
async def get_definition_of_draft(
    request: Request, code: Code, version: Version, who: Editor, db: Db
) -> Response:
    """A version of your agency, in any status, as a file in the documented format."""
    return await _definition(request, db, code, version, agency=agency_of(who))


@router.get(
    "/procedures/{code}/versions/{version}/sheet",
    responses=_file(SHEET, _NO_SHEET),
    dependencies=[public()],
)
async def get_sheet(request: Request, code: Code, version: Version, db: Db) -> Response:
    """A version as a register sheet, when a sheet can say all of it; else the answer names what it cannot."""
    return await _sheet(request, db, code, version, agency=None)


@router.get("/drafts/{code}/versions/{version}/sheet", responses=_file(SHEET, _NO_SHEET))
async def get_sheet_of_draft(request: Request, code: Code, version: Version, who: Editor, db: Db) -> Response:
    """A version of your agency, in any status, as a register sheet."""
    return await _sheet(request, db, code, version, agency=agency_of(who))


async def _changes(
    request: Request, db: Database, code: str, version: int, since: int | None, *, agency: str | None
) -> Response:
    earlier = version - 1 if since is None else since
    async with db.reading() as tx:
        found = await operations.changes_since(tx, code, version, earlier, agency=agency)
    view = ChangesView(code=code, version=version, since=earlier, changes=[_change(each) for each in found])
    return conditional(request, view)


def _change(change: Change) -> ChangeView:
    return ChangeView(
        kind=change.kind,
        pointer=change.pointer,
        before=change.before,
        after=change.after,
        text=words(change.text),
    )


async def _form(
    request: Request, db: Database, code: str, version: int, accept_language: str, *, agency: str | None
) -> Response:
    language = language_of(accept_language)
    async with db.reading() as tx:
        form = await operations.form_of_version(tx, code, version, language, agency=agency)
    view = FormView.model_validate({"code": code, "version": version, "language": language, **form})
    return conditional(request, view, headers={"content-language": language})


async def _definition(
    request: Request, db: Database, code: str, version: int, *, agency: str | None
) -> Response:
    async with db.reading() as tx:
        definition = await operations.definition_of(tx, code, version, agency=agency)
    return _attachment(request, definition_to_json(definition), f"{version}.json")


async def _sheet(request: Request, db: Database, code: str, version: int, *, agency: str | None) -> Response:
    async with db.reading() as tx:
        sheet = await operations.sheet_of_version(tx, code, version, agency=agency)
    return _attachment(request, sheet, f"{version}.sheet.json")


def _attachment(request: Request, content: dict[str, Any], name: str) -> Response:
    """A file to be saved; the code is not in its name, since it may have letters that headers cannot hold."""
    return conditional(
        request, File(content), headers={"content-disposition": f'attachment; filename="{name}"'}
    )
