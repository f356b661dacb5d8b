"""The route of decision tables that were drawn elsewhere."""

from fastapi import APIRouter, Request

from procedures.catalogue.routes import Editor
from procedures.catalogue.schemas import FindingView
from procedures.decision_tables.schemas import ReadRules, RuleView
from procedures.domain.dmn import read_dmn
from shared.errors import Fault, Invalid, Text
from shared.web import problems

router = APIRouter(prefix="/procedures/v1", tags=["catalogue"])

_XML = {"application/xml": {"schema": {"type": "string", "description": "A DMN 1.1 to 1.5 file"}}}


@router.post(
    "/imports/dmn",
    response_model=ReadRules,
    responses=problems(Invalid),
    openapi_extra={"requestBody": {"required": True, "content": _XML}},
)
async def import_dmn(request: Request, who: Editor) -> ReadRules:
    """Read the decision tables of a DMN file as rules, to be put into a definition. Nothing is stored.

    Tables with the hit policies UNIQUE, FIRST, ANY and COLLECT are read. What cannot be said in a rule is named
    in a sentence, with the id of its element.
    """
    raw = await request.body()
    if not raw:
        words = Text(vi="Hãy gửi tệp DMN làm nội dung.", en="Send the DMN file as the body.")
        raise Invalid(faults=[Fault("", "missing", words)])
    read = read_dmn(raw)
    return ReadRules(
        rules=[RuleView(name=rule.name, table=dict(rule.content)) for rule in read.rules],
        findings=[FindingView.model_validate(finding) for finding in read.findings],
    )
