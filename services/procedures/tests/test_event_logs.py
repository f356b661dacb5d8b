"""Event logs for process mining: what happened at which step, by the standards, and of nobody."""

import asyncio
import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from jsonschema_rs import validator_for
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import dialect

from procedures.event_logs.store import Extent
from procedures.tables import case_log
from procedures.tables import cases as cases_table
from shared.ids import new_id

XES = "{http://www.xes-standard.org/}"
KINDS = {f"{XES}{kind}" for kind in ("string", "date", "int")}
SECRETS = ("Trần Thị Mẫu", "0912345678", "Bị mờ trang hai", "Gửi lại bản rõ", "Đủ điều kiện riêng", "12/QĐ")
_PAIR = {
    "type": "object",
    "required": ["objectId", "qualifier"],
    "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
}
_TYPES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "attributes"],
        "properties": {
            "name": {"type": "string"},
            "attributes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "type"],
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"enum": ["string", "time", "integer", "float", "boolean"]},
                    },
                },
            },
        },
    },
}


def _things(*required: str) -> dict[str, Any]:
    """Events or objects, of which attributes need these members."""
    properties = {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "attributes": {
            "type": "array",
            "items": {"type": "object", "required": ["name", "value", *required]},
        },
        "relationships": {"type": "array", "items": _PAIR},
    }
    return {
        "type": "array",
        "items": {"type": "object", "required": ["id", "type"], "properties": properties},
    }


OCEL = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": _TYPES,
        "objectTypes": _TYPES,
        "events": _things(),
        "objects": _things("time"),
    },
}
"""What the specification of OCEL 2.0 says of its JSON, in our words."""


@pytest.fixture
async def lived(world: Any) -> tuple[str, str, list[str]]:
    """An agency of its own with a case that went all the way, with a supplement, and one that was refused."""
    agency = f"H99.{new_id().hex[-6:]}"
    form = {
        "type": "object",
        "properties": {"fullName": {"type": "string"}, "phone": {"type": "string"}},
        "additionalProperties": False,
    }
    code = await world.publish(agency=agency, form=form)
    filled = {"fullName": "Trần Thị Mẫu", "phone": "0912345678"}
    cases = [(await world.submit(code, form=filled))["id"] for _ in range(2)]
    desk, justice = world.official("desk", agency), world.official("justice", agency)
    await world.act(cases[1], "refusal", desk, {"reason": "Bị mờ trang hai.", "legalGround": "Điều 17"})
    case = cases[0]
    await world.act(case, "acceptance", desk)
    items = [{"document": "GIAY_TO", "reason": "Bị mờ trang hai."}]
    assert (await world.act(case, "supplement-request", justice, {"items": items})).status_code == 201
    paper = await world.send(b"%PDF-1.7")
    brought = {"documents": [{"document": "GIAY_TO", "id": paper["id"]}], "note": "Gửi lại bản rõ"}
    assert (await world.act(case, "supplement", world.citizen(), brought)).status_code == 201
    note = {"outcome": "done", "note": "Đủ điều kiện riêng"}
    await world.act(case, "tasks/THU_LY/completion", justice, note)
    decision = {"outcome": "granted", "reason": "Đủ điều kiện riêng", "number": "12/QĐ"}
    await world.act(case, "decision", desk, decision)
    assert (await world.act(case, "tasks/TRA_KET_QUA/completion", desk, {})).status_code == 201
    return agency, code, cases


async def fetched(world: Any, form: str, agency: str, code: str, month: str = "2026-01") -> Any:
    posts = [("LANH_DAO", "KY_DUYET")]
    who = world.bearer("procedures:work:manage", kind="official", agency=agency, posts=posts)
    query = {"procedure": code, "month": month}
    answer = await world.http.get(f"/procedures/v1/event-logs/{form}", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer


def attributes(element: ElementTree.Element) -> dict[str, str]:
    return {one.attrib["key"]: one.attrib["value"] for one in element if one.tag in KINDS}


THE_WAY = [
    ("submitted", "complete"),
    ("TIEP_NHAN", "schedule"),
    ("accepted", "complete"),
    ("TIEP_NHAN", "complete"),
    ("THU_LY", "schedule"),
    ("supplement_requested", "complete"),
    ("supplemented", "complete"),
    ("THU_LY", "complete"),
    ("TRA_KET_QUA", "schedule"),
    ("decided", "complete"),
    ("TRA_KET_QUA", "complete"),
    ("closed", "complete"),
]


async def test_as_xes_a_case_is_a_trace_of_steps_scheduled_and_done(
    world: Any, lived: tuple[str, str, list[str]]
) -> None:
    agency, code, cases = lived
    answer = await fetched(world, "xes", agency, code)
    log = ElementTree.fromstring(answer.text)
    assert (log.tag, log.attrib["xes.version"]) == (f"{XES}log", "1849.2016")
    order = [child.tag.removeprefix(XES) for child in log]
    assert order == [*["extension"] * 4, *["global"] * 2, "classifier", *["string"] * 2, *["trace"] * 2]
    declared = {child.attrib["prefix"] for child in log if child.tag == f"{XES}extension"}
    always = {one.attrib["scope"]: attributes(one) for one in log.iter(f"{XES}global")}
    traces = log.findall(f"{XES}trace")
    for trace in traces:
        assert always["trace"].keys() <= attributes(trace).keys()
        for event in trace.iter(f"{XES}event"):
            found = attributes(event)
            assert always["event"].keys() <= found.keys()
            assert {key.partition(":")[0] for key in found if ":" in key} <= declared
    names = [attributes(trace)["concept:name"] for trace in traces]
    assert sorted(names) == sorted(cases)
    events = [attributes(event) for event in traces[names.index(cases[0])].iter(f"{XES}event")]
    assert [(event["concept:name"], event["lifecycle:transition"]) for event in events] == THE_WAY
    done = events[7]
    assert (done["org:group"], done["agency"], done["org:role"]) == ("PHONG_TU_PHAP", agency, "official")
    assert (done["outcome"], done["status"]) == ("done", "accepted")
    assert done["time:timestamp"] == "2026-01-05T01:30:00.000+00:00"
    refused = [attributes(event) for event in traces[names.index(cases[1])].iter(f"{XES}event")]
    assert [event["concept:name"] for event in refused[-2:]] == ["refused", "TIEP_NHAN"]


async def test_as_ocel_events_are_about_cases_stops_and_units_that_are_there(
    world: Any, lived: tuple[str, str, list[str]]
) -> None:
    agency, code, cases = lived
    answer = await fetched(world, "ocel", agency, code)
    log = json.loads(answer.text)
    assert list(validator_for(OCEL, validate_formats=True).iter_errors(log)) == []
    objects = {one["id"]: one for one in log["objects"]}
    assert len(objects) == len(log["objects"])
    for things, types in (("events", "eventTypes"), ("objects", "objectTypes")):
        known = {
            kind["name"]: {one["name"]: one["type"] for one in kind["attributes"]} for kind in log[types]
        }
        for thing in log[things]:
            for one in thing["attributes"]:
                kind = known[thing["type"]][one["name"]]
                assert isinstance(one["value"], {"string": str, "integer": int}[kind])
            assert {pair["objectId"] for pair in thing.get("relationships", ())} <= objects.keys()
    assert {one["type"] for one in objects.values()} == {"case", "stop", "unit"}
    mine = [event for event in log["events"] if event["id"].startswith(cases[0])]
    expected = [name if end == "complete" else f"{name}+{end}" for name, end in THE_WAY]
    assert [event["type"] for event in mine] == expected
    about = {pair["qualifier"]: objects[pair["objectId"]] for pair in mine[7]["relationships"]}
    assert about["of"]["id"] == cases[0]
    assert about["at"]["attributes"][0]["value"] == "THU_LY"
    assert about["in"]["id"] == f"{agency}/PHONG_TU_PHAP"
    statuses = [one["value"] for one in about["of"]["attributes"] if one["name"] == "status"]
    assert statuses == ["submitted", "accepted", "supplement_requested", "accepted", "decided", "closed"]


@pytest.mark.parametrize("form", ["xes", "ocel"])
async def test_nothing_of_anybody_is_told(world: Any, lived: tuple[str, str, list[str]], form: str) -> None:
    agency, code, cases = lived
    answer = await fetched(world, form, agency, code)
    assert cases[0] in answer.text
    async with world.database.reading() as tx:
        acted = select(case_log.c.actor["subject"].astext).where(case_log.c.case_id.in_(map(UUID, cases)))
        people = set((await tx.execute(acted)).scalars())
        codes = (await tx.execute(select(cases_table.c.code).where(cases_table.c.agency == agency))).scalars()
        secrets = {*SECRETS, *people, *codes}
    assert len(people) == 3
    assert [secret for secret in secrets if secret in answer.text] == []


@pytest.mark.parametrize("form", ["xes", "ocel"])
async def test_a_month_without_cases_is_a_log_without_events_and_an_unchanged_one_is_not_sent_again(
    world: Any, lived: tuple[str, str, list[str]], form: str
) -> None:
    agency, code, cases = lived
    assert cases[0] not in (await fetched(world, form, agency, code, "2026-02")).text
    first = await fetched(world, form, agency, code)
    case = await world.submit(code, form={})
    again = await fetched(world, form, agency, code)
    assert again.headers["etag"] != first.headers["etag"]
    assert case["id"] in again.text


async def test_an_event_log_is_read_from_the_cases_of_its_month_and_piece_by_piece(
    world: Any, lived: tuple[str, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    agency, code, _ = lived
    whole = (await fetched(world, "xes", agency, code)).text
    monkeypatch.setattr("procedures.event_logs.operations._AT_ONCE", 1)
    assert (await fetched(world, "xes", agency, code)).text == whole
    month = Extent(agency, code, date(2026, 1, 1)).conditions
    query = (
        select(cases_table.c.sequence).where(*month).order_by(cases_table.c.submitted_at, cases_table.c.id)
    )
    async with world.database.transaction() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        words = query.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
        plan = "\n".join((await tx.execute(text(f"EXPLAIN {words}"))).scalars())
    assert "cases_submitted_idx" in plan
    assert "Filter" not in plan
    assert "Sort" not in plan


PM4PY = os.environ.get("MOTCUA_PM4PY", "")
"""A Python that has pm4py, which is too heavy (395 MB) to be installed for this alone."""
_READ = """
import sys, pm4py
log, ocel = pm4py.read_xes(sys.argv[1]), pm4py.read_ocel2(sys.argv[2])
net = pm4py.discover_petri_net_inductive(log)
print(log["case:concept:name"].nunique(), len(log), len(ocel.events), ocel.objects["ocel:type"].nunique())
"""


@pytest.mark.skipif(not PM4PY, reason="MOTCUA_PM4PY names no Python that has pm4py")
async def test_pm4py_reads_both_and_finds_a_process(
    world: Any, lived: tuple[str, str, list[str]], tmp_path: Path
) -> None:
    agency, code, _ = lived
    paths = [tmp_path / "log.xes", tmp_path / "log.json"]
    for form, path in zip(("xes", "ocel"), paths, strict=True):
        path.write_text((await fetched(world, form, agency, code)).text, "utf-8")
    command = [PM4PY, "-c", _READ, *map(str, paths)]
    read = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert read.stdout.split()[-4:] == ["2", "16", "16", "3"]
