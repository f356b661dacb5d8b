"""The 24 register sheets of a district one-stop shop, with every fault that is in them.

The expected findings were written by hand from the sheets. The sheets are data of others and no part of the
project: MOTCUA_DATA names the folder that holds `registers/`.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from procedures.domain.definition import Fee, run_to_end
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.finding import Severity
from procedures.domain.holidays_vn import vietnam
from procedures.domain.register_sheet import Imported, read_sheet
from procedures.domain.report import render
from procedures.domain.scenario import Scenario
from procedures.domain.sheet_export import lost_in_sheet, sheet_of
from procedures.domain.simulation import simulate
from procedures.domain.simulation_words import timeline

REPOSITORY = Path(__file__).parents[2]
REGISTERS = Path(os.environ.get("MOTCUA_DATA", REPOSITORY.parent / "shared" / "data")) / "registers"

if not REGISTERS.is_dir():
    pytest.skip(f"no register sheets at {REGISTERS}; set MOTCUA_DATA", allow_module_level=True)

DOTTED_FEE = ("fee_format", "/fee")
NO_TERM = ("no_fixed_term", "/total_days")
WRONG_TOTAL = ("sum_mismatch", "/total_days")
OTHER_CODE = ("code_mismatch", "/code")


def tasks_of_step(at: int) -> tuple[str, str]:
    """The tasks of the sheet's step do not add up to its days."""
    return ("stage_sum_mismatch", f"/steps/{at}/days")


def rule_of_field(at: int) -> tuple[str, str]:
    """The rule of the field contradicts its type or its label."""
    return ("rule_mismatch", f"/form/{at}/validate")


def second_use_of_id(at: int) -> tuple[str, str]:
    return ("duplicate_field", f"/form/{at}/id")


EXPECTED: dict[str, list[tuple[str, str]]] = {
    "DT01": [tasks_of_step(1)],
    "DT05": [DOTTED_FEE, tasks_of_step(0), tasks_of_step(1), second_use_of_id(24)],
    "DT07": [DOTTED_FEE, WRONG_TOTAL, tasks_of_step(1)],
    "KT06": [DOTTED_FEE, tasks_of_step(1), second_use_of_id(24)],
    "KT08": [tasks_of_step(1), second_use_of_id(15)],
    "LD01": [tasks_of_step(1)],
    "LD04": [tasks_of_step(1)],
    "LD05": [NO_TERM, ("no_fixed_term", "/steps/0/days"), tasks_of_step(1)],
    "LD21": [NO_TERM],
    "LD36": [NO_TERM, tasks_of_step(1)],
    "TC05": [tasks_of_step(1), second_use_of_id(46)],
    "TC07": [DOTTED_FEE, WRONG_TOTAL, tasks_of_step(1)],
    "TC09": [DOTTED_FEE, tasks_of_step(1)],
    "TC17": [tasks_of_step(1), rule_of_field(36), second_use_of_id(38)],
    "TN01": [OTHER_CODE, rule_of_field(4)],
    "TN03": [tasks_of_step(3), tasks_of_step(7), tasks_of_step(9), rule_of_field(6)],
    "TN09": [DOTTED_FEE, tasks_of_step(3), tasks_of_step(7), rule_of_field(6), ("not_a_field", "/form/42")],
    "TN17": [tasks_of_step(1), rule_of_field(6)],
    "TN19": [tasks_of_step(1), rule_of_field(6), rule_of_field(21)],
    "TP01": [DOTTED_FEE, tasks_of_step(1), rule_of_field(9)],
    "TP04": [DOTTED_FEE, tasks_of_step(1)],
    "TP05": [DOTTED_FEE, tasks_of_step(1)],
    "TP10": [
        DOTTED_FEE,
        tasks_of_step(1),
        ("foreign_task", "/steps/2/tasks/0/code"),
        ("dangling_transition", "/steps/1/tasks/2/next"),
        ("dangling_transition", "/steps/2/tasks/0/next"),
        ("unreachable_step", "/steps/2/tasks/0"),
        ("unreachable_step", "/steps/3/tasks/0"),
        ("unreachable_step", "/steps/4/tasks/0"),
        ("no_end", "/steps"),
    ],
    "common": [OTHER_CODE],
}
UNSOUND = {"TP10"}

FEES = {
    "DT01": 50000,
    "DT05": 10000,
    "DT07": 50000,
    "KT06": 10000,
    "KT08": 50000,
    "TC07": 10000,
    "TC09": 20000,
    "TC17": 100000,
    "TN09": 50000,
    "TP01": 10000,
    "TP04": 10000,
    "TP05": 3000,
    "TP10": 100000,
}
"""In dong; the others are free of charge."""

every_sheet = pytest.mark.parametrize("name", EXPECTED)


def raw(name: str) -> bytes:
    return (REGISTERS / f"{name}.json").read_bytes()


def sheet(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(raw(name))
    return parsed


def imported(name: str) -> Imported:
    return read_sheet(raw(name), agency="H99.01")


def test_every_sheet_of_the_register_is_tried() -> None:
    assert {path.stem for path in REGISTERS.glob("*.json")} == set(EXPECTED)


@every_sheet
def test_the_findings_are_the_faults_of_the_sheet_no_more_no_fewer(name: str) -> None:
    found = [(finding.code, finding.pointer) for finding in imported(name).findings]
    assert sorted(found) == sorted(EXPECTED[name])


@every_sheet
def test_each_sheet_gives_a_draft_that_survives_being_stored(name: str) -> None:
    definition = imported(name).definition
    assert definition is not None
    assert definition_from_json(json.loads(json.dumps(definition_to_json(definition)))) == definition


@every_sheet
def test_a_sound_sheet_may_be_published_and_runs_to_its_end_through_all_its_tasks(name: str) -> None:
    result = imported(name)
    assert result.definition is not None
    assert result.publishable == (name not in UNSOUND)
    tasks = tuple(task["code"] for step in sheet(name)["steps"] for task in step["tasks"])
    assert run_to_end(result.definition) == (None if name in UNSOUND else tasks)


@every_sheet
def test_the_form_keeps_each_field_in_its_place_and_is_valid(name: str) -> None:
    definition = imported(name).definition
    assert definition is not None
    answered = [field for field in sheet(name).get("form", []) if field["type"] != "Button"]
    if not answered:
        assert definition.form is None
        return
    assert definition.form is not None
    jsonschema_rs.meta.validate(dict(definition.form))
    laid_out = [field for section in definition.form["x-motcua"]["sections"] for field in section["fields"]]
    assert laid_out == list(definition.form["properties"])
    assert [field.partition("_2")[0] for field in laid_out] == [field["id"] for field in answered]


@every_sheet
def test_the_fee_is_what_the_sheet_means(name: str) -> None:
    definition = imported(name).definition
    assert definition is not None
    assert definition.fee == (Fee(FEES[name]) if name in FEES else None)


def test_the_messages_name_what_stands_in_the_sheet() -> None:
    said = {finding.pointer: finding.message.vi for finding in imported("TP10").findings}
    assert "TP10::KY_DUYET" in said["/steps/1/tasks/2/next"]
    assert "100.000" in said["/fee"]
    said = {finding.pointer: finding.message.vi for finding in imported("TC07").findings}
    assert "10 ngày làm việc" in said["/total_days"]
    assert "9 ngày làm việc" in said["/total_days"]


def test_the_report_sums_up_all_sheets() -> None:
    imports = [(name, imported(name)) for name in EXPECTED]
    lines = render(imports, "en").splitlines()
    assert lines[0] == "24 sheets: 23 can be published, 1 must be corrected first, 0 gave no draft."
    severities = [finding.severity for _, each in imports for finding in each.findings]
    assert sum("  ERROR  " in line for line in lines) == severities.count(Severity.ERROR) == 6
    assert sum("  WARNING  " in line for line in lines) == severities.count(Severity.WARNING)


@every_sheet
def test_a_sound_sheet_comes_to_its_end_in_simulated_time_through_all_its_tasks(name: str) -> None:
    definition = imported(name).definition
    assert definition is not None
    calendar, monday = vietnam(range(2026, 2028)), datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    found = simulate(definition, calendar, Scenario(monday, explore=True))
    (run,) = found.runs
    if name in UNSOUND:
        assert run.dead_end is not None
        return
    assert run.dead_end is None
    assert found.untried == ()
    assert [step for step, _ in run.chosen] == list(run_to_end(definition) or ())
    assert run.on_time is (None if NO_TERM in EXPECTED[name] else run.decided_at <= run.due_at)  # type: ignore[operator]
    assert list(timeline(run, calendar))


@every_sheet
def test_each_sheet_can_be_written_again_from_its_draft(name: str) -> None:
    definition = imported(name).definition
    assert definition is not None
    assert lost_in_sheet(definition, sheet_of(definition)) == ()


@pytest.mark.skipif("MOTCUA_REPORTS" not in os.environ, reason="MOTCUA_REPORTS names no folder for reports")
def test_the_reports_are_written() -> None:
    """What is found in the sheets, and how each of them runs, for people to read."""
    folder, calendar = Path(os.environ["MOTCUA_REPORTS"]), vietnam(range(2026, 2028))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "findings.txt").write_text(render([(name, imported(name)) for name in EXPECTED], "both"))
    lines = []
    for name in EXPECTED:
        definition = imported(name).definition
        assert definition is not None
        (run,) = simulate(definition, calendar, Scenario(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))).runs
        lines += ["", name, *(f"  {text.vi}" for text in timeline(run, calendar))]
    (folder / "simulations.txt").write_text("\n".join(lines[1:]) + "\n")
