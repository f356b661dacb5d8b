"""A BPMN file read into a draft of a definition; everything that cannot be mapped is a finding.

A pointer into the file is `#` and the id of an element. Where a drawing has none of our own attributes: the
code of a step is its id, or is made of its name when the tool made the id up; its unit is made of the name of
its lane; the outcome of a way is made of the name of its flow.

| code                   | severity | what it says                                                         |
|------------------------|----------|----------------------------------------------------------------------|
| unreadable_diagram     | error    | it is no BPMN 2.0, or too large                                      |
| no_process, no_task    | error    | there is no process in it, or no task                                |
| several_processes      | warning  | of several processes, one was read                                   |
| unknown_element        | error    | an element of a kind that is not understood                          |
| loose_flow             | warning  | a flow does not lead from one element to another                     |
| no_single_start        | error    | there is not just one start event                                    |
| start_branches         | error    | behind the start stands not just one task                            |
| no_lane                | error    | a task stands in no lane, so that it has no unit                     |
| implicit_end           | warning  | an element leads nowhere, and was taken for an end                   |
| gateway_without_way,   | error    | a gateway leads nowhere, or back to itself, or has too many ways on  |
| gateway_loop, too_many_ways |     |                                                                      |
| inclusive_split        | error    | an inclusive gateway with several ways out, or a task with flows with and without a condition |
| join_without_step      | error    | behind a gateway that joins branches stands not just one task        |
| drawn_otherwise        | warning  | a drawing was edited: what is drawn was taken, not our attribute      |
| timer_not_mapped       | warning  | a timer that begins a case, or on a task a second one, one that sets other work going, or another event |
| timer_unreadable       | error    | a duration that cannot be read                                       |
| extension_unreadable   | error    | what we wrote into the file ourselves cannot be read any more        |
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from procedures.domain.bpmn import names
from procedures.domain.bpmn.attributes import members
from procedures.domain.bpmn.edited import name_of, place_of, title_of
from procedures.domain.bpmn.reading import Diagram, Node, plain, read_diagram
from procedures.domain.bpmn.slugs import Slugs, slug
from procedures.domain.bpmn.timers import Timers
from procedures.domain.bpmn.ways import Way, Ways
from procedures.domain.definition import Definition
from procedures.domain.definition_json import LONGEST_CODE, DefinitionMalformed, definition_from_json
from procedures.domain.finding import Finding, Severity, error
from procedures.domain.findings import findings
from procedures.domain.json_input import quoted
from procedures.domain.register_sheet import Imported

_STEP = re.compile(r"/steps/(\d+)(.*)")
_MADE_UP = re.compile(r"(Activity|Event|Task|UserTask|Process)_([0-9a-z]{7}|\d{1,3})")
"""Ids as modelling tools make them."""
_TITLES = ("titleVi", "titleEn")


def read_bpmn(raw: bytes, *, agency: str, known_units: Collection[str] | None = None) -> Imported:
    """A BPMN file read for the agency with this code. Never raises; what cannot be read is a finding."""
    diagram = read_diagram(raw)
    found = list(diagram.findings)
    tasks = [node for node in diagram.nodes.values() if node.kind in names.STEPS]
    if not tasks:
        if not found:
            found.append(_no_task(diagram))
        return Imported(None, tuple(found))
    drawing = _Drawing(diagram, tasks)
    value = drawing.definition(agency)
    found += drawing.findings
    definition, faults = _checked(value)
    if definition is not None:
        faults = list(findings(definition, known_units))
    found += [drawing.placed(fault) for fault in faults]
    return Imported(definition, tuple(dict.fromkeys(found)))


class _Drawing:
    """A diagram with tasks, on its way to a definition's JSON."""

    def __init__(self, diagram: Diagram, tasks: list[Node]) -> None:
        self._diagram = diagram
        self._tasks = tasks
        self._ways = Ways(diagram)
        self._own: list[Finding] = []
        codes = Slugs()
        self._codes = {task.id: codes.take(_code_of(task)) for task in tasks}

    @property
    def findings(self) -> list[Finding]:
        return [*self._ways.findings, *self._own]

    def definition(self, agency: str) -> dict[str, Any]:
        diagram, own = self._diagram, dict(self._diagram.own)
        value = self._whole()
        name = name_of(diagram.name, diagram.pool) or plain(own.get("titleVi", diagram.id))
        steps = [self._step(task) for task in self._tasks]
        for task, step in zip(self._tasks, steps, strict=True):
            if (gateway := self._ways.joins.get(task.id)) is not None:
                needed = gateway.own.get("needed", "")
                step["join"] = {"needed": int(needed) if needed.isdecimal() else None}
        code = own.pop("code", "") or ("" if _MADE_UP.fullmatch(diagram.id) else diagram.id) or slug(name)
        return {
            "term": {"kind": "none"},
            **value,
            **members({key: value for key, value in own.items() if key not in _TITLES}),
            "code": code[:LONGEST_CODE],
            "title": title_of(diagram.id, name, own, self._own.append),
            "agency": agency,
            "first": self._first(),
            "steps": steps,
        }

    def placed(self, finding: Finding) -> Finding:
        """The finding with the id of the element in place of a pointer into the definition."""
        step = _STEP.fullmatch(finding.pointer)
        if step is None:
            pointer = f"#{self._diagram.id}{finding.pointer}"
        else:
            pointer = f"#{self._tasks[int(step[1])].id}{step[2]}"
        return Finding(finding.code, finding.severity, pointer, finding.message)

    def _whole(self) -> dict[str, Any]:
        """What our own extension says of the procedure as a whole."""
        if self._diagram.definition is None:
            return {}
        try:
            value = json.loads(self._diagram.definition)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        self._note(
            error, "extension_unreadable", self._diagram.id, "Phần mở rộng không đọc được.",
            "The extension of the process cannot be read.",
        )  # fmt: skip
        return {}

    def _first(self) -> str:
        starts = [node for node in self._diagram.nodes.values() if node.kind == names.START]
        if len(starts) != 1:
            self._note(
                error, "no_single_start", self._diagram.id, "Sơ đồ phải có đúng một sự kiện bắt đầu.",
                "The diagram must have just one start event.",
            )  # fmt: skip
        ways = self._ways.after(starts[0]) if starts else []
        first = ways[0].targets[0] if len(ways) == 1 and len(ways[0].targets) == 1 else ""
        if first and self._diagram.nodes[first].kind in names.TASKS:
            return self._codes[first]
        if starts:
            self._note(
                error, "start_branches", starts[0].id, "Sau bắt đầu phải là đúng một công việc: nơi tiếp nhận.",
                "Behind the start must stand just one task: the one that receives.",
            )  # fmt: skip
        return self._codes[self._tasks[0].id]

    def _step(self, task: Node) -> dict[str, Any]:
        own = {key: value for key, value in task.own.items() if key not in ("code", *_TITLES)}
        lane = self._diagram.lanes.get(task.id) or self._diagram.pool
        place = {"unit": slug(lane.name), **members(place_of(lane, self._own.append))} if lane else {}
        if not place.get("unit") and "unit" not in own:
            self._note(
                error, "no_lane", task.id,
                f"Công việc {quoted(task.name)} không nằm trong làn nào; hãy đặt vào làn của bộ phận làm việc đó.",
                f"The task {quoted(task.name)} stands in no lane; put it into that of the unit that does it.",
            )  # fmt: skip
        name = task.name or plain(task.own.get("titleVi", task.id))
        step = {
            "code": self._codes[task.id],
            "title": title_of(task.id, name, task.own, self._own.append),
            **place,
            **members(own),
        }
        return {**step, **self._ways_on(task, step)}

    def _ways_on(self, task: Node, step: Mapping[str, Any]) -> dict[str, Any]:
        timers = Timers(self._diagram, self._ways, self._own.append)
        ways, more = timers.of_step(task, self._ways.after(task), step.get("allowance"))
        outcomes = Slugs(lower=True)
        return {**more, "transitions": [self._transition(way, len(ways) > 1, outcomes) for way in ways]}

    def _transition(self, way: Way, several: bool, outcomes: Slugs) -> dict[str, Any]:
        targets = [self._codes[target] for target in way.targets]
        to = targets if len(targets) > 1 else targets[0] if targets else None
        name = " / ".join(flow.name for flow in way.choices if flow.name)
        last = way.choices[-1] if way.choices else None
        own = last.own if last else {}
        outcome = own.get("outcome")
        if outcome is None and several:
            outcome = outcomes.take(slug(name).lower() or "tiep")
        title = None
        if last and any(attribute in own for attribute in _TITLES):
            title = title_of(last.id, last.name, own, self._own.append)
        elif name and name != plain(own.get("outcome", "")):
            title = {"vi": name, "en": name}
        return {"to": to, "outcome": outcome, "title": title}

    def _note(self, kind: Any, code: str, identifier: str, vi: str, en: str) -> None:
        self._own.append(kind(code, f"#{identifier}", vi=vi, en=en))


def _checked(value: dict[str, Any]) -> tuple[Definition | None, list[Finding]]:
    try:
        return definition_from_json(value), []
    except DefinitionMalformed as refused:
        return None, [
            Finding(fault.code, Severity.ERROR, fault.pointer, fault.detail) for fault in refused.faults
        ]


def _code_of(task: Node) -> str:
    if "code" in task.own:
        return task.own["code"]
    made_up = not task.id or _MADE_UP.fullmatch(task.id)
    return (slug(task.name) if made_up else task.id) or "VIEC"


def _no_task(diagram: Diagram) -> Finding:
    return error(
        "no_task", f"#{diagram.id}", vi="Sơ đồ không có công việc nào.", en="The diagram has no task."
    )
