"""Rules decide what needs no human: which documents are needed, which way a case goes, whether it is granted at once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from procedures.calendars.operations import national_calendar
from procedures.cases.operations import submit_case
from procedures.cases.submission import Remembered
from procedures.domain.acts import Actor
from procedures.domain.decision_table import graph
from procedures.domain.definition_json import definition_from_json
from procedures.domain.rules import Rule
from procedures.domain.scenario import Scenario
from procedures.domain.simulation import simulate
from procedures.timers.operations import fire_timers, told_by
from shared.ids import new_id

CASES = "/procedures/v1/cases"
FORM = {
    "type": "object",
    "properties": {
        "fullName": {"type": "string"},
        "kind": {"enum": ["renewal", "first"]},
        "copies": {"type": "integer", "minimum": 1},
    },
    "required": ["fullName", "kind", "copies"],
}


def rule(name: str, hit: str, columns: list[str], output: str, *rows: tuple[str, ...]) -> dict[str, Any]:
    """A rule as it stands in a definition; each row is its conditions and then its answer."""
    inputs = [{"id": f"i{at}", "name": field, "field": field} for at, field in enumerate(columns)]
    content = {
        "hitPolicy": hit,
        "inputs": inputs,
        "outputs": [{"id": "o", "name": output, "field": output}],
        "rules": [
            {
                "_id": str(at),
                "o": row[-1],
                **{column["id"]: cell for column, cell in zip(inputs, row, strict=False)},
            }
            for at, row in enumerate(rows)
        ],
    }
    return {"name": name, "table": dict(graph(content))}


NEEDED = rule("GIAY_TO", "collect", ["form.kind"], "document", ("'renewal'", "'THE_CU'"))
AT_ONCE = rule(
    "DUYET_NGAY", "unique", ["form.kind", "form.copies"], "approve",
    ("'renewal'", "<= 2", "true"), ("'renewal'", "> 2", "false"), ("'first'", "", "false"),
)  # fmt: skip
WAY = rule("PHAN_TUYEN", "first", ["form.copies"], "outcome", ("> 10", "'complex'"), ("[3..10]", "'simple'"))


def procedure(definition: Any, **changes: Any) -> dict[str, Any]:
    """Received, sorted by rule, processed by one of two units, handed over; renewals are granted at once."""
    received, processed, _, handed_over = definition()["steps"]
    ways = [{"to": "THU_LY", "outcome": "simple"}, {"to": "XEM_XET", "outcome": "complex"}]
    on = [{"to": "TRA_KET_QUA"}]
    return {
        "form": FORM,
        "documents": [
            {"code": "THE_CU", "title": {"vi": "Thẻ cũ", "en": "The old card"}, "required": False},
        ],
        "steps": [
            {**received, "transitions": [{"to": "PHAN_LOAI"}]},
            {**received, "code": "PHAN_LOAI", "transitions": ways},
            {**processed, "transitions": on},
            {**processed, "code": "XEM_XET", "transitions": on},
            handed_over,
        ],
        "rules": [NEEDED, AT_ONCE, WAY],
        "automation": {
            "completeness": "GIAY_TO",
            "approval": {"rule": "DUYET_NGAY", "to": "TRA_KET_QUA"},
            "routing": [{"step": "PHAN_LOAI", "rule": "PHAN_TUYEN"}],
        },
        **changes,
    }


async def filed(world: Any, code: str, kind: str, copies: float, *documents: str) -> dict[str, Any]:
    sent = [{"document": code, "id": (await world.send(b"%PDF-1.7 sample"))["id"]} for code in documents]
    form = {"fullName": "Trần Thị Mẫu", "kind": kind, "copies": copies}
    receipt = await world.submit(code, form=form, documents=sent)
    view: dict[str, Any] = (await world.read(receipt["id"])).json()
    return view


async def log_of(world: Any, case: str, who: dict[str, str]) -> list[dict[str, Any]]:
    log = (await world.http.get(f"{CASES}/{case}/log", headers=who)).json()
    assert log["sound"] is True
    entries: list[dict[str, Any]] = log["entries"]
    return entries


def steps(view: dict[str, Any]) -> list[str]:
    return [task["step"] for task in view["tasks"]]


class TestStraightThroughApproval:
    async def test_a_renewal_is_granted_the_moment_it_is_filed_and_waits_to_be_handed_over(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish(**procedure(definition))
        view = await filed(world, code, "renewal", 1, "THE_CU")
        assert (view["status"], view["outcome"], steps(view)) == ("decided", "granted", ["TRA_KET_QUA"])
        assert view["receivedAt"] == view["decidedAt"] == view["submittedAt"]
        closed = await world.act(view["id"], "tasks/TRA_KET_QUA/completion", world.official("desk"), {})
        assert (closed.json()["status"], closed.json()["onTime"]) == ("closed", True)

    async def test_each_rule_is_recorded_with_its_version_and_what_it_looked_at(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish(**procedure(definition))
        view = await filed(world, code, "renewal", 1, "THE_CU")
        entries = await log_of(world, view["id"], world.citizen())
        assert [(entry["by"]["kind"], entry["act"]["kind"]) for entry in entries] == [
            ("person", "submitted"),
            ("system", "rule_applied"),
            ("system", "rule_applied"),
            ("system", "accepted"),
            ("system", "decided"),
        ]
        version = Rule.of("DUYET_NGAY", AT_ONCE["table"]).version
        assert entries[2]["act"] == {
            "kind": "rule_applied",
            "purpose": "approval",
            "rule": "DUYET_NGAY",
            "version": version,
            "inputs": {"form.kind": '"renewal"', "form.copies": "1"},
            "answer": {"approve": "true"},
            "step": None,
            "failure": None,
        }
        shown = {"at": view["submittedAt"], "purpose": "approval", "rule": "DUYET_NGAY", "version": version}
        assert view["rulesApplied"][1] == {**shown, "step": None, "failure": None}

    async def test_what_a_rule_looked_at_is_sealed_in_the_store_and_left_out_of_the_events(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish(**procedure(definition))
        view = await filed(world, code, "renewal", 1, "THE_CU")
        told = await world.told("procedures.case.v1", "code", view["code"])
        assert [row.type.split(".")[-2] for row in told] == [
            "submitted",
            "rule_applied",
            "rule_applied",
            "accepted",
            "decided",
        ]
        assert [row.sequence for row in told] == [1, 2, 3, 4, 5]
        async with world.database.reading() as tx:
            query = "SELECT act::text FROM case_log WHERE case_id = $1 ORDER BY sequence"
            driver = (await tx.get_raw_connection()).driver_connection
            kept = [row["act"] for row in await driver.fetch(query, view["id"])]
        assert "form.copies" in kept[2]
        assert not any("renewal" in text for text in [*kept, *(str(row.payload) for row in told)])

    async def test_a_case_that_the_rule_does_not_grant_waits_for_people(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish(**procedure(definition))
        view = await filed(world, code, "first", 1)
        assert (view["status"], steps(view)) == ("submitted", ["TIEP_NHAN"])
        assert [applied["failure"] for applied in view["rulesApplied"]] == [None, None]

    async def test_a_procedure_with_nothing_to_hand_over_closes_the_case_at_once(
        self, world: Any, definition: Any
    ) -> None:
        changed = procedure(definition)
        changed["automation"] = {"approval": {"rule": "DUYET_NGAY", "to": None}}
        view = await filed(world, await world.publish(**changed), "renewal", 1)
        assert (view["status"], view["onTime"], view["tasks"]) == ("closed", True, [])

    async def test_a_submission_sent_again_is_granted_once(self, world: Any, definition: Any) -> None:
        code = await world.publish(**procedure(definition, documents=[], rules=[AT_ONCE], automation={
            "approval": {"rule": "DUYET_NGAY", "to": "TRA_KET_QUA"}}))  # fmt: skip
        body = {"procedure": code, "form": {"fullName": "x", "kind": "renewal", "copies": 1}}
        headers = {**world.citizen(), "idempotency-key": str(new_id())}
        first, again = [await world.http.post(CASES, json=body, headers=headers) for _ in range(2)]
        assert first.json() == again.json()
        assert len(await log_of(world, first.json()["id"], world.citizen())) == 4

    async def test_a_case_and_what_rules_make_of_it_are_written_together_or_not_at_all(
        self, world: Any, definition: Any
    ) -> None:
        changed = procedure(definition)
        changed["automation"] = {"approval": {"rule": "DUYET_NGAY", "to": None}}
        code = await world.publish(**changed)
        form = {"fullName": "x", "kind": "renewal", "copies": 1}
        await world.submit(code, form=form)  # the process knows version and calendar from now on
        told = await world.told("procedures.case.v1", "procedure", code)
        desk, by = world.app.state.desk, Actor(world.citizen_id, "person")
        async with desk.database.transaction() as tx:
            filed = await submit_case(
                tx,
                desk.versions,
                desk.calendars,
                world.clock.now(),
                by=by,
                procedure=code,
                form=form,
                enclosures=[],
                answer=Remembered("client", "route", None, ""),
            )
            await tx.rollback()
        assert filed.case.status == "closed"
        assert (await world.read(str(filed.case.id))).status_code == 404
        assert await world.told("procedures.case.v1", "procedure", code) == told

    async def test_a_step_is_left_to_people_when_rules_go_round(self, definition: Any) -> None:
        changed = procedure(definition)
        received, sorted_, processed, _, handed_over = changed["steps"]
        round_ = {**sorted_, "code": "XEM_LAI", "transitions": [{"to": "PHAN_LOAI", "outcome": "simple"}]}
        ways = [{"to": "XEM_LAI", "outcome": "simple"}, {"to": "THU_LY", "outcome": "complex"}]
        steps_ = [received, {**sorted_, "transitions": ways}, round_, processed, handed_over]
        routing = [{"step": step, "rule": "PHAN_TUYEN"} for step in ("PHAN_LOAI", "XEM_LAI")]
        changed = {**changed, "steps": steps_, "automation": {"routing": routing}}
        scenario = Scenario(
            datetime(2026, 1, 5, 8, 30, tzinfo=UTC), form={"copies": 3}, outcomes={"PHAN_LOAI": ["complex"]}
        )
        (run,) = simulate(definition_from_json(definition(**changed)), national_calendar(), scenario).runs
        assert run.dead_end is None
        assert [step for step, _ in run.chosen] == [
            "TIEP_NHAN",
            "PHAN_LOAI",
            "XEM_LAI",
            "PHAN_LOAI",
            "THU_LY",
            "TRA_KET_QUA",
        ]


class TestCompleteness:
    async def test_what_the_answers_call_for_is_a_fault_when_it_is_not_attached(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish(**procedure(definition))
        body = {"procedure": code, "form": {"fullName": "x", "kind": "renewal", "copies": 1}}
        refused = await world.http.post(
            CASES, json=body, headers={**world.citizen(), "accept-language": "en"}
        )
        assert refused.status_code == 400
        (fault,) = refused.json()["errors"]
        assert (fault["pointer"], fault["detail"]) == ("/documents", "Missing document: The old card.")

    @pytest.mark.parametrize("copies", ["many", -1, 10**40])
    async def test_a_rule_is_asked_about_answers_that_the_form_allows_alone(
        self, world: Any, definition: Any, monkeypatch: pytest.MonkeyPatch, copies: object
    ) -> None:
        code = await world.publish(**procedure(definition))
        monkeypatch.setattr("procedures.cases.filing.documents_needed", None)
        form = {"fullName": "x", "kind": "renewal", "copies": copies}
        body = {"procedure": code, "form": form, "documents": [{"document": "NHAM", "id": str(new_id())}]}
        refused = await world.http.post(CASES, json=body, headers=world.citizen())
        assert refused.status_code == 400
        assert [fault["pointer"] for fault in refused.json()["errors"]] == [
            "/form/copies",
            "/documents/0/id",
        ]


class TestRouting:
    @pytest.mark.parametrize(("copies", "step"), [(3, "THU_LY"), (11, "XEM_XET")])
    async def test_a_rule_leads_the_case_on_in_the_same_breath(
        self, world: Any, definition: Any, copies: int, step: str
    ) -> None:
        case = (await filed(world, await world.publish(**procedure(definition)), "first", copies))["id"]
        received = await world.act(case, "acceptance", world.official("desk"))
        assert steps(received.json()) == [step]
        assert received.headers["etag"] == (await world.read(case)).headers["etag"]
        by = [
            (entry["by"]["kind"], entry["act"]["kind"])
            for entry in await log_of(world, case, world.citizen())
        ]
        assert by[-3:] == [("official", "accepted"), ("system", "rule_applied"), ("system", "task_completed")]

    async def test_a_rule_without_an_answer_leaves_the_step_to_people_and_says_why(
        self, world: Any, definition: Any
    ) -> None:
        case = (await filed(world, await world.publish(**procedure(definition)), "first", 1))["id"]
        received = (await world.act(case, "acceptance", world.official("desk"))).json()
        assert steps(received) == ["PHAN_LOAI"]
        assert received["rulesApplied"][-1]["failure"] == "no_row"
        sorted_by_hand = await world.act(
            case, "tasks/PHAN_LOAI/completion", world.official("desk"), {"outcome": "complex"}
        )
        assert steps(sorted_by_hand.json()) == ["XEM_XET"]

    async def test_a_number_that_rules_cannot_count_with_leaves_the_case_to_people(
        self, world: Any, definition: Any
    ) -> None:
        view = await filed(world, await world.publish(**procedure(definition)), "first", 8e28)
        received = (await world.act(view["id"], "acceptance", world.official("desk"))).json()
        assert steps(received) == ["PHAN_LOAI"]
        failures = [(applied["rule"], applied["failure"]) for applied in received["rulesApplied"]]
        assert failures == [("GIAY_TO", None), ("DUYET_NGAY", "engine"), ("PHAN_TUYEN", "engine")]

    async def test_an_answer_that_is_no_way_on_is_noted_and_not_followed(
        self, world: Any, definition: Any
    ) -> None:
        astray = rule("PHAN_TUYEN", "first", [], "outcome", ("'no' + 'where'",))
        changed = procedure(definition, rules=[NEEDED, AT_ONCE, astray])
        case = (await filed(world, await world.publish(**changed), "first", 3))["id"]
        received = (await world.act(case, "acceptance", world.official("desk"))).json()
        assert (steps(received), received["rulesApplied"][-1]["failure"]) == (
            ["PHAN_LOAI"],
            "outcome-unknown",
        )

    async def test_rules_also_lead_on_from_a_step_that_opened_by_itself(
        self, world: Any, definition: Any
    ) -> None:
        changed = procedure(definition)
        received, sorted_, *rest = changed["steps"]
        waits = {
            **received,
            "code": "CHO",
            "allowance": {"kind": "working_days", "amount": 1},
            "silenceConsents": True,
            "transitions": [{"to": "PHAN_LOAI"}],
        }
        changed["steps"] = [{**received, "transitions": [{"to": "CHO"}]}, waits, sorted_, *rest]
        case = (await filed(world, await world.publish(**changed), "first", 3))["id"]
        await world.act(case, "acceptance", world.official("desk"))
        world.clock.set(datetime.fromisoformat("2026-01-06T08:31:00+07:00"))
        versions = world.app.state.desk.versions
        assert await fire_timers(world.database, versions, world.clock.now(), told_by(world.clock))
        assert steps((await world.read(case)).json()) == ["THU_LY"]


class TestSimulating:
    @pytest.mark.parametrize(
        ("kind", "copies", "documents", "chosen", "missing"),
        [
            ("renewal", 1, ["THE_CU"], [("TRA_KET_QUA", None)], []),
            ("renewal", 5, [], [("TIEP_NHAN", None), ("PHAN_LOAI", "simple")], ["/documents"]),
            ("first", 20, [], [("TIEP_NHAN", None), ("PHAN_LOAI", "complex")], []),
        ],
    )
    async def test_the_rules_lead_an_invented_case_as_they_would_a_real_one(
        self,
        world: Any,
        definition: Any,
        kind: str,
        copies: int,
        documents: list[str],
        chosen: list[tuple[str, str | None]],
        missing: list[str],
    ) -> None:
        code = await world.publish(**procedure(definition))
        answer = await world.http.post(
            f"/procedures/v1/procedures/{code}/versions/1/simulations",
            json={"form": {"fullName": "x", "kind": kind, "copies": copies}, "documents": documents},
            headers=world.official("desk"),
        )
        assert answer.status_code == 200, answer.text
        (run,) = answer.json()["runs"]
        assert [(way["step"], way["outcome"]) for way in run["chosen"]][: len(chosen)] == chosen
        assert [fault["pointer"] for fault in answer.json()["formFaults"]] == missing
        said = [each["text"]["en"] for each in run["happenings"] if each["kind"] == "rule_applied"]
        assert any("the rule “DUYET_NGAY” is applied" in text for text in said)
        assert run["deadEnd"] is None
