"""Diagrams sent to the API and drawn by it; and that modelling tools read what it draws."""

import json
from pathlib import Path
from typing import Any

from procedures.domain.bpmn import read_bpmn, write_bpmn
from shared.ids import new_id
from shared.testing import run_node

DRAWN = (Path(__file__).parent / "samples" / "cap-phep-xay-dung.bpmn").read_bytes()
FOLDER = Path(__file__).parent / "bpmn_moddle"
IMPORTS = "/procedures/v1/imports/bpmn"


async def test_a_diagram_is_imported_published_and_a_case_goes_its_branches(world: Any) -> None:
    code = f"XD-{new_id().hex[-6:]}"
    raw = DRAWN.replace(b'process id="Process_0r5t2xq"', f'process id="{code}"'.encode())
    raw = raw.replace(b'processRef="Process_0r5t2xq"', f'processRef="{code}"'.encode())
    editor = {**world.official("desk"), "content-type": "application/xml"}
    imported = await world.http.post(IMPORTS, content=raw, headers=editor)
    assert imported.status_code == 201, imported.text
    draft = imported.json()["draft"]
    assert (draft["code"], [finding["code"] for finding in imported.json()["findings"]]) == (
        code,
        ["no_fixed_term"],
    )
    etag = {"if-match": f'"{draft["version"]}-1"'}
    address = f"/procedures/v1/procedures/{code}/versions/1"
    published = await world.http.post(f"{address}/publication", headers={**editor, **etag})
    assert published.status_code == 201, published.text
    drawn = await world.http.get(f"{address}/bpmn")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "application/xml")
    assert read_bpmn(drawn.content, agency="H99.01").definition == read_bpmn(raw, agency="H99.01").definition

    def official(unit: str) -> Any:
        scope = "procedures:cases:read procedures:cases:process"
        return world.bearer(scope, kind="official", agency="H99.01", posts=[(unit, "XU_LY")])

    case = (await world.submit(code, form={}))["id"]
    await world.act(case, "acceptance", official("BO_PHAN_MOT_CUA"))
    city = official("PHONG_QUAN_LY_DO_THI")
    forked = await world.act(case, "tasks/THAM_DINH/completion", city, {"outcome": "can"})
    assert [task["step"] for task in forked.json()["tasks"]] == [
        "HOI_CANH_SAT_PHONG_CHAY",
        "HOI_PHONG_MOI_TRUONG",
    ]
    one = await world.act(case, "tasks/HOI_PHONG_MOI_TRUONG/completion", city, {})
    assert [task["step"] for task in one.json()["tasks"]] == ["HOI_CANH_SAT_PHONG_CHAY"]
    both = await world.act(case, "tasks/HOI_CANH_SAT_PHONG_CHAY/completion", city, {})
    assert [task["step"] for task in both.json()["tasks"]] == ["KY_DUYET"]


async def test_what_is_no_diagram_is_told_so_and_leaves_no_draft(world: Any) -> None:
    editor = {**world.official("desk"), "content-type": "application/xml"}
    answer = await world.http.post(IMPORTS, content=b"\xff\xfe<x", headers=editor)
    assert answer.status_code == 201
    assert answer.json()["draft"] is None
    assert [finding["code"] for finding in answer.json()["findings"]] == ["unreadable_diagram"]


async def test_a_diagram_that_was_not_sent_is_missed(world: Any) -> None:
    answer = await world.http.post(IMPORTS, headers=world.official("desk"))
    assert answer.status_code == 400
    assert [fault["code"] for fault in answer.json()["errors"]] == ["missing"]


async def test_modelling_tools_read_what_we_draw_without_a_warning(tmp_path: Path) -> None:
    definition = read_bpmn(DRAWN, agency="H99.01").definition
    assert definition is not None
    file = tmp_path / "drawn.bpmn"
    file.write_bytes(write_bpmn(definition))
    read = json.loads(await run_node(FOLDER, "read.mjs", str(file)))
    assert read["warnings"] == []
    assert read["count"]["bpmn:UserTask"] == len(definition.steps)
    assert read["shapes"] > sum(read["count"].values())
