"""A procedure drawn in bpmn.io's modeler: imported, tried out, put into force, worked by; and opened there again.

`samples/cap-phep-via-he.bpmn` was drawn and saved by that modeler, as `bpmn_js/modeler.js` draws it.
"""

import asyncio
import html
import json
import os
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from procedures.domain.bpmn import read_bpmn, write_bpmn
from shared.testing import with_packages

DRAWN = (Path(__file__).parent / "samples" / "cap-phep-via-he.bpmn").read_bytes()
CODE = "CAP_PHEP_SU_DUNG_VIA_HE"
BASE = "/procedures/v1"
TASKS = [
    ("Tiếp nhận hồ sơ", "BO_PHAN_MOT_CUA"),
    ("Kiểm tra thực địa", "PHONG_QUAN_LY_DO_THI"),
    ("Hỏi Công an phường", "PHONG_QUAN_LY_DO_THI"),
    ("Hỏi đơn vị thoát nước", "PHONG_QUAN_LY_DO_THI"),
    ("Ký giấy phép", "LANH_DAO"),
    ("Ký văn bản từ chối", "LANH_DAO"),
    ("Trả kết quả", "BO_PHAN_MOT_CUA"),
]


def working(world: Any, unit: str) -> Any:
    scope = "procedures:cases:read procedures:cases:process procedures:procedures:write"
    return world.bearer(scope, kind="official", agency="H99.01", posts=[(unit, "XU_LY")])


async def test_a_drawing_is_imported_tried_out_published_and_worked_by_to_the_end(world: Any) -> None:
    editor = working(world, "BO_PHAN_MOT_CUA")
    imported = await world.http.post(
        f"{BASE}/imports/bpmn", content=DRAWN, headers={**editor, "content-type": "application/xml"}
    )
    assert imported.status_code == 201, imported.text
    draft = imported.json()["draft"]
    assert [finding["code"] for finding in imported.json()["findings"]] == ["no_fixed_term"]
    assert draft["code"] == CODE
    address = f"{BASE}/procedures/{CODE}/versions/{draft['version']}"
    tried = (await world.http.post(f"{address}/simulations", json={"explore": True}, headers=editor)).json()
    assert tried["complete"]
    assert tried["untried"] == []
    assert [run["deadEnd"] for run in tried["runs"]] == [None, None]
    published = await world.http.post(f"{address}/publication", headers={**editor, "if-match": "*"})
    assert published.status_code == 201, published.text

    case = (await world.submit(CODE, form={}))["id"]
    city, leaders = working(world, "PHONG_QUAN_LY_DO_THI"), working(world, "LANH_DAO")
    await world.act(case, "acceptance", editor)
    await world.act(case, "tasks/KIEM_TRA_THUC_DIA/completion", city, {"outcome": "du"})
    asked = await world.act(case, "tasks/HOI_DON_VI_THOAT_NUOC/completion", city, {})
    assert [task["step"] for task in asked.json()["tasks"]] == ["HOI_CONG_AN_PHUONG"]
    world.clock.advance(timedelta(days=8))  # the police is silent for longer than the timer has
    await world.fire()
    signed = (await world.read(case)).json()
    assert [task["step"] for task in signed["tasks"]] == ["KY_GIAY_PHEP"]
    await world.act(case, "decision", leaders, {"outcome": "granted", "reason": "Đủ rộng."})
    await world.act(case, "tasks/KY_GIAY_PHEP/completion", leaders, {})
    closed = await world.act(case, "tasks/TRA_KET_QUA/completion", editor, {})
    assert (closed.json()["status"], closed.json()["outcome"]) == ("closed", "granted")

    drawn = await world.http.get(f"{address}/bpmn")
    assert (
        read_bpmn(drawn.content, agency="H99.01").definition == read_bpmn(DRAWN, agency="H99.01").definition
    )


async def test_the_modeler_draws_the_same_again_and_opens_what_we_draw(tmp_path: Path) -> None:
    definition = read_bpmn(DRAWN, agency="H99.01").definition
    assert definition is not None
    told = await in_the_modeler(write_bpmn(definition).decode(), tmp_path)
    assert read_bpmn(told["drawn"].encode(), agency="H99.01").definition == definition
    assert told["opened"] == {"warnings": [], "tasks": [title for title, _ in TASKS]}
    assert [(step.title.vi, step.unit) for step in definition.steps] == TASKS


async def in_the_modeler(given: str, folder: Path) -> dict[str, Any]:
    """What the modeler's page tells of a drawing; its picture goes where reports go."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine: bpmn.io's modeler is not tried")
    page = await with_packages(Path(__file__).parent / "bpmn_js")
    opened = (
        (page / "modeler.html").read_text().replace(">null<", f">{json.dumps(given)}<".replace("</", "<\\/"))
    )
    (page / "opened.html").write_text(opened)
    picture = Path(os.environ.get("MOTCUA_REPORTS", folder)) / "opened-in-bpmn-io.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        browser, "--headless=new", "--disable-gpu", "--no-sandbox",  # root has no sandbox; the page is our own
        "--allow-file-access-from-files", f"--user-data-dir={folder / 'browser'}", "--window-size=1800,800",
        "--virtual-time-budget=20000", f"--screenshot={picture}", "--dump-dom", (page / "opened.html").as_uri(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), timeout=120)
    finally:
        if process.returncode is None:
            process.kill()
    found = re.search(r'<pre id="out">(.*?)</pre>', out.decode(), re.DOTALL)
    assert found is not None, out[-500:]
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    assert "error" not in told, told
    return told
