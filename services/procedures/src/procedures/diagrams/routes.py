"""The routes of BPMN diagrams."""

from fastapi import APIRouter, Request, Response

from procedures.catalogue import operations
from procedures.catalogue.operations import ProcedureNotFound, etag_of_version
from procedures.catalogue.routes import Code, Editor, Version, report
from procedures.catalogue.schemas import SheetReport
from procedures.dependencies import agency_of
from procedures.domain.agency import AnotherAgency
from procedures.domain.bpmn import write_bpmn
from procedures.domain.bpmn.drawing import NotDrawable
from procedures.domain.definition_json import definition_from_json
from shared.auth import public
from shared.db import AnyRow
from shared.errors import Fault, Invalid, Text, Unprocessable
from shared.web import Answer, Db, Now, Once, Tx, problems

router = APIRouter(prefix="/procedures/v1", tags=["catalogue"])

_XML = {"application/xml": {"schema": {"type": "string", "description": "A BPMN 2.0 file"}}}


@router.post(
    "/imports/bpmn",
    status_code=201,
    response_model=SheetReport,
    responses=problems(AnotherAgency, Unprocessable),
    openapi_extra={"requestBody": {"required": True, "content": _XML}},
)
async def import_bpmn(request: Request, who: Editor, tx: Tx, now: Now, once: Once) -> Response:
    """Read a BPMN 2.0 diagram into a draft of your agency's procedure.

    Tasks become steps at the units of their lanes, gateways their ways on, boundary timers silence that
    consents. What cannot be mapped is named in a sentence, with the id of its element.
    """
    raw = await request.body()
    if not raw:
        words = Text(vi="Hãy gửi tệp sơ đồ làm nội dung.", en="Send the file of the diagram as the body.")
        raise Invalid(faults=[Fault("", "missing", words)])

    async def answer() -> Answer:
        return report(*await operations.import_bpmn(tx, now, agency=agency_of(who), raw=raw))

    return await once(tx, answer)


@router.get(
    "/procedures/{code}/versions/{version}/bpmn",
    response_class=Response,
    responses={
        **problems(ProcedureNotFound, NotDrawable),
        200: {"description": "The diagram", "content": _XML},
    },
    dependencies=[public()],
)
async def get_bpmn(request: Request, code: Code, version: Version, db: Db) -> Response:
    """A version that is or was in force as a BPMN 2.0 diagram with its picture, for any modelling tool."""
    async with db.reading() as tx:
        row = await operations.get_version(tx, code, version, agency=None)
    return _drawn(request, row)


@router.get(
    "/drafts/{code}/versions/{version}/bpmn",
    response_class=Response,
    responses={
        **problems(ProcedureNotFound, NotDrawable),
        200: {"description": "The diagram", "content": _XML},
    },
)
async def get_draft_bpmn(request: Request, code: Code, version: Version, who: Editor, db: Db) -> Response:
    """A version of your agency's procedure in any status as a BPMN 2.0 diagram."""
    async with db.reading() as tx:
        row = await operations.get_version(tx, code, version, agency=agency_of(who))
    return _drawn(request, row)


def _drawn(request: Request, row: AnyRow) -> Response:
    headers = {"etag": etag_of_version(row)}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = write_bpmn(definition_from_json(row.definition))
    name = f'attachment; filename="{row.procedure}-{row.version}.bpmn"'
    disposition = {"content-disposition": name} if row.procedure.isascii() else {}
    return Response(content, 200, {**headers, **disposition}, "application/xml")
