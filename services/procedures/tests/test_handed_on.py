"""Papers that the state holds already are handed on to parts of a case: one content, and a document in each case."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from procedures.cases.soundness import verify_cases
from procedures.domain.decision_table import graph
from procedures.retention.operations import drop_contents
from procedures.retention.store import destroy_keys
from procedures.tables import documents
from shared.ids import new_id

PDF = b"%PDF-1.7 land book of one owner"
COPY = {"code": "BAN_SAO", "title": {"vi": "Bản sao sổ đỏ", "en": "Copy of the land book"}, "required": False}
BOOK = {"code": "SO_DO", "title": {"vi": "Sổ đỏ", "en": "Land book"}}


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


async def publish_part(world: Any, **changes: Any) -> str:
    """A procedure of another agency that requires the land book."""
    steps = [step("NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)]
    body = {"agency": "H99.02", "first": "NHAN", "steps": steps, "documents": [BOOK], **changes}
    code: str = await world.publish(**body)
    return code


async def flaw_of(world: Any, code: str) -> str | None:
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
    return verified.flaw and str(verified.flaw.en)


def opens(part: str, **more: Any) -> dict[str, Any]:
    return {"procedure": part, "form": {"fullName": "fullName"}, "documents": {"SO_DO": "BAN_SAO"}, **more}


def whole(part: str, **more: Any) -> dict[str, Any]:
    return {
        "documents": [COPY],
        "steps": [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
            step("HOI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens(part, **more)),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ],
    }


async def accepted(world: Any, part: str, **more: Any) -> tuple[Any, Any]:
    """A case with its paper and its part, as both are seen."""
    sent = [{"document": "BAN_SAO", "id": (await world.send(PDF))["id"]}]
    case = (await world.submit(await world.publish(**whole(part, **more)), documents=sent))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    seen = (await world.read(case)).json()
    children = [(await world.read(one["id"], world.official("tax"))).json() for one in seen["children"]]
    return seen, children[0] if children else None


async def content(world: Any, paper: Any, who: Any) -> Any:
    return await world.http.get(f"/procedures/v1/documents/{paper['id']}/content", headers=who)


def files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


async def test_a_part_has_the_papers_of_the_whole_as_documents_of_its_own(world: Any) -> None:
    case, child = await accepted(world, await publish_part(world))
    (there,), (here,) = case["attachments"], child["attachments"]
    assert here["id"] != there["id"]
    assert (there["document"], here["document"]) == ("BAN_SAO", "SO_DO")
    assert here["sha256"] == there["sha256"]
    tax = world.official("tax")
    got = await content(world, here, tax)
    assert (got.content, got.headers["etag"]) == (PDF, f'"{there["sha256"]}"')
    name = "filename*=UTF-8''gi%E1%BA%A5y%20t%E1%BB%9D%20c%E1%BB%A7a%20b%C3%A0%20K%C3%ADn.pdf"
    assert name in got.headers["content-disposition"]
    assert (await content(world, there, tax)).status_code == 404
    for who, status in ((world.citizen(), 200), (world.official("justice"), 200)):
        assert (await content(world, here, who)).status_code == status
    assert (await content(world, here, world.official("elsewhere"))).status_code == 404
    assert [await flaw_of(world, one["code"]) for one in (case, child)] == [None, None]
    loose, changed = (
        (await world.send(PDF + b" of another"))["id"],
        "The documents are not those that the log names.",
    )
    for shared, flaw in ((None, changed), (loose, changed), (there["id"], None)):
        async with world.database.transaction() as tx:
            other = update(documents).where(documents.c.id == here["id"]).values(content_of=shared)
            await tx.execute(other)
        assert await flaw_of(world, child["code"]) == flaw


async def test_what_the_other_procedure_would_not_take_is_left_out(world: Any) -> None:
    picture = {**BOOK, "mediaTypes": ["image/png"]}
    _, child = await accepted(world, await publish_part(world, documents=[picture]))
    assert child["attachments"] == []


async def test_with_the_papers_that_it_is_handed_a_part_is_granted_by_rule(world: Any) -> None:
    column = {"id": "o", "name": "approve", "field": "approve"}
    always = {"hitPolicy": "first", "inputs": [], "outputs": [column], "rules": [{"_id": "0", "o": "true"}]}
    part = await publish_part(
        world,
        rules=[{"name": "CHAP_THUAN", "table": dict(graph(always))}],
        automation={"approval": {"rule": "CHAP_THUAN", "to": None}},
    )
    case, child = await accepted(world, part)
    assert (child["status"], [task["step"] for task in case["tasks"]]) == ("closed", ["TRA_KET_QUA"])


async def test_a_part_that_its_unit_opens_for_the_step_gets_the_papers_too(world: Any) -> None:
    part = await publish_part(world)
    case, none = await accepted(world, part, form={})
    assert none is None
    opening = {"procedure": part, "step": "HOI", "form": {"fullName": "Trần Thị Mẫu"}}
    opened = await world.act(case["id"], "children", world.official("justice"), opening)
    assert opened.status_code == 201, opened.text
    (child,) = opened.json()["children"]
    seen = (await world.read(child["id"], world.official("tax"))).json()
    assert [paper["document"] for paper in seen["attachments"]] == ["SO_DO"]


async def test_the_content_goes_when_the_last_case_that_has_it_is_erased(
    world: Any, document_store: str
) -> None:
    last = await publish_part(world)
    steps = [
        step("NHAN", "BP_THUE", "DO_DAC"),
        step("DO_DAC", "BP_THUE", "TRA", opensCase=opens(last, documents={"SO_DO": "SO_DO"})),
        step("TRA", "BP_THUE", None),
    ]
    case, child = await accepted(world, await publish_part(world, steps=steps))
    tax = world.official("tax")
    await world.act(child["id"], "acceptance", tax)
    (grandchild,) = (await world.read(child["id"], tax)).json()["children"]
    (paper,) = (await world.read(grandchild["id"], tax)).json()["attachments"]

    async def erase(*cases: str) -> int:
        async with world.database.transaction() as tx:
            await destroy_keys(tx, [UUID(one) for one in cases], world.clock.now())
        return await drop_contents(world.database, world.app.state.desk.contents, world.clock.now())

    assert (await erase(case["id"], child["id"]), len(files(document_store))) == (0, 1)
    assert (await content(world, paper, tax)).content == PDF
    assert (await erase(grandchild["id"]), files(document_store)) == (3, [])
    assert (await content(world, paper, tax)).status_code == 410


async def test_the_linter_finds_papers_that_cannot_be_handed_on(world: Any, definition: Any) -> None:
    part = await publish_part(world)

    async def found(**handed: str) -> set[tuple[str, str]]:
        body = definition(code=f"MAU-{new_id().hex[-6:]}", **whole(part, documents=handed))
        drafted = await world.http.post(
            "/procedures/v1/procedures", json=body, headers=world.official("desk")
        )
        assert drafted.status_code == 201, drafted.text
        return {(one["code"], one["pointer"]) for one in drafted.json()["findings"]}

    place = "/steps/1/opensCase"
    assert await found(SO_DO="BAN_SAO") == set()
    assert await found(SO_DO="SO_HONG", THE="BAN_SAO") == {
        ("unknown_source_document", f"{place}/documents/SO_DO"),
        ("unknown_target_document", f"{place}/documents/THE"),
    }
    assert await found() == {("required_document_not_sent", place)}


@pytest.mark.parametrize("documents", [{"SO_DO": 1}, ["SO_DO"], {"SO_DO": ""}])
async def test_papers_are_handed_on_by_their_codes(world: Any, definition: Any, documents: Any) -> None:
    body = definition(code=f"MAU-{new_id().hex[-6:]}", **whole("MAU-01", documents=documents))
    refused = await world.http.post("/procedures/v1/procedures", json=body, headers=world.official("desk"))
    assert refused.status_code == 400
    assert {fault["pointer"].partition("/opensCase")[2][:10] for fault in refused.json()["errors"]} == {
        "/documents"
    }
