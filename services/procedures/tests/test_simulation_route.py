"""A draft is tried out through the API, and from the command line."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from procedures.domain.decision_table import graph
from procedures.simulations.command import SIMULATE
from shared.ids import new_id

PROCEDURES = "/procedures/v1/procedures"


async def drafted(world: Any, definition: Any, **changes: Any) -> str:
    code = f"MAU-{new_id().hex[-6:].upper()}"
    answer = await world.http.post(
        PROCEDURES, json=definition(code=code, **changes), headers=world.official("desk")
    )
    assert answer.status_code == 201, answer.text
    return f"{PROCEDURES}/{code}/versions/1/simulations"


async def test_a_draft_is_tried_out_by_the_agencys_calendar(world: Any, definition: Any) -> None:
    path = await drafted(world, definition)
    scenario = {
        "startsAt": "2026-01-05T01:30:00Z",
        "takes": {"THU_LY": {"kind": "working_days", "amount": 5}},
    }
    answer = await world.http.post(path, json=scenario, headers=world.official("desk"))
    assert answer.status_code == 200, answer.text
    (run,) = answer.json()["runs"]
    assert (run["onTime"], run["decidedAt"]) == (False, "2026-01-12T01:30:00Z")
    assert run["delays"][0] == {"agency": "H99.01", "unit": "PHONG_TU_PHAP", "workingTime": "P1D"}
    assert run["happenings"][1]["opens"][0]["dueAt"] == "2026-01-07T01:30:00Z"
    assert run["happenings"][1]["text"]["vi"].startswith("08:30 ngày 05/01/2026: hồ sơ được tiếp nhận")
    assert answer.json()["text"]["en"] == "1 run: 0 without an end, 1 late."


async def test_all_ways_are_tried_and_invented_answers_held_against_the_form(
    world: Any, definition: Any
) -> None:
    path = await drafted(world, definition)
    scenario = {"explore": True, "form": {"born": "5/1/1990"}}
    answer = await world.http.post(path, json=scenario, headers=world.official("desk"))
    body = answer.json()
    assert (body["complete"], body["untried"], len(body["runs"])) == (True, [], 2)
    assert {fault["pointer"] for fault in body["formFaults"]} == {"/form/born", "/form/fullName"}


async def test_a_scenario_of_another_procedure_is_refused_with_every_fault(
    world: Any, definition: Any
) -> None:
    path = await drafted(world, definition)
    scenario = {
        "takes": {"XU_LY": {"kind": "working_days", "amount": 1}},
        "outcomes": {"THU_LY": ["done", "?"], "NIEM_YET": ["x"]},
        "supplements": [{"step": "HOI", "takes": {"kind": "none"}}],
        "extensions": [{"step": "HOI", "by": {"kind": "working_days", "amount": 1}}],
    }
    answer = await world.http.post(path, json=scenario, headers=world.official("desk"))
    assert answer.status_code == 400
    assert {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]} == {
        ("/takes/XU_LY", "unknown_step"),
        ("/outcomes/NIEM_YET", "unknown_step"),
        ("/supplements/0/step", "unknown_step"),
        ("/extensions/0/step", "unknown_step"),
        ("/outcomes/THU_LY/1", "unknown_outcome"),
    }
    moon = {"kind": "moons", "amount": 1}
    moons = {
        "takes": {"THU_LY": moon},
        "supplements": [{"step": "THU_LY", "takes": moon}],
        "extensions": [{"step": "THU_LY", "by": moon}],
    }
    answer = await world.http.post(path, json=moons, headers=world.official("desk"))
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [
        "/takes/THU_LY/kind",
        "/supplements/0/takes/kind",
        "/extensions/0/by/kind",
    ]


async def test_what_an_applicant_brings_in_time_is_tried_out_and_so_is_more_time(
    world: Any, definition: Any
) -> None:
    five = {"kind": "working_days", "amount": 5}
    path = await drafted(
        world, definition, supplements={"rounds": 1, "answerWithin": five}, extension={"longest": five}
    )
    scenario = {
        "startsAt": "2026-01-05T01:30:00Z",
        "supplements": [{"step": "THU_LY", "takes": {"kind": "working_days", "amount": 2}}],
        "extensions": [{"step": "THU_LY", "by": five}],
    }
    answer = await world.http.post(path, json=scenario, headers=world.official("desk"))
    assert answer.status_code == 200, answer.text
    (run,) = answer.json()["runs"]
    told = {each["kind"]: each for each in run["happenings"]}
    asked, brought = told["supplement_requested"], told["supplemented"]
    assert (asked["stops"], asked["answerBy"]) == (["supplement"], "2026-01-12T01:30:00Z")
    assert (brought["at"], brought["stops"], brought["answerBy"]) == ("2026-01-07T01:30:00Z", [], None)
    assert told["extended"]["text"]["vi"].startswith("08:30 ngày 05/01/2026: thời hạn được gia hạn; hạn ")
    assert (run["deadEnd"], run["onTime"]) == (None, True)


async def test_a_draft_that_hangs_says_where(world: Any, definition: Any) -> None:
    steps = definition()["steps"]
    steps[3]["transitions"] = [{"to": "THU_LY"}]
    path = await drafted(world, definition, steps=steps)
    answer = await world.http.post(path, json={}, headers=world.official("desk"))
    (run,) = answer.json()["runs"]
    assert run["deadEnd"]["code"] == "goes_round"
    assert run["endedAt"] is None


async def test_another_agencys_draft_cannot_be_tried_out(world: Any, definition: Any) -> None:
    path = await drafted(world, definition)
    answer = await world.http.post(path, json={}, headers=world.official("elsewhere"))
    assert answer.status_code == 404


async def command(*arguments: str) -> int:
    """`python -m procedures simulate …`: its exit code. It needs no setting."""
    parser = argparse.ArgumentParser()
    SIMULATE.arguments(parser)
    return await SIMULATE.run(parser.parse_args(arguments), None)  # type: ignore[arg-type]


SAMPLE = Path(__file__).parent / "samples" / "library_card_sheet.json"


class TestCommand:
    async def test_a_definition_is_tried_out_without_a_database(
        self, definition: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "definition.json"
        file.write_text(json.dumps(definition()))
        arguments = [str(file), "--start", "2026-01-05T08:30+07:00", "--takes", "THU_LY=5"]
        assert await command(*arguments, "--outcome", "THU_LY=ask_tax", "--language", "en") == 0
        said = capsys.readouterr().out
        assert "2026-01-12 08:30: “Step THU_LY” (H99.01, PHONG_TU_PHAP) is done (ask_tax)" in said
        assert said.endswith("1 run: 0 without an end, 1 late.\n")

    async def test_rules_look_at_answers_in_a_file(
        self, definition: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        table = graph(
            {
                "inputs": [{"id": "i", "field": "form.fullName"}],
                "outputs": [{"id": "o", "field": "approve"}],
                "rules": [{"i": "'Mẫu'", "o": "true"}],
            }
        )
        rules = [{"name": "R", "table": dict(table)}]
        automation = {"approval": {"rule": "R", "to": "TRA_KET_QUA"}}
        file, answers = tmp_path / "definition.json", tmp_path / "answers.json"
        file.write_text(json.dumps(definition(rules=rules, automation=automation)))
        answers.write_text('{"fullName": "Mẫu"}')
        assert await command(str(file), "--form", str(answers), "--language", "en") == 0
        said = capsys.readouterr().out
        assert "the rule “R” is applied" in said
        assert "THU_LY" not in said
        answers.write_text("[]")
        assert await command(str(file), "--form", str(answers)) == 2

    async def test_a_sheet_is_tried_out_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert await command(str(SAMPLE), "--start", "2026-01-05T08:30+07:00") == 0
        assert "0 quá hạn" in capsys.readouterr().out

    async def test_a_diagram_is_tried_out_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        drawing = SAMPLE.parent / "cap-phep-xay-dung.bpmn"
        assert await command(str(drawing), "--start", "2026-01-05T08:30+07:00", "--explore") == 0
        assert "0 bị mắc lại" in capsys.readouterr().out

    async def test_a_step_that_nobody_does_is_the_end_of_it(self, definition: Any, tmp_path: Path) -> None:
        file = tmp_path / "definition.json"
        file.write_text(json.dumps(definition()))
        assert await command(str(file), "--takes", "THU_LY=never") == 1

    async def test_a_step_asks_for_what_is_missing_and_may_have_more_time(
        self, definition: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "definition.json"
        five = {"kind": "working_days", "amount": 5}
        file.write_text(
            json.dumps(definition(supplements={"answerWithin": five}, extension={"longest": five}))
        )
        asked = [str(file), "--asks", "THU_LY=never", "--extends", "THU_LY=5", "--language", "en"]
        assert await command(*asked) == 0
        said = capsys.readouterr().out
        assert "the applicant is asked for what is missing; until" in said
        assert "the term is extended; until" in said
        assert "the case lapses" in said

    async def test_what_is_neither_is_said_in_a_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "x.json"
        file.write_text('{"code": "x"}')
        assert await command(str(file)) == 2
        assert await command(str(tmp_path / "none.json")) == 2
        assert "Traceback" not in capsys.readouterr().err
